"use client";

import { type HistoryFilter, historyOf } from "@shoal/client/notifications";
import type { QuerySend, ShoalError } from "@shoal/contract";
import type { NotificationOf, Notifications, NotificationTypes } from "@shoal/contract/notifications";
import {
  type InfiniteData,
  type QueryKey,
  type UseInfiniteQueryOptions,
  useInfiniteQuery,
} from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { UseChannel } from "./channel-view.ts";
import { useChannelOptions } from "./tanstack-query/use-channel-options.ts";
import { useChannel } from "./use-channel.ts";

/** Which items are listed; all that are not archived, where nothing is said. */
export type NotificationFilter<D, C, V extends string> = Omit<
  QuerySend<NotificationTypes<D, C, V>, "list">,
  "userId" | "cursor"
>;

/** An inbox with its past, as far back as was asked for. */
export interface UseNotificationHistory<D, C> {
  /** The newest first. */
  readonly items: readonly NotificationOf<D, C>[];
  /** Whether there is more to load, what could not be read among it. */
  readonly hasOlder: boolean;
  /** Whether the first of it or more of it is on its way. */
  readonly loading: boolean;
  readonly error: ShoalError | null;
  readonly loadOlder: () => void;
}

/**
 * Lists an inbox beyond the newest items that its state has. What was read is read again when something changes in it, and what the state has is shown
 * as the state has it, predictions included.
 *
 * @param filter - it may be a new object on each render. Unlike the query's own, `since` is the beginning where nothing is said
 */
export function useNotificationHistory<D, C, V extends string>(
  inbox: Notifications<D, C, V>,
  params: { readonly userId: string },
  filter: NotificationFilter<D, C, V> = {} as NotificationFilter<D, C, V>,
): UseNotificationHistory<D, C> {
  const { state, status, error, pending, topic } = useChannel(inbox, params) as UseChannel<NotificationTypes<D, C, V>>;
  const { archived } = filter as HistoryFilter;
  const needed = state !== undefined && (archived || state.counts.total > state.items.length);
  const { list } = useChannelOptions(inbox).query;
  const input = { since: 0, ...filter, ...params };
  // Whoever comes reads it, so that it is as new as the state is then.
  const options = list.infiniteQueryOptions(input as never, {
    enabled: needed,
    staleTime: 0,
    refetchOnMount: "always",
  }) as unknown as PagedOptions;
  const query = useInfiniteQuery({
    ...options,
    // What the state has need not be read: the first page begins behind it, wherever that is when the page is read.
    queryFn: ({ pageParam, signal }) =>
      options.queryFn({ pageParam: pageParam ?? (archived ? null : endOf(topic.current.state)), signal }),
  });
  useReadAgain(query, JSON.stringify(input), needed ? state.revision : undefined, pending === 0);
  const read = query.data?.pages.flatMap(({ items }) => items) ?? [];
  return {
    items: state ? (historyOf(state as never, read as never, filter as HistoryFilter) as never) : [],
    hasOlder: needed && (query.hasNextPage || query.isError),
    loading: status !== "failed" && (state === undefined || query.isFetchingNextPage || (needed && query.isPending)),
    error: status === "failed" ? error : query.error,
    loadOlder: () => void loadOlder(query),
  };
}

interface Page {
  readonly items: readonly unknown[];
  readonly nextCursor: number | null;
}

type PagedOptions = UseInfiniteQueryOptions<Page, ShoalError, InfiniteData<Page>, QueryKey, number | null> & {
  readonly queryFn: (asking: { readonly pageParam: number | null; readonly signal: AbortSignal }) => Promise<Page>;
};

/** Where what a state has ends. */
function endOf(state: { readonly items: readonly { readonly order: number }[] } | undefined): number | null {
  return state?.items.at(-1)?.order ?? null;
}

interface Refetched {
  readonly isFetching: boolean;
  readonly refetch: (options?: { readonly cancelRefetch: boolean }) => Promise<unknown>;
}

interface Paged extends Refetched {
  readonly hasNextPage: boolean;
  readonly isRefetching: boolean;
  readonly fetchNextPage: () => Promise<unknown>;
}

/** What is being read again is not broken off for it: it would stay as it was. */
async function loadOlder({ hasNextPage, isRefetching, refetch, fetchNextPage }: Paged): Promise<void> {
  if (isRefetching || !hasNextPage) await refetch({ cancelRefetch: false });
  if (hasNextPage) await fetchNextPage();
}

/** Reads again what was read at another revision. While commands are pending the revision is a prediction. */
function useReadAgain(
  { isFetching, refetch }: Refetched,
  key: string,
  revision: number | undefined,
  settled: boolean,
): void {
  const read = useRef<{ readonly key: string; readonly revision: number | undefined }>(undefined);
  useEffect(() => {
    if (revision === undefined) return;
    const now = { key, revision: settled ? revision : undefined };
    // The query reads by itself at first.
    if (read.current?.key !== key) read.current = now;
    else if (settled && !isFetching && read.current.revision !== revision) {
      read.current = now;
      void refetch();
    }
  }, [key, revision, settled, isFetching, refetch]);
}
