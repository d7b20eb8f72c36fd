import { useChannel } from "@shoal/react";
import { poll } from "../support/poll.ts";

export function usePoll() {
  return useChannel(poll, { pollId: "a" }, { select: (state) => state.voters });
}
