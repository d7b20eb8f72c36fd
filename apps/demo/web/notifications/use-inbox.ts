import type { Notifications } from "@shoal/contract/notifications";
import { type UseNotificationsOptions, useNotifications } from "@shoal/react/notifications";
import { inbox } from "../../contract/inbox.ts";
import { useUser } from "../user.ts";

type Options = typeof inbox extends Notifications<infer D, infer C, infer _V> ? UseNotificationsOptions<D, C> : never;

/** The inbox of whoever is signed in. */
export function useInbox(options?: Options) {
  return useNotifications(inbox, { userId: useUser().id }, options);
}

export type Inbox = ReturnType<typeof useInbox>;

/** An item of it, told apart by its kind. */
export type InboxItem = Inbox["items"][number];

export type Category = (typeof inbox.categories)[number];
export type Via = (typeof inbox.vias)[number];
