import { type Channel, defineChannel, type TypesOf } from "@shoal/contract";
import * as z from "zod";

const definition = defineChannel(
  "journal",
  {
    params: z.object({ journalId: z.string() }),
    state: z.object({ notes: z.array(z.string()) }),
    events: { noted: z.object({ note: z.string() }) },
    commands: { note: { input: z.object({ note: z.string() }) } },
  },
  { initial: () => ({ notes: [] }), apply: { noted: ({ notes }, { note }) => ({ notes: [...notes, note] }) } },
);

export interface Journal extends TypesOf<typeof definition> {}

/** A durable channel beside one that is not. */
export const journal: Channel<Journal> = definition;
