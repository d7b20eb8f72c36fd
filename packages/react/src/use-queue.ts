"use client";

import { initialQueueState, type QueueState } from "@shoal/client";
import { useSyncExternalStore } from "react";
import { useClient } from "./provider.tsx";

/**
 * The commands of the client that wait, for a banner that tells what is not sent yet.
 *
 * @example
 * ```tsx
 * const { queued } = useQueue();
 * return queued > 0 && <p>{queued} changes are kept until the connection is back.</p>;
 * ```
 */
export function useQueue(): QueueState {
  const { queue } = useClient();
  return useSyncExternalStore(
    queue.subscribe,
    () => queue.current,
    () => initialQueueState,
  );
}
