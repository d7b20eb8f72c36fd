import { useChannel } from "@shoal/react";
import { poll } from "../support/poll.ts";

export function useClose(): () => void {
  const { send } = useChannel(poll, { pollId: "a" });
  return () => void send.close();
}
