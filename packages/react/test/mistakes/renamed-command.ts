import { defineChannel } from "@shoal/contract";
import { useChannel } from "@shoal/react";
import * as z from "zod";

/** Yesterday its command was `vote`. */
const poll = defineChannel(
  "poll",
  {
    params: z.object({ pollId: z.string() }),
    state: z.object({ votes: z.int() }),
    events: { voted: z.object({}) },
    commands: { castVote: {} },
  },
  { initial: () => ({ votes: 0 }), apply: { voted: ({ votes }) => ({ votes: votes + 1 }) } },
);

export function useVote() {
  return useChannel(poll, { pollId: "a" }).send.vote();
}
