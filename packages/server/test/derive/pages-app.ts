import {
  createMemoryStore,
  type DeriveCall,
  initRealtime,
  type RealtimeOptions,
  type Store,
  system,
  type User,
} from "@shoal/server";
import { initTRPC } from "@trpc/server";
import { expectTypeOf } from "vitest";
import { hurried } from "../support/hurried.ts";
import { Logged } from "../support/logged.ts";
import { type Pages, pages, tables } from "./pages.ts";

export interface PagesOptions extends Omit<Partial<RealtimeOptions<never>>, "channels" | "logger"> {
  readonly afterMs?: number;
  readonly deadlineMs?: number;
  readonly run?: (call: DeriveCall<Pages>) => Promise<string>;
  /** Called before a text is written. */
  readonly writing?: (offset: number) => void;
}

/** The text of a page. */
export async function textOf({ state }: Pick<DeriveCall<Pages>, "state">): Promise<string> {
  return state.lines.join("\n");
}

/** A realtime that serves pages, of which it derives the text. */
export function createPages({
  afterMs = 20,
  deadlineMs = 10_000,
  run = textOf,
  writing = () => {},
  ...options
}: PagesOptions = {}) {
  const t = initTRPC.context<{ user: User | null }>().create({ isDev: false });
  const { serveChannel, createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const logged = new Logged();
  const served = serveChannel(pages, {
    tables,
    commands: {
      write: ({ input, emit }) => emit("written", input),
      takeBack({ input: { line, offset }, emit, redact }) {
        emit("takenBack", { line });
        redact(offset);
      },
    },
    derive: {
      afterMs,
      deadlineMs,
      run,
      async write(tx, { value, offset, params, tenant }) {
        expectTypeOf(value).toEqualTypeOf<string>();
        writing(offset);
        const row = { text: value, at_offset: offset };
        await tx
          .insertInto("page_text")
          .values({ page_id: params.pageId, tenant: tenant ?? "", ...row })
          .onConflict((conflict) => conflict.column("page_id").doUpdateSet(row))
          .execute();
      },
    },
    async erased(tx, { params }) {
      await tx.deleteFrom("page_text").where("page_id", "=", params.pageId).execute();
    },
  });
  const realtime = createRealtime({
    ...hurried,
    instance: false,
    store: createMemoryStore(),
    ...options,
    channels: [served],
    logger: logged.logger,
  });
  return {
    realtime,
    logged,
    page: (pageId = "home") => realtime.topic(pages, { pageId }).as(system),
    [Symbol.asyncDispose]: () => realtime.close(),
  };
}

/** What is stored of the text of a page; undefined where nothing is. */
export async function storedText(store: Store, pageId = "home") {
  const { rows } = await store.sql.query("SELECT page_id, text, at_offset FROM page_text", []);
  const row = rows.find(({ page_id }) => page_id === pageId);
  return row && { text: String(row.text), offset: Number(row.at_offset) };
}

/** Runs that end when a test says so. */
export class HeldRuns {
  readonly #held: (() => void)[] = [];
  readonly offsets: number[] = [];
  aborted = 0;

  readonly run = (call: DeriveCall<Pages>): Promise<string> => {
    this.offsets.push(call.offset);
    call.signal.addEventListener("abort", () => {
      this.aborted += 1;
    });
    return new Promise((resolve) => {
      this.#held.push(() => resolve(textOf(call)));
    });
  };

  /** Ends the oldest that was not ended. */
  end(): void {
    this.#held.shift()?.();
  }
}
