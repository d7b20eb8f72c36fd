"use client";

import type { Topic, TopicState } from "@shoal/client";
import type { Channel, ChannelTypes } from "@shoal/contract";
import { useCallback, useMemo } from "react";
import { type ChannelView, type Seen, type SelectOptions, see, type Whole } from "./channel-view.ts";
import { useSnapshots } from "./hydration.tsx";
import { useClient } from "./provider.tsx";
import { shallow } from "./shallow.ts";
import { topicSource } from "./topic-source.ts";
import { type Source, useSource } from "./use-source.ts";

/**
 * Watches several topics of a channel, and returns them in the order of the list. Of a topic that has not changed it returns the
 * same object as before. The list may be a new one on each render: it is compared by its values.
 *
 * @example
 * ```tsx
 * const counters = useChannels(counter, ids.map((counterId) => ({ counterId })));
 * ```
 */
export function useChannels<T extends ChannelTypes, R = Whole>(
  channel: Channel<T>,
  list: readonly T["params"][],
  options?: SelectOptions<T, R>,
): readonly ChannelView<T, R>[] {
  const topics = useTopics(channel, list);
  const snapshots = useSnapshots();
  const source = useMemo(
    () => joined(topics.map((topic) => topicSource(topic, snapshots.of(channel, topic)))),
    [topics, snapshots, channel],
  );
  const { select, equal } = options ?? {};
  const look = useCallback(
    (all: readonly TopicState<T>[], shown: SeenList<T, R> | undefined): SeenList<T, R> => {
      const before = new Map(shown?.seen.map((one) => [one.view.topic, one]));
      const seen = all.flatMap((current, index) => {
        const topic = topics[index];
        return topic ? [see(topic, current, select && { select, equal }, before.get(topic))] : [];
      });
      if (shown && shallow(seen, shown.seen)) return shown;
      return { seen, views: seen.map(({ view }) => view) };
    },
    [topics, select, equal],
  );
  return useSource(source, look).views;
}

interface SeenList<T extends ChannelTypes, R> {
  readonly seen: readonly Seen<T, R>[];
  readonly views: readonly ChannelView<T, R>[];
}

/** The topics of these params; the same list until the values in it have changed. */
function useTopics<T extends ChannelTypes>(channel: Channel<T>, list: readonly T["params"][]): readonly Topic<T>[] {
  const client = useClient();
  const key = JSON.stringify(list);
  return useMemo(
    () => (JSON.parse(key) as readonly T["params"][]).map((params) => client.topic(channel, params)),
    [client, channel, key],
  );
}

/** Several sources as one, whose value is the list of theirs. */
function joined<S>(sources: readonly Source<S>[]): Source<readonly S[]> {
  const listing = (read: (source: Source<S>) => S) => {
    let last: readonly S[] = [];
    return () => {
      const next = sources.map(read);
      if (!shallow(last, next)) last = next;
      return last;
    };
  };
  return {
    subscribe(listener) {
      const stops = sources.map((source) => source.subscribe(listener));
      return () => {
        for (const stop of stops) stop();
      };
    },
    read: listing((source) => source.read()),
    readOnServer: listing((source) => source.readOnServer()),
  };
}
