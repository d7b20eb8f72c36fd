import { type ChannelTypes, isRetryable, type QueryOutput, type QuerySend, type ShoalError } from "@shoal/contract";
import type {
  DataTag,
  InfiniteData,
  UnusedSkipTokenInfiniteOptions,
  UnusedSkipTokenOptions,
} from "@tanstack/react-query";
import type { QueryKeyOf } from "./keys.ts";

type Key<T extends ChannelTypes, K extends keyof T["queries"]> = QueryKeyOf<T, K, "once", QuerySend<T, K>>;
type InfiniteKey<T extends ChannelTypes, K extends keyof T["queries"]> = QueryKeyOf<T, K, "pages", PagedSend<T, K>>;

type PlainOptions<T extends ChannelTypes, K extends keyof T["queries"], Data> = UnusedSkipTokenOptions<
  QueryOutput<T, K>,
  ShoalError,
  Data,
  Key<T, K>
>;

type InfiniteOptions<T extends ChannelTypes, K extends keyof T["queries"], Data> = UnusedSkipTokenInfiniteOptions<
  QueryOutput<T, K>,
  ShoalError,
  Data,
  InfiniteKey<T, K>,
  Cursor<T, K> | null
>;

type Pages<T extends ChannelTypes, K extends keyof T["queries"]> = InfiniteData<QueryOutput<T, K>, Cursor<T, K> | null>;

/** An input without required fields may be left out. */
type Arguments<Input, Overrides> = {} extends Input
  ? [input?: Input, overrides?: Overrides]
  : [input: Input, overrides?: Overrides];

/** What a query pages with: the field `nextCursor` of its output, given back as `cursor`. */
type Cursor<T extends ChannelTypes, K extends keyof T["queries"]> =
  QueryOutput<T, K> extends { readonly nextCursor?: infer Next } ? NonNullable<Next> : never;

type PagedSend<T extends ChannelTypes, K extends keyof T["queries"]> = Omit<QuerySend<T, K>, "cursor">;

/** Whether a query takes `{ cursor? }` and returns `{ items, nextCursor }`. */
type IsPaged<T extends ChannelTypes, K extends keyof T["queries"]> =
  QueryOutput<T, K> extends { readonly items: readonly unknown[]; readonly nextCursor?: unknown }
    ? "cursor" extends keyof QuerySend<T, K>
      ? true
      : false
    : false;

interface PlainQuery<T extends ChannelTypes, K extends keyof T["queries"]> {
  /** For `useQuery`, `useSuspenseQuery`, `prefetchQuery` and the like. */
  queryOptions<Data = QueryOutput<T, K>>(
    ...args: Arguments<QuerySend<T, K>, Partial<Omit<PlainOptions<T, K, Data>, "queryKey" | "queryFn">>>
  ): PlainOptions<T, K, Data> & { readonly queryKey: DataTag<Key<T, K>, QueryOutput<T, K>, ShoalError> };
  /** The key of one input. */
  queryKey(...args: Arguments<QuerySend<T, K>, never>): DataTag<Key<T, K>, QueryOutput<T, K>, ShoalError>;
  /** Begins the keys of all inputs, pages among them: `queryClient.invalidateQueries({ queryKey: polls.query.top.key() })`. */
  key(): readonly ["shoal", T["name"], "query", K];
}

interface PagedQuery<T extends ChannelTypes, K extends keyof T["queries"]> extends PlainQuery<T, K> {
  /** For `useInfiniteQuery` and the like: pages on from `nextCursor`. */
  infiniteQueryOptions<Data = Pages<T, K>>(
    ...args: Arguments<
      PagedSend<T, K>,
      Partial<Omit<InfiniteOptions<T, K, Data>, "queryKey" | "queryFn" | "getNextPageParam" | "initialPageParam">>
    >
  ): InfiniteOptions<T, K, Data> & { readonly queryKey: DataTag<InfiniteKey<T, K>, Pages<T, K>, ShoalError> };
}

/** The options of one query of a channel. */
export type QueryOptionsOf<T extends ChannelTypes, K extends keyof T["queries"]> =
  IsPaged<T, K> extends true ? PagedQuery<T, K> : PlainQuery<T, K>;

type Ask = (input: object, options: { readonly signal: AbortSignal }) => Promise<unknown>;

interface Asking {
  readonly pageParam?: unknown;
  readonly signal: AbortSignal;
}

/** The client waits for its connection by itself; what the server has refused it would refuse again. */
const usual = {
  networkMode: "always",
  retry: (count: number, error: ShoalError) => count < 3 && isRetryable(error.code),
} as const;

/** @param ask - sends the query */
export function queryOptionsOf(channel: string, name: string, ask: Ask) {
  const key = () => ["shoal", channel, "query", name] as const;
  const queryKey = (input: object = {}) => [...key(), "once", input] as const;
  return {
    key,
    queryKey,
    queryOptions: (input: object = {}, overrides: object = {}) => ({
      ...usual,
      ...overrides,
      queryKey: queryKey(input),
      queryFn: ({ signal }: Asking) => ask(input, { signal }),
    }),
    infiniteQueryOptions: (input: object = {}, overrides: object = {}) => ({
      ...usual,
      ...overrides,
      queryKey: [...key(), "pages", input] as const,
      queryFn: ({ pageParam, signal }: Asking) =>
        ask(pageParam === null ? input : { ...input, cursor: pageParam }, { signal }),
      initialPageParam: null,
      getNextPageParam: ({ nextCursor }: { readonly nextCursor?: unknown }) => nextCursor,
    }),
  };
}
