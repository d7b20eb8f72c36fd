export { type ChannelOptions, channelOptions, type TopicOptions } from "./channel-options.ts";
export type { CommandOptionsOf } from "./command-options.ts";
export { topicQueryKey } from "./keys.ts";
export type { QueryOptionsOf } from "./query-options.ts";
export type { CachedTopic, TopicQueryOptions, TopicQueryOverrides } from "./topic-options.ts";
export { useChannelOptions } from "./use-channel-options.ts";
