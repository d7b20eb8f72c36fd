"use client";

import { type Topic, topicKey } from "@shoal/client";
import type { AnyTopicSnapshot, Channel, ChannelTypes, TopicSnapshot } from "@shoal/contract";
import { createContext, type ReactNode, useContext, useMemo } from "react";

/** What a server rendered topics from. */
export interface Snapshots {
  /** Undefined where there is none, or where it is of another version of the contract than this page has. */
  of<T extends ChannelTypes>(channel: Channel<T>, topic: Topic<T>): TopicSnapshot<T> | undefined;
}

const SnapshotsContext = createContext<Snapshots>({ of: () => undefined });

/** The snapshots that were given above. */
export function useSnapshots(): Snapshots {
  return useContext(SnapshotsContext);
}

export interface ShoalHydrationProps {
  /** What `realtime.topic(channel, params).as(user).snapshot()` gave on the server. They travel to the browser as JSON. */
  readonly snapshots: readonly AnyTopicSnapshot[];
  readonly children?: ReactNode;
}

/**
 * Gives the hooks below it the states that a server has read. They render them, on the server and at once in the browser, and
 * then go on live from there, without loading them again.
 */
export function ShoalHydration({ snapshots, children }: ShoalHydrationProps) {
  const above = useSnapshots();
  const value = useMemo(() => within(above, snapshots), [above, snapshots]);
  return <SnapshotsContext.Provider value={value}>{children}</SnapshotsContext.Provider>;
}

function within(above: Snapshots, snapshots: readonly AnyTopicSnapshot[]): Snapshots {
  const known = new Map(snapshots.map((snapshot) => [topicKey(snapshot.channel, snapshot.params), snapshot]));
  return {
    of(channel, topic) {
      const snapshot = known.get(topicKey(topic.channel, topic.params));
      return snapshot?.version === channel.version ? snapshot : above.of(channel, topic);
    },
  };
}
