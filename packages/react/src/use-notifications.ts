"use client";

import {
  type NotificationActions,
  type NotificationPreferences,
  notificationActions,
  onArrive,
  preferencesOf,
  readWhileOpen,
  titleBadge,
} from "@shoal/client/notifications";
import type {
  AnyNotification,
  NotificationOf,
  Notifications,
  NotificationTypes,
  Rendered,
} from "@shoal/contract/notifications";
import { useEffect, useInsertionEffect, useMemo, useRef } from "react";
import type { UseChannel } from "./channel-view.ts";
import { useChannel } from "./use-channel.ts";

type State<D, C, V extends string> = NotificationTypes<D, C, V>["state"];

/** What the client's functions need to know of an item, besides what its kind makes of it. */
type Item<D, C> = NotificationOf<D, C> & Pick<AnyNotification, "order" | "seenAt">;

/** The inbox of a user as it is now, and what can be done in it. */
export type UseNotifications<D, C, V extends string> = UseChannel<NotificationTypes<D, C, V>> &
  NotificationActions<D, C, V> &
  NotificationPreferences<D, C, V> & {
    /** The newest that are not archived, newest first; none while there is no state. */
    readonly items: readonly NotificationOf<D, C>[];
    /** Undefined while there is no state. */
    readonly counts: State<D, C, V>["counts"] | undefined;
    /** What an item says. */
    readonly render: (item: Parameters<Notifications<D, C, V>["render"]>[0]) => Rendered;
  };

export interface UseNotificationsOptions<D, C> {
  /**
   * Called with the items that arrive, the oldest first: for toasts. It may be a new function on each render. See `onArrive` of
   * `@shoal/client/notifications`.
   */
  readonly onArrive?: ((items: readonly NotificationOf<D, C>[]) => void) | undefined;
  /**
   * Whether a panel shows the inbox.
   * @default false
   */
  readonly open?: boolean | undefined;
  /**
   * As what the inbox is marked while it is open, what arrives then included. While the page is hidden nothing is.
   * @default nothing is marked
   */
  readonly whenOpen?: "seen" | "read" | undefined;
  /**
   * What the title of the page counts: `(3) Title`.
   * @default nothing
   */
  readonly titleBadge?: "unseen" | "unread" | undefined;
}

/**
 * Watches the inbox of a user while the component is mounted.
 *
 * @example
 * ```tsx
 * const { items, counts, markRead, render } = useNotifications(inbox, { userId }, { onArrive: (items) => toast(items) });
 * ```
 */
export function useNotifications<D, C, V extends string>(
  inbox: Notifications<D, C, V>,
  params: { readonly userId: string },
  { onArrive: listener, open = false, whenOpen, titleBadge: counted }: UseNotificationsOptions<D, C> = {},
): UseNotifications<D, C, V> {
  const view = useChannel(inbox, params) as UseChannel<NotificationTypes<D, C, V>>;
  const { topic, state } = view;
  const latest = useRef({ state, listener });
  useInsertionEffect(() => {
    latest.current = { state, listener };
  }, [state, listener]);
  const actions = useMemo(
    () => notificationActions(inbox, topic, { shown: () => latest.current.state }),
    [inbox, topic],
  );
  useEffect(() => onArrive<Item<D, C>>(topic as never, (items) => latest.current.listener?.(items)), [topic]);
  useEffect(() => {
    if (open && whenOpen) return readWhileOpen(topic, whenOpen);
  }, [topic, open, whenOpen]);
  useEffect(() => {
    if (counted) return titleBadge(topic, counted);
  }, [topic, counted]);
  return useMemo(
    () => ({
      ...view,
      ...actions,
      ...preferencesOf(inbox, state),
      items: state?.items ?? [],
      counts: state?.counts,
      render: inbox.render,
    }),
    [view, actions, inbox, state],
  );
}
