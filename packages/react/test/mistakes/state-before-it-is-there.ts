import { useChannel } from "@shoal/react";
import { poll } from "../support/poll.ts";

export function useVotes(): number {
  const { state } = useChannel(poll, { pollId: "a" });
  return state.votes;
}
