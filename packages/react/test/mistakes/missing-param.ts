import { useChannel } from "@shoal/react";
import { poll } from "../support/poll.ts";

export const usePoll = () => useChannel(poll, {});
