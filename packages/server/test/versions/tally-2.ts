import { type Channel, defineChannel, type Old, type TypesOf } from "@shoal/contract";
import { definePrivate, effect, serveChannel } from "@shoal/server";
import * as z from "zod";

/** What a test does to the migration of an event, to break it. */
export type LiftAdded = (old: Old, from: number) => { amount: number };

const define = (liftAdded: LiftAdded) =>
  defineChannel(
    "tally",
    {
      version: 2,
      params: z.object({ tallyId: z.string() }),
      state: z.object({ total: z.int(), label: z.object({ text: z.string() }), ringsAt: z.nullable(z.int()) }),
      events: {
        added: z.object({ amount: z.int() }),
        labelled: z.object({ text: z.string() }),
        forwarded: z.object({ to: z.string(), amount: z.int() }),
        armed: z.object({ at: z.int() }),
        rang: z.object({}),
      },
      commands: {
        add: {
          input: z.object({ amount: z.int() }),
          result: z.object({ total: z.int() }),
          rejections: { TOO_MUCH: z.object({ most: z.int() }) },
        },
        name: { input: z.object({ text: z.string() }) },
        poke: {},
        forward: { input: z.object({ to: z.string(), amount: z.int() }) },
        arm: { input: z.object({ at: z.int() }) },
        ring: { input: z.object({ amount: z.int() }), internal: true },
        top: { result: z.object({ top: z.int() }) },
      },
    },
    {
      initial: () => ({ total: 0, label: { text: "" }, ringsAt: null }),
      apply: {
        added: (state, { amount }) => ({ ...state, total: state.total + amount }),
        labelled: (state, label) => ({ ...state, label }),
        forwarded: (state) => state,
        armed: (state, { at }) => ({ ...state, ringsAt: at }),
        rang: (state) => ({ ...state, ringsAt: null }),
      },
      migrate: {
        events: {
          added: liftAdded,
          labelled: "same",
          forwarded: ({ to, by }) => ({ to, amount: by }),
          armed: "same",
          rang: "same",
        },
        former: { named: ({ name }) => ({ type: "labelled", data: { text: name } }), poked: null },
        state: ({ sum, name, ringsAt }) => ({ total: sum, label: { text: name }, ringsAt }),
        commands: {
          add: {
            input: ({ by }) => ({ amount: by }),
            result: ({ sum }) => ({ total: sum }),
            rejection: ({ limit }) => ({ ok: false, reason: "TOO_MUCH", most: limit }),
          },
          name: ({ name }) => ({ text: name }),
          poke: "same",
          forward: ({ to, by }) => ({ to, amount: by }),
          arm: "same",
          ring: ({ by }) => ({ amount: by }),
          top: "same",
        },
      },
    },
  );

export interface Tally2 extends TypesOf<ReturnType<typeof define>> {}

/** A tally of the second version: nearly everything has another name. */
export const tally2: Channel<Tally2> = define(({ by }) => ({ amount: by }));

/** The second version, served. */
export function serveTally2(liftAdded?: LiftAdded) {
  const tally: Channel<Tally2> = liftAdded ? define(liftAdded) : tally2;
  const highest = definePrivate(
    tally,
    { state: z.object({ highest: z.int() }), secrets: { added: z.object({ note: z.string(), long: z.boolean() }) } },
    {
      initial: () => ({ highest: 0 }),
      apply: { added: ({ highest }, { amount }) => ({ highest: Math.max(highest, amount) }) },
      migrate: {
        state: ({ largest }) => ({ highest: largest }),
        secrets: { added: ({ note }) => ({ note, long: false }) },
      },
    },
  );
  return serveChannel(tally, {
    authorize: () => true,
    private: highest,
    snapshotEvery: 3,
    retention: { events: 4 },
    timers: ({ ringsAt }) =>
      ringsAt === null ? [] : [{ name: "ring", at: ringsAt, command: "ring", input: { amount: 7 } }],
    effects: ({ data }) => ("to" in data ? [effect(tally, { tallyId: data.to }, "add", { amount: data.amount })] : []),
    commands: {
      add({ state, input: { amount }, emit, reject }) {
        if (amount > 100) return reject("TOO_MUCH", { most: 100 });
        emit("added", { amount }, { note: `${amount}`, long: true });
        return { total: state.total + amount };
      },
      name: ({ input, emit }) => emit("labelled", input),
      poke: () => {},
      forward: ({ input, emit }) => emit("forwarded", input),
      arm: ({ input, emit }) => emit("armed", input),
      ring({ input: { amount }, emit }) {
        emit("added", { amount }, { note: "ring", long: true });
        emit("rang");
      },
      top: ({ private: { highest } }) => ({ top: highest }),
    },
  });
}
