"use client";

import type { Topic, TopicState } from "@shoal/client";
import type { Channel, ChannelTypes } from "@shoal/contract";
import { useCallback, useMemo } from "react";
import { type Seen, type SelectOptions, see } from "./channel-view.ts";
import { useSnapshots } from "./hydration.tsx";
import { topicSource } from "./topic-source.ts";
import { type Source, useSource } from "./use-source.ts";

const nothing: Source<undefined> = { subscribe: () => () => {}, read: () => undefined, readOnServer: () => undefined };

/** Watches a topic and returns what the component is to show of it; undefined where there is no topic. */
export function useSeen<T extends ChannelTypes, R>(
  channel: Channel<T>,
  topic: Topic<T> | undefined,
  options: SelectOptions<T, R> | undefined,
): Seen<T, R> | undefined {
  const snapshots = useSnapshots();
  const snapshot = topic && snapshots.of(channel, topic);
  const source: Source<TopicState<T> | undefined> = useMemo(
    () => (topic ? topicSource(topic, snapshot) : nothing),
    [topic, snapshot],
  );
  const { select, equal } = options ?? {};
  const look = useCallback(
    (current: TopicState<T> | undefined, shown: Seen<T, R> | undefined) =>
      topic && current && see(topic, current, select && { select, equal }, shown),
    [topic, select, equal],
  );
  return useSource<TopicState<T> | undefined, Seen<T, R> | undefined>(source, look);
}
