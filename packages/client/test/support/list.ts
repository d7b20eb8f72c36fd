import { defineChannel } from "@shoal/contract";
import * as z from "zod";

/** A list that remembers every entry in its place and who added it, so that one that is lost, doubled, late or somebody else's shows. */
export const list = defineChannel(
  "list",
  {
    params: z.object({ listId: z.string() }),
    state: z.object({ entries: z.array(z.string()) }),
    events: { added: z.object({ entry: z.string(), by: z.string() }) },
    commands: {
      /** The server accepts it, rejects it or forbids it, as `fate` says. */
      add: {
        input: z.object({ entry: z.string(), fate: z.enum(["accepted", "rejected", "forbidden"]) }),
        rejections: { REJECTED: z.object({}) },
      },
    },
  },
  {
    initial: () => ({ entries: [] }),
    apply: { added: ({ entries }, { entry, by }) => ({ entries: [...entries, `${by}: ${entry}`] }) },
    optimistic: { add: ({ entry }, { user }) => [{ type: "added", data: { entry, by: user?.id ?? "nobody" } }] },
  },
);
