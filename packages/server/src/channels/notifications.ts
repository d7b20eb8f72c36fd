import type { NotificationDeliveries } from "@shoal/contract/notification-deliveries";
import type { NotificationMailings } from "@shoal/contract/notification-mailings";
import type { Notifications, NotificationTypes } from "@shoal/contract/notifications";
import type { PushDevices } from "@shoal/contract/push-devices";
import type { ServedChannel } from "../channel/serve-options.ts";
import { type Handed, withHand } from "../channel/with-hand.ts";
import type { User } from "../user.ts";
import { checkNumber } from "./check-number.ts";
import { type NotificationDeliveryOptions, serveNotificationDeliveries } from "./notification-deliveries.ts";
import { toDeliveries } from "./notification-delivery-effects.ts";
import { type NotificationHand, notificationHand } from "./notification-hand.ts";
import { type InboxOptions, serveInbox } from "./notification-inbox.ts";
import { type MailingOptions, serveMailings } from "./notification-mailings.ts";
import { servePushDevices } from "./push-devices.ts";

export type { DeliveryCall, DeliveryHooks, NotificationDeliveryOptions } from "./notification-deliveries.ts";
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
export type { PushMessage, PushService, PushTarget } from "./push-service.ts";
export { Undeliverable } from "./undeliverable.ts";

interface SendingOptions<W, C> {
  /** What holds for `sendMany`. */
  readonly mailings?: MailingOptions<W, C>;
  /**
   * How many sends of this node may wait for their commit at once; one more is refused with `TOO_MANY_REQUESTS`. It bounds what callers who
   * do not wait for their sends cost in memory. The recipients of `sendMany` wait in the store and are not among them.
   * @default 10000
   */
  readonly maxSends?: number;
}

export type ServeNotificationsOptions<D, Cat, V extends string, W, C> = InboxOptions<D, Cat, V, W, C> &
  NotificationDeliveryOptions<D, Cat, V> &
  SendingOptions<W, C>;

/** What serves notifications: to be spread into `channels` of `createRealtime`. */
export type ServedNotifications<D, Cat, V extends string, W, C> = readonly [
  inbox: ServedChannel<NotificationTypes<D, Cat, V>, W, C> & Handed<NotificationHand<D>>,
  mailings: ServedChannel<NotificationMailings, W, C>,
  deliveries: ServedChannel<NotificationDeliveries, W, C>,
  devices: ServedChannel<PushDevices, W, C>,
];

/**
 * Serves an inbox, and what sends to it. The realtime then has `realtime.notifications`, see {@link NotificationHand}.
 *
 * @throws {ShoalError} `BAD_REQUEST` when a delivery channel of the inbox has no hook, or an option is no such number
 *
 * @example
 * ```ts
 * const realtime = createRealtime({ channels: [...serveNotifications(inbox)] });
 * await realtime.notifications.send("ann", "mention", { room: "Reef", text: "Look at this" });
 * ```
 */
export function serveNotifications<D, Cat, V extends string, W extends User | null = User | null, C = object>(
  inbox: Notifications<D, Cat, V>,
  ...[options]: [V] extends [never]
    ? [options?: ServeNotificationsOptions<D, Cat, V, W, C>]
    : [options: ServeNotificationsOptions<D, Cat, V, W, C>]
): ServedNotifications<D, Cat, V, W, C> {
  const settings = (options ?? {}) as ServeNotificationsOptions<D, Cat, V, W, C>;
  const { mailings, maxSends = 10_000, push } = settings;
  checkNumber("maxSends", maxSends, 1);
  return [
    withHand(
      serveInbox(inbox, settings, toDeliveries),
      (realtime): NotificationHand<D> => notificationHand(inbox, realtime, maxSends),
    ),
    serveMailings(inbox, mailings),
    serveNotificationDeliveries<D, Cat, V, W, C>(inbox, settings),
    servePushDevices<W, C>(inbox, push),
  ];
}
