"use client";

import { initialTopicState, type Topic, type TopicState } from "@shoal/client";
import type { Channel, ChannelTypes } from "@shoal/contract";
import { useMemo, useSyncExternalStore } from "react";
import { useClient } from "./provider.tsx";

/** A topic as it is now, told apart by `status`, and what can be done on it. */
export type UseChannel<T extends ChannelTypes> = TopicState<T> &
  Pick<Topic<T>, "send" | "presence" | "broadcast"> & { readonly topic: Topic<T> };

/**
 * Watches a topic while the component is mounted. The params may be a new object on each render: they are compared by
 * their values.
 *
 * @example
 * ```tsx
 * const { state, status, send } = useChannel(counter, { counterId: "home" });
 * ```
 */
export function useChannel<T extends ChannelTypes>(channel: Channel<T>, params: T["params"]): UseChannel<T> {
  const topic = useClient().topic(channel, params);
  const current = useSyncExternalStore<TopicState<T>>(
    topic.subscribe,
    () => topic.current,
    () => initialTopicState,
  );
  return useMemo(() => {
    const { send, presence, broadcast } = topic;
    return { ...current, send, presence, broadcast, topic };
  }, [current, topic]);
}
