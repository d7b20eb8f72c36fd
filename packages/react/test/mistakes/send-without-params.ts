import { useChannel } from "@shoal/react";
import { poll } from "../support/poll.ts";

export function useVote(pollId: string | null) {
  const { send } = useChannel(poll, pollId === null ? null : { pollId });
  return () => send.vote();
}
