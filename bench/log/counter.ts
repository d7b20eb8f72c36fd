import { type Channel, defineChannel, type TypesOf } from "@shoal/contract";
import { consoleLogger, initRealtime, type Realtime, type Store } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import { z } from "zod";

const definition = defineChannel(
  "counter",
  {
    params: z.object({ counterId: z.string() }),
    state: z.object({ value: z.int() }),
    events: { added: z.object({ by: z.int(), note: z.string() }) },
    commands: { add: { input: z.object({ by: z.int(), note: z.string() }) } },
  },
  { initial: () => ({ value: 0 }), apply: { added: (state, { by }) => ({ value: state.value + by }) } },
);

interface Counter extends TypesOf<typeof definition> {}

/** What every contender stores with each command. */
export const note = "x".repeat(100);

export const counter: Channel<Counter> = definition;

/** A realtime with one channel over a store, as an application would make it. */
export function serveCounter(store: Store, durable = true): Realtime<unknown> {
  const t = initTRPC.context<{ user: { id: string } }>().create();
  const { serveChannel, createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const counters = serveChannel(counter, { durable, commands: { add: ({ input, emit }) => emit("added", input) } });
  return createRealtime({ channels: [counters], store, logger: { ...consoleLogger, info: () => {} } });
}

/** Sends commands to so many topics in turn, each acknowledged after its commit. */
export function sender(realtime: Realtime<unknown>, topics: number): (turn: number) => Promise<unknown> {
  const handles = Array.from({ length: topics }, (_, index) =>
    realtime.topic(counter, { counterId: `counter-${index}` }).as({ id: "user" }),
  );
  return async (turn) => {
    const outcome = await handles[turn % topics]?.send.add({ by: 1, note });
    if (!outcome?.ok) throw new Error("a command was not accepted");
  };
}
