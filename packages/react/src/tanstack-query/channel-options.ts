import type { AnyClient, Topic } from "@shoal/client";
import { type Channel, type ChannelTypes, type CreatingCommand, type PublicCommand, ShoalError } from "@shoal/contract";
import type { DataTag } from "@tanstack/react-query";
import { type CommandOptionsOf, commandOptionsOf } from "./command-options.ts";
import { type ChannelKey, type TopicKey, topicQueryKey } from "./keys.ts";
import { type QueryOptionsOf, queryOptionsOf } from "./query-options.ts";
import {
  type CachedTopic,
  type TopicQueryOptions,
  type TopicQueryOverrides,
  topicQueryOptions,
} from "./topic-options.ts";

/** One topic of a channel for TanStack Query. */
export interface TopicOptions<T extends ChannelTypes> {
  /** The topic's state as a query, which follows the topic while it is observed. */
  queryOptions<Data = T["state"]>(overrides?: TopicQueryOverrides<T, Data>): TopicQueryOptions<T, Data>;
  queryKey(): DataTag<TopicKey<T>, CachedTopic<T>, ShoalError>;
  /** Its commands as mutations. */
  readonly send: { readonly [K in Exclude<PublicCommand<T>, CreatingCommand<T>>]: CommandOptionsOf<T, K> };
}

/** A channel for TanStack Query: its queries and topics as queries, its commands as mutations. */
export interface ChannelOptions<T extends ChannelTypes> {
  /** Begins the keys of everything of the channel. */
  key(): ChannelKey<T>;
  readonly query: { readonly [K in keyof T["queries"]]: QueryOptionsOf<T, K> };
  topic(params: T["params"]): TopicOptions<T>;
  /** The commands that make a topic. */
  readonly send: {
    readonly [K in PublicCommand<T> & CreatingCommand<T> & keyof T["commands"]]: CommandOptionsOf<T, K>;
  };
}

/** What a client has under the name of a channel. */
interface Requests {
  readonly query: Readonly<Record<string, Parameters<typeof queryOptionsOf>[2]>>;
  readonly send: Readonly<Record<string, Parameters<typeof commandOptionsOf>[2]>>;
}

/**
 * A channel of a client, for TanStack Query. All its types come from the contract.
 *
 * @throws {ShoalError} `BAD_REQUEST` when the client was created without the channel
 *
 * @example
 * ```ts
 * const polls = channelOptions(client, poll);
 * await queryClient.prefetchQuery(polls.topic({ pollId: "lunch" }).queryOptions());
 * ```
 */
export function channelOptions<T extends ChannelTypes>(client: AnyClient, channel: Channel<T>): ChannelOptions<T> {
  const { name } = channel;
  const requests = (client as unknown as Readonly<Record<string, Requests>>)[name];
  if (!requests) {
    throw new ShoalError("BAD_REQUEST", `The client has no channel "${name}". Add it to \`channels\` of createClient.`);
  }
  const options = {
    key: () => ["shoal", name] as const,
    query: mapped(requests.query, (query, ask) => queryOptionsOf(name, query, ask)),
    topic: (params: T["params"]) => topicOptions(channel, client.topic(channel, params)),
    send: mapped(requests.send, (command, send) => commandOptionsOf(name, command, send)),
  };
  return options as unknown as ChannelOptions<T>;
}

function topicOptions<T extends ChannelTypes>(channel: Channel<T>, topic: Topic<T>): TopicOptions<T> {
  const options = {
    queryOptions: (overrides?: TopicQueryOverrides<T, unknown>) => topicQueryOptions(channel, topic, overrides),
    queryKey: () => topicQueryKey(channel, topic.params),
    send: mapped(topic.send as unknown as Requests["send"], (command, send) =>
      commandOptionsOf(channel.name, command, send),
    ),
  };
  return options as unknown as TopicOptions<T>;
}

function mapped<V, R>(values: Readonly<Record<string, V>>, map: (name: string, value: V) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(name, value)]));
}
