import { type Broker, effect, initRealtime, type RealtimeOptions, type Store, system } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import type { Context } from "../support/app.ts";
import { type Counter, counter } from "../support/counter.ts";
import { hurried } from "../support/hurried.ts";
import { Logged } from "../support/logged.ts";
import { type Journal, journal } from "./journal.ts";

/** The note in a journal that adds to the counter of the same name. */
export const addNote = "add";

export interface VolatileAppOptions extends Pick<Partial<RealtimeOptions<never>>, "lookMs"> {
  readonly store: Store;
  readonly broker?: Broker;
}

/**
 * A counter that is not durable and a journal that is, with effects both ways: what is cleared is noted, and some notes add. A counter
 * that reaches a hundred is cleared by a timer.
 */
export function createVolatileApp(options: VolatileAppOptions) {
  const t = initTRPC.context<Context>().create();
  const { serveChannel, createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const logged = new Logged();
  const counters = serveChannel(counter, {
    durable: false,
    commands: {
      add({ state, input: { by, times }, emit, reject }) {
        if (by > 1_000) reject("TOO_LARGE", { limit: 1_000 });
        for (let count = 0; count < times; count += 1) emit("added", { by });
        return { sum: sumOf(state.added) + by * times };
      },
      touch: () => {},
      clear: ({ emit }) => emit("cleared"),
    },
    queries: {
      async sum({ input, topic }) {
        return { sum: sumOf((await topic(input).state()).added) };
      },
      limit: () => 1_000,
    },
    effects: ({ type, offset }, { params: { counterId: journalId } }) =>
      type === "cleared" ? [effect(journal, { journalId }, "note", { note: `cleared at ${offset}` })] : [],
    timers: ({ added }) => (sumOf(added) >= 100 ? [{ name: "clear", at: 0, command: "clear" }] : []),
  });
  const journals = serveChannel(journal, {
    commands: { note: ({ input, emit }) => emit("noted", input) },
    effects: ({ data }, { params: { journalId: counterId } }) =>
      data.note === addNote ? [effect(counter, { counterId }, "add", { by: 1 })] : [],
  });
  const realtime = createRealtime({
    ...hurried,
    instance: false,
    ...options,
    channels: [counters, journals],
    logger: logged.logger,
  });
  const router = t.router({ realtime: realtime.router });
  return {
    realtime,
    logged,
    as: (id: string) => router.createCaller({ user: { id } }).realtime,
    counter: (counterId: string) => realtime.topic<Counter>(counter, { counterId }).as(system),
    journal: (journalId: string) => realtime.topic<Journal>(journal, { journalId }).as(system),
    [Symbol.asyncDispose]: () => realtime.close(),
  };
}

export type VolatileApp = ReturnType<typeof createVolatileApp>;

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
