import {
  createMemoryStore,
  initRealtime,
  type RealtimeOptions,
  type ServeOptions,
  type Store,
  system,
  type User,
} from "@shoal/server";
import { initTRPC } from "@trpc/server";
import { topicRef } from "../../src/topic-ref.ts";
import { hurried } from "../support/hurried.ts";
import { Logged } from "../support/logged.ts";
import { compacted, entriesOf, type Journal, journal, written } from "./journal.ts";

interface Context {
  readonly user: User | null;
}

type Settings = ServeOptions<Journal, User | null, Context>;

export interface JournalsOptions
  extends Omit<Partial<RealtimeOptions<never>>, "channels" | "logger">,
    Pick<Settings, "compactWhen" | "snapshotEvery" | "compactDeadlineMs" | "maxStateBytes" | "durable" | "retention"> {
  readonly compact?: NonNullable<Settings["compact"]>;
}

export const home = { journalId: "home" };
export const homeRef = topicRef("journal", null, home);

/** A realtime that serves journals, which it compacts after every five events unless told otherwise. */
export function createJournals({
  compact = async (state) => compacted(state),
  snapshotEvery = 5,
  compactWhen = () => false,
  compactDeadlineMs = 5_000,
  maxStateBytes = 2_000_000,
  durable = true,
  retention = {},
  ...options
}: JournalsOptions = {}) {
  const t = initTRPC.context<Context>().create({ isDev: false });
  const { serveChannel, createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const logged = new Logged();
  const settings = { compact, compactWhen, snapshotEvery, compactDeadlineMs, maxStateBytes, durable, retention };
  const journals = serveChannel(journal, {
    ...settings,
    private: written,
    commands: {
      write({ state, input, emit, reject }) {
        if (entriesOf(state).some(({ id }) => id === input.id)) reject("KNOWN");
        emit("written", input, { weight: 1 });
      },
      takeBack({ input: { id, offset }, emit, redact }) {
        emit("takenBack", { id });
        redact(offset);
      },
      count: ({ state, private: { written } }) => ({ entries: entriesOf(state).length, written }),
    },
  });
  const realtime = createRealtime({
    ...hurried,
    instance: false,
    store: createMemoryStore(),
    ...options,
    channels: [journals],
    logger: logged.logger,
  });
  const router = t.router({ realtime: realtime.router });
  return {
    realtime,
    logged,
    home: realtime.topic(journal, home).as(system),
    as: (id: string) => router.createCaller({ user: { id } }).realtime.journal,
    [Symbol.asyncDispose]: () => realtime.close(),
  };
}

export type Journals = ReturnType<typeof createJournals>;

/** The snapshot that is stored of the journal, or `null`. */
export async function storedSnapshot(store: Store) {
  const { snapshot, events } = await store.load(homeRef);
  if (!snapshot) return null;
  const { state, private: hidden } = snapshot.state as { state: Journal["state"]; private: { written: number } };
  return { offset: snapshot.offset, state, private: hidden, after: events.length };
}

/** Compactions that begin and end when a test says so. */
export class HeldCompactions {
  readonly #held: { readonly signal: AbortSignal; readonly end: (error?: Error) => void }[] = [];
  begun = 0;
  aborted = 0;

  readonly compact: NonNullable<Settings["compact"]> = (state, { signal }) => {
    this.begun += 1;
    signal.addEventListener("abort", () => {
      this.aborted += 1;
    });
    return new Promise((resolve, reject) => {
      const end = (error?: Error): void => (error ? reject(error) : resolve(compacted(state)));
      this.#held.push({ signal, end });
    });
  };

  /** How many wait for their end, without those that were given up. */
  get waiting(): number {
    return this.#held.filter(({ signal }) => !signal.aborted).length;
  }

  /** Ends the oldest that waits, if one does. */
  end(error?: Error): void {
    let held = this.#held.shift();
    while (held?.signal.aborted) held = this.#held.shift();
    held?.end(error);
  }
}
