import { type Channel, defineChannel, type TypesOf } from "@shoal/contract";
import * as z from "zod";

/**
 * What becomes of a reminder that is due: it rings and is named no more; it rings and is named still; it does nothing; it
 * is rejected; it throws; it sets itself again so many milliseconds after it was due.
 */
const behaviour = z.union([z.enum(["ring", "stay", "nothing", "reject", "throw"]), z.object({ againMs: z.int() })]);

const reminder = z.object({ at: z.number(), behaviour });

const definition = defineChannel(
  "reminders",
  {
    /** A list may come with a reminder of the name "first". */
    params: z.object({ listId: z.string(), first: z.number().optional() }),
    state: z.object({ set: z.record(z.string(), reminder), rung: z.array(z.string()), notes: z.int() }),
    events: {
      set: z.object({ name: z.string(), reminder }),
      unset: z.object({ name: z.string() }),
      rang: z.object({ name: z.string(), due: z.number() }),
      noted: z.object({}),
    },
    commands: {
      set: { input: z.object({ name: z.string(), at: z.number(), behaviour: behaviour.default("ring") }) },
      unset: { input: z.object({ name: z.string() }) },
      /** Tells what had rung when it was decided. */
      note: { result: z.array(z.string()) },
      ring: {
        input: z.object({ name: z.string(), due: z.number() }),
        rejections: { UNWANTED: z.object({}) },
        internal: true,
      },
    },
  },
  {
    initial: ({ first }) => ({
      set: first === undefined ? {} : { first: { at: first, behaviour: "ring" } },
      rung: [],
      notes: 0,
    }),
    apply: {
      set: (state, { name, reminder }) => ({ ...state, set: { ...state.set, [name]: reminder } }),
      unset: (state, { name }) => ({ ...state, set: without(state.set, name) }),
      rang: (state, { name }) => ({
        ...state,
        set: state.set[name]?.behaviour === "stay" ? state.set : without(state.set, name),
        rung: [...state.rung, name],
      }),
      noted: (state) => ({ ...state, notes: state.notes + 1 }),
    },
  },
);

function without<V>(record: Readonly<Record<string, V>>, name: string): Record<string, V> {
  return Object.fromEntries(Object.entries(record).filter(([other]) => other !== name));
}

export interface Reminders extends TypesOf<typeof definition> {}

/** A list of what is due and when. */
export const reminders: Channel<Reminders> = definition;
