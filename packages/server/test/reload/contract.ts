import { defineChannel } from "@shoal/contract";
import * as z from "zod";

/** A line of the log, and the evaluation of the server's module whose code wrote it. */
const line = z.object({ entry: z.int(), by: z.int() });

/** A list whose entries ring a moment after they were added. */
export const list = defineChannel(
  "list",
  {
    params: z.object({ listId: z.string() }),
    state: z.object({ entries: z.array(z.int()), due: z.record(z.string(), z.int()) }),
    events: { added: line.extend({ due: z.int() }), rang: line },
    commands: {
      add: { input: z.object({ entry: z.int() }) },
      ring: { input: z.object({ entry: z.int() }), internal: true },
    },
  },
  {
    initial: () => ({ entries: [], due: {} }),
    apply: {
      added: ({ entries, due }, { entry, due: at }) => ({ entries: [...entries, entry], due: { ...due, [entry]: at } }),
      rang: ({ entries, due }, { entry }) => ({
        entries,
        due: Object.fromEntries(Object.entries(due).filter(([name]) => name !== String(entry))),
      }),
    },
  },
);

/** What effects of a list note of it. */
export const audit = defineChannel(
  "audit",
  {
    params: z.object({}),
    state: z.object({ noted: z.int() }),
    events: { noted: line },
    commands: { note: { input: z.object({ entry: z.int() }), internal: true } },
  },
  { initial: () => ({ noted: 0 }), apply: { noted: ({ noted }) => ({ noted: noted + 1 }) } },
);
