import { type Channel, defineChannel, type TypesOf } from "@shoal/contract";
import { definePrivate } from "@shoal/server";
import * as z from "zod";

const entry = z.object({ id: z.string(), text: z.string() });

export type Entry = z.output<typeof entry>;

const definition = defineChannel(
  "journal",
  {
    params: z.object({ journalId: z.string() }),
    /** The entries are those of `base`, which is JSON, and then those of the tail. */
    state: z.object({ base: z.string(), tail: z.array(entry) }),
    events: { written: entry, takenBack: z.object({ id: z.string() }) },
    commands: {
      write: { input: entry, rejections: { KNOWN: z.object({}) } },
      takeBack: { input: z.object({ id: z.string(), offset: z.int() }) },
      count: { result: z.object({ entries: z.int(), written: z.int() }) },
    },
  },
  {
    initial: () => ({ base: "[]", tail: [] }),
    apply: {
      written: ({ base, tail }, one) => ({ base, tail: [...tail, one] }),
      takenBack: (state, { id }) => ({
        base: JSON.stringify(baseOf(state).filter((one) => one.id !== id)),
        tail: state.tail.filter((one) => one.id !== id),
      }),
    },
  },
);

export interface Journal extends TypesOf<typeof definition> {}

/** A journal whose state says the same in two ways: `base` is short to hold, and `tail` is quick to write. */
export const journal: Channel<Journal> = definition;

/** How many entries were ever written, which nobody is told but by `count`. */
export const written = definePrivate(
  journal,
  { state: z.object({ written: z.int() }), secrets: { written: z.object({ weight: z.int() }) } },
  {
    initial: () => ({ written: 0 }),
    apply: { written: (state, _entry, { weight }) => ({ written: state.written + weight }) },
  },
);

/** What somebody reads in a journal. */
export function entriesOf(state: Journal["state"]): readonly Entry[] {
  return [...baseOf(state), ...state.tail];
}

export function compacted(state: Journal["state"]): Journal["state"] {
  return { base: JSON.stringify(entriesOf(state)), tail: [] };
}

function baseOf({ base }: { readonly base: string }): readonly Entry[] {
  return JSON.parse(base) as readonly Entry[];
}
