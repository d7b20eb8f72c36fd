import { defineChannel } from "@shoal/contract";
import * as z from "zod";

/** A channel as small as one can be that has a rejection. */
export const poll = defineChannel(
  "poll",
  {
    params: z.object({ pollId: z.string() }),
    state: z.object({ votes: z.int() }),
    events: { voted: z.object({}) },
    commands: { vote: { rejections: { CLOSED: z.object({ at: z.int() }) } }, close: { internal: true } },
  },
  { initial: () => ({ votes: 0 }), apply: { voted: ({ votes }) => ({ votes: votes + 1 }) } },
);
