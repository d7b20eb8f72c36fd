import { useChannel } from "@shoal/react";

export const usePoll = () => useChannel("poll", { pollId: "a" });
