import { defineChannel } from "@shoal/contract";
import { useChannelOptions } from "@shoal/react/tanstack-query";
import { useMutation } from "@tanstack/react-query";
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
  return useMutation(useChannelOptions(poll).topic({ pollId: "a" }).send.vote.mutationOptions());
}
