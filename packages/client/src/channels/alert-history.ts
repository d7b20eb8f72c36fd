import { ShoalError } from "@shoal/contract";
import type { AlertEntry, AnyDashboard, DashboardAlertsTypes } from "@shoal/contract/dashboards";
import type { AnyClient } from "../client.ts";
import { type Readable, Store } from "../store.ts";
import type { Query } from "../topic.ts";

/** What has been read of the alerts' history. */
export interface AlertHistoryState {
  /** The newest first. */
  readonly items: readonly AlertEntry[];
  /** Whether there is more to read, what could not be read among it. */
  readonly hasOlder: boolean;
  readonly loading: boolean;
  readonly error: ShoalError | null;
}

export interface AlertHistory extends Readable<AlertHistoryState> {
  /** Reads what came before what is known, or the newest where nothing is. */
  readonly loadOlder: () => void;
  /** Reads what has come since. What was read stays, unless so much has come that there would be a hole. */
  readonly refresh: () => void;
  /** Forgets what was read. */
  readonly clear: () => void;
}

interface Page {
  readonly items: readonly AlertEntry[];
  readonly nextCursor: number | null;
}

type Ask = Query<DashboardAlertsTypes<string>>["history"];

export const unreadHistory: AlertHistoryState = { items: [], hasOlder: true, loading: false, error: null };

/**
 * The history of a dashboard's alerts, read as far back as it is asked for. It reads nothing by itself.
 *
 * @throws {ShoalError} `BAD_REQUEST` when the client was created without the dashboard's `alerts`
 */
export function alertHistory(client: AnyClient, dashboard: AnyDashboard): AlertHistory {
  const { name } = dashboard.alerts;
  const channel = (client as unknown as Readonly<Record<string, { readonly query: { readonly history: Ask } }>>)[name];
  if (!channel)
    throw new ShoalError(
      "BAD_REQUEST",
      `The client was created without "${name}". Give \`${dashboard.name}.alerts\` to \`channels\` of \`createClient\`.`,
    );
  return new ReadHistory(channel.query.history);
}

class ReadHistory implements AlertHistory {
  readonly #ask: Ask;
  readonly #store = new Store<AlertHistoryState>(unreadHistory);
  /** From where the next page is read; undefined as long as nothing was. */
  #cursor: number | null | undefined;
  #life = 0;
  #wanted: "older" | "newer" | undefined;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  get current(): AlertHistoryState {
    return this.#store.current;
  }

  readonly subscribe = (listener: () => void): (() => void) => this.#store.subscribe(listener);

  readonly loadOlder = (): void => {
    if (this.current.hasOlder) this.#read("older");
  };

  readonly refresh = (): void => this.#read("newer");

  readonly clear = (): void => {
    this.#life += 1;
    this.#cursor = undefined;
    this.#wanted = undefined;
    this.#store.set(unreadHistory);
  };

  #read(which: "older" | "newer"): void {
    if (this.current.loading) {
      this.#wanted = which;
      return;
    }
    this.#store.set({ ...this.current, loading: true, error: null });
    const older = which === "older" && this.#cursor !== undefined && this.#cursor !== null;
    const life = this.#life;
    this.#ask(older ? { cursor: this.#cursor as number } : {}).then(
      (page) => life === this.#life && this.#took(older ? this.#appended(page) : this.#prepended(page)),
      (error: ShoalError) => life === this.#life && this.#took({ items: this.current.items, error }),
    );
  }

  #took({ items, error = null }: { readonly items: readonly AlertEntry[]; readonly error?: ShoalError | null }): void {
    this.#store.set({ items, hasOlder: this.#cursor !== null, loading: false, error });
    const wanted = this.#wanted;
    this.#wanted = undefined;
    if (wanted && !error) this.#read(wanted);
  }

  #appended({ items, nextCursor }: Page): { readonly items: readonly AlertEntry[] } {
    this.#cursor = nextCursor;
    return { items: [...this.current.items, ...items] };
  }

  #prepended({ items, nextCursor }: Page): { readonly items: readonly AlertEntry[] } {
    const oldest = items.at(-1)?.offset ?? 0;
    const known = this.current.items;
    const joins = nextCursor !== null && known.some(({ offset }) => offset >= oldest);
    if (!joins) this.#cursor = nextCursor;
    return { items: joins ? [...items, ...known.filter(({ offset }) => offset < oldest)] : items };
  }
}
