import { createClient } from "@shoal/client";
import type { ShoalError, TopicSnapshot, TypesOf } from "@shoal/contract";
import { type RoomEntry, rooms } from "@shoal/contract/rooms";
import { type CachedTopic, channelOptions, topicQueryKey, useChannelOptions } from "@shoal/react/tanstack-query";
import { QueryClient, useInfiniteQuery, useMutation, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { expectTypeOf } from "vitest";
import { counter } from "../../client/test/support/counter.ts";
import { poll } from "./support/poll.ts";

type Poll = TypesOf<typeof poll>;
type State = { votes: number };

const queryClient = new QueryClient();
const client = createClient({ url: "/trpc", channels: [poll, rooms, counter] });

export function Topics() {
  const topic = useChannelOptions(poll).topic({ pollId: "a" });
  expectTypeOf(useQuery(topic.queryOptions()).data).toEqualTypeOf<State | undefined>();
  expectTypeOf(useQuery(topic.queryOptions()).error).toEqualTypeOf<ShoalError | null>();
  expectTypeOf(useSuspenseQuery(topic.queryOptions()).data).toEqualTypeOf<State>();
  const isLarge = topic.queryOptions({ select: ({ votes }) => votes > 3 });
  expectTypeOf(useQuery(isLarge).data).toEqualTypeOf<boolean | undefined>();
  expectTypeOf(queryClient.getQueryData(topic.queryKey())).toEqualTypeOf<CachedTopic<Poll> | undefined>();
  void queryClient.prefetchQuery(topic.queryOptions());
  // @ts-expect-error: these are another channel's params
  useChannelOptions(poll).topic({ roomId: "a" });
  // @ts-expect-error: when it is asked again is the topic's to know
  topic.queryOptions({ staleTime: 5_000 });
  return null;
}

export function onServer(snapshot: TopicSnapshot<Poll>) {
  queryClient.setQueryData(topicQueryKey(poll, { pollId: "a" }), snapshot);
}

export function Queries() {
  const { query } = useChannelOptions(counter);
  expectTypeOf(useQuery(query.double.queryOptions({ of: 4 })).data).toEqualTypeOf<{ result: number } | undefined>();
  const doubled = query.double.queryOptions({ of: 4 }, { select: ({ result }) => `${result}`, staleTime: 1_000 });
  expectTypeOf(useQuery(doubled).data).toEqualTypeOf<string | undefined>();
  expectTypeOf(queryClient.getQueryData(query.double.queryKey({ of: 4 }))).toEqualTypeOf<
    { result: number } | undefined
  >();
  expectTypeOf(query.double.key()).toEqualTypeOf<readonly ["shoal", "counter", "query", "double"]>();
  // @ts-expect-error: the input is the contract's
  query.double.queryOptions({ of: "4" });
  // @ts-expect-error: it has an input that must be there
  query.double.queryOptions();
  // @ts-expect-error: it does not page
  query.double.infiniteQueryOptions;
  // @ts-expect-error: there is no such query
  query.triple;
  return null;
}

export function Pages() {
  const { history } = useChannelOptions(rooms).query;
  const { data } = useInfiniteQuery(history.infiniteQueryOptions({ roomId: "lobby" }));
  expectTypeOf(data?.pages[0]?.items).toEqualTypeOf<RoomEntry[] | undefined>();
  expectTypeOf(data?.pageParams).toEqualTypeOf<(number | null)[] | undefined>();
  // @ts-expect-error: the pages say where the next one begins
  history.infiniteQueryOptions({ roomId: "lobby", cursor: 4 });
  return null;
}

export async function Commands() {
  const { send } = channelOptions(client, counter).topic({ counterId: "home" });
  const add = useMutation(send.add.mutationOptions());
  add.mutate({ by: 3 });
  const outcome = await add.mutateAsync({ by: 3 });
  if (!outcome.ok) expectTypeOf(outcome.reason).toEqualTypeOf<"TOO_LARGE" | "FROZEN">();
  expectTypeOf(add.error).toEqualTypeOf<ShoalError | null>();
  useMutation(send.reset.mutationOptions()).mutate();
  useMutation(send.add.mutationOptions({ onMutate: ({ by }) => by, onError: (_error, _input, by) => by?.toFixed() }));
  // @ts-expect-error: a field is missing
  add.mutate({});
  // @ts-expect-error: an internal command is for the server
  send.clear;
  const create = useMutation(channelOptions(client, rooms).send.create.mutationOptions());
  const created = await create.mutateAsync({ name: "Reef" });
  if (created.ok) expectTypeOf(created.params).toEqualTypeOf<{ roomId: string }>();
}
