import type { Topic } from "@shoal/client";
import type { Channel, ChannelTypes, ShoalError, TopicSnapshot } from "@shoal/contract";
import type { DataTag, QueryClient, QueryFunctionContext, UnusedSkipTokenOptions } from "@tanstack/react-query";
import { followTopic, hasTold } from "./follow-topic.ts";
import { type TopicKey, topicQueryKey } from "./keys.ts";

/**
 * A topic in the cache. `position` is null while commands are pending: `state` then shows what they will probably do, and cannot be
 * gone on from.
 */
export interface CachedTopic<T extends ChannelTypes> extends Omit<TopicSnapshot<T>, "position"> {
  readonly position: string | null;
}

/** What may be said about a topic's query besides what it is. */
export type TopicQueryOverrides<T extends ChannelTypes, Data> = Partial<
  Omit<Options<T, Data>, "queryKey" | "queryFn" | "select" | "refetchOnMount" | "staleTime" | "initialData">
> & {
  /** What a component shows of the state. */
  readonly select?: ((state: T["state"]) => Data) | undefined;
};

/** Options for `useQuery`, `useSuspenseQuery`, `prefetchQuery` and the like. */
export type TopicQueryOptions<T extends ChannelTypes, Data> = Options<T, Data> & {
  readonly queryKey: DataTag<TopicKey<T>, CachedTopic<T>, ShoalError>;
};

type Options<T extends ChannelTypes, Data> = UnusedSkipTokenOptions<CachedTopic<T>, ShoalError, Data, TopicKey<T>>;

/** A topic as a query: its first state is fetched, and while somebody observes the query, what happens sets its data. */
export function topicQueryOptions<T extends ChannelTypes, Data = T["state"]>(
  channel: Channel<T>,
  topic: Topic<T>,
  { select, ...overrides }: TopicQueryOverrides<T, Data> = {},
): TopicQueryOptions<T, Data> {
  const options: Options<T, Data> = {
    // Nothing but the topic itself makes the data old, and it asks for what it misses; but whoever comes must find it watched.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnMount: "always",
    networkMode: "always",
    retry: false,
    ...(overrides as object),
    queryKey: topicQueryKey(channel, topic.params),
    queryFn: (context: QueryFunctionContext<TopicKey<T>>) => readTopic(topic, context),
    select: select ? ({ state }) => select(state) : (stateOf as (cached: CachedTopic<T>) => Data),
  };
  return options as TopicQueryOptions<T, Data>;
}

/** One function for all, so that it is run again for new data only. */
function stateOf({ state }: { readonly state: unknown }): unknown {
  return state;
}

async function readTopic<T extends ChannelTypes>(
  topic: Topic<T>,
  { client, queryKey, signal }: QueryFunctionContext<TopicKey<T>> & { readonly client: QueryClient },
): Promise<CachedTopic<T>> {
  const cached = client.getQueryData<CachedTopic<T>>(queryKey);
  if (cached && cached.position !== null) topic.hydrate({ ...cached, position: cached.position });
  if (topic.current.status === "failed" && hasTold(client, queryKey, topic)) topic.retry();
  return await followTopic(topic, client, queryKey, signal);
}
