import type { NotificationMailings } from "@shoal/contract/notification-mailings";
import type { Notifications, NotificationTypes } from "@shoal/contract/notifications";
import type { ServedChannel } from "../channel/serve-options.ts";
import { type Handed, withHand } from "../channel/with-hand.ts";
import type { User } from "../user.ts";
import { type NotificationHand, notificationHand } from "./notification-hand.ts";
import { type InboxOptions, serveInbox } from "./notification-inbox.ts";
import { type MailingOptions, serveMailings } from "./notification-mailings.ts";

export type {
  NotificationHand,
  NotificationOptions,
  SendManyOptions,
  SendNotificationOptions,
  SentNotification,
} from "./notification-hand.ts";
export type { InboxOptions } from "./notification-inbox.ts";
export type { MailingHandle, MailingProgress } from "./notification-mailing-handle.ts";
export type { MailingOptions } from "./notification-mailings.ts";

export interface ServeNotificationsOptions<D, Cat, V extends string, W, C> extends InboxOptions<D, Cat, V, W, C> {
  /** What holds for `sendMany`. */
  readonly mailings?: MailingOptions<W, C>;
  /**
   * How many sends of this node may wait for their commit at once; one more is refused with `TOO_MANY_REQUESTS`. It bounds what callers who
   * do not wait for their sends cost in memory. The recipients of `sendMany` wait in the store and are not among them.
   * @default 10000
   */
  readonly maxSends?: number;
}

/** What serves notifications: to be spread into `channels` of `createRealtime`. */
export type ServedNotifications<D, Cat, V extends string, W, C> = readonly [
  inbox: ServedChannel<NotificationTypes<D, Cat, V>, W, C> & Handed<NotificationHand<D>>,
  mailings: ServedChannel<NotificationMailings, W, C>,
];

/**
 * Serves an inbox, and what sends to it. The realtime then has `realtime.notifications`, see {@link NotificationHand}.
 *
 * @example
 * ```ts
 * const realtime = createRealtime({ channels: [...serveNotifications(inbox)] });
 * await realtime.notifications.send("ann", "mention", { room: "Reef", text: "Look at this" });
 * ```
 */
export function serveNotifications<D, Cat, V extends string, W extends User | null = User | null, C = object>(
  inbox: Notifications<D, Cat, V>,
  { mailings, maxSends = 10_000, ...options }: ServeNotificationsOptions<D, Cat, V, W, C> = {},
): ServedNotifications<D, Cat, V, W, C> {
  return [
    withHand(
      serveInbox(inbox, options),
      (realtime): NotificationHand<D> => notificationHand(inbox, realtime, maxSends),
    ),
    serveMailings(inbox, mailings),
  ];
}
