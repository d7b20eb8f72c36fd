import type { Channel, ChannelTypes } from "@shoal/contract";

/** Begins the key of everything of a channel. */
export type ChannelKey<T extends ChannelTypes> = readonly ["shoal", T["name"]];

/** Names a topic in the cache. */
export type TopicKey<T extends ChannelTypes> = readonly ["shoal", T["name"], "topic", T["params"]];

/** Names a query in the cache, or begins the keys of all its inputs where there is none. */
export type QueryKeyOf<T extends ChannelTypes, K, Kind extends string, Input> = readonly [
  "shoal",
  T["name"],
  "query",
  K,
  Kind,
  Input,
];

/**
 * The key of a topic in the cache, for a server that puts there what it has read:
 *
 * ```ts
 * queryClient.setQueryData(topicQueryKey(poll, params), await realtime.topic(poll, params).as(user).snapshot());
 * ```
 */
export function topicQueryKey<T extends ChannelTypes>(channel: Channel<T>, params: T["params"]): TopicKey<T> {
  return ["shoal", channel.name, "topic", params];
}
