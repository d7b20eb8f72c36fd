import { type Channel, defineChannel, type TypesOf } from "@shoal/contract";
import { definePrivate, effect, serveChannel } from "@shoal/server";
import * as z from "zod";

const definition = defineChannel(
  "tally",
  {
    params: z.object({ tallyId: z.string() }),
    state: z.object({ sum: z.int(), name: z.string(), pokes: z.int(), ringsAt: z.nullable(z.int()) }),
    events: {
      added: z.object({ by: z.int() }),
      named: z.object({ name: z.string() }),
      poked: z.object({}),
      forwarded: z.object({ to: z.string(), by: z.int() }),
      armed: z.object({ at: z.int() }),
      rang: z.object({}),
    },
    commands: {
      add: {
        input: z.object({ by: z.int() }),
        result: z.object({ sum: z.int() }),
        rejections: { TOO_LARGE: z.object({ limit: z.int() }) },
      },
      name: { input: z.object({ name: z.string() }) },
      poke: {},
      forward: { input: z.object({ to: z.string(), by: z.int() }) },
      arm: { input: z.object({ at: z.int() }) },
      ring: { input: z.object({ by: z.int() }), internal: true },
      top: { result: z.object({ top: z.int() }) },
    },
  },
  {
    initial: () => ({ sum: 0, name: "", pokes: 0, ringsAt: null }),
    apply: {
      added: (state, { by }) => ({ ...state, sum: state.sum + by }),
      named: (state, { name }) => ({ ...state, name }),
      poked: (state) => ({ ...state, pokes: state.pokes + 1 }),
      forwarded: (state) => state,
      armed: (state, { at }) => ({ ...state, ringsAt: at }),
      rang: (state) => ({ ...state, ringsAt: null }),
    },
  },
);

export interface Tally1 extends TypesOf<typeof definition> {}

/** A tally as it was first released. */
export const tally1: Channel<Tally1> = definition;

const largest = definePrivate(
  tally1,
  { state: z.object({ largest: z.int() }), secrets: { added: z.object({ note: z.string() }) } },
  { initial: () => ({ largest: 0 }), apply: { added: ({ largest }, { by }) => ({ largest: Math.max(largest, by) }) } },
);

export const servedTally1 = serveChannel(tally1, {
  authorize: () => true,
  private: largest,
  snapshotEvery: 3,
  retention: { events: 4 },
  timers: ({ ringsAt }) => (ringsAt === null ? [] : [{ name: "ring", at: ringsAt, command: "ring", input: { by: 7 } }]),
  effects: ({ data }) => ("to" in data ? [effect(tally1, { tallyId: data.to }, "add", { by: data.by })] : []),
  commands: {
    add({ state, input: { by }, emit, reject }) {
      if (by > 100) return reject("TOO_LARGE", { limit: 100 });
      emit("added", { by }, { note: `${by}` });
      return { sum: state.sum + by };
    },
    name: ({ input, emit }) => emit("named", input),
    poke: ({ emit }) => emit("poked"),
    forward: ({ input, emit }) => emit("forwarded", input),
    arm: ({ input, emit }) => emit("armed", input),
    ring({ input: { by }, emit }) {
      emit("added", { by }, { note: "ring" });
      emit("rang");
    },
    top: ({ private: { largest } }) => ({ top: largest }),
  },
});
