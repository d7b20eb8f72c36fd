import { ShoalError } from "@shoal/contract";
import {
  deliveriesKept,
  type NotificationDeliveries,
  notificationDeliveries,
} from "@shoal/contract/notification-deliveries";
import type { NotificationOf, Notifications, Rendered } from "@shoal/contract/notifications";
import { pushDevices } from "@shoal/contract/push-devices";
import type { NoPrivate } from "../channel/define-private.ts";
import { effect } from "../channel/effects.ts";
import { serveChannel } from "../channel/serve-channel.ts";
import type { ServedChannel } from "../channel/serve-options.ts";
import type { User } from "../user.ts";
import { type Attempted, type AttemptTables, deliverer } from "./deliverer.ts";
import type { PushService } from "./push-service.ts";

/** What a delivery hook gets. */
export interface DeliveryCall<D, C> {
  /**
   * The same whenever this is tried, and never another's: hand it to a provider that drops what it has had already. At most 128 characters.
   */
  readonly id: string;
  readonly userId: string;
  readonly tenant: string | null;
  /** As it is now, told apart by its `kind`. */
  readonly item: NotificationOf<D, C>;
  /** What it says: text, to be escaped in HTML. */
  readonly rendered: Rendered;
  /** Aborted when the deadline has passed: then it is tried again, whatever this call still does. */
  readonly signal: AbortSignal;
}

/** One hook for each name that `defineNotifications` was given in `deliver`. */
export type DeliveryHooks<D, C, V extends string> = { readonly [K in V]: (call: DeliveryCall<D, C>) => unknown };

interface CommonDeliveryOptions {
  /**
   * How notifications are pushed to browsers: `webPush(…)` of `@shoal/server/web-push`.
   * @default they are not
   */
  readonly push?: PushService;
  /**
   * How long a hook, or a push, may take, in milliseconds.
   * @default 10000
   */
  readonly deadlineMs?: number;
}

export type NotificationDeliveryOptions<D, C, V extends string> = CommonDeliveryOptions &
  ([V] extends [never]
    ? {}
    : {
        /**
         * Delivers a notification by one way. It is called for what was not read, archived or removed by then. When it throws, or takes too
         * long, it is called again after 1, 2, 4, 8 and 16 seconds, or later where a `ShoalError` says so by its `retryAfterMs`; then the
         * delivery is parked and logged. Until then later ones to the same user by the same way wait, and nobody else's do. When it throws
         * an {@link Undeliverable}, it is not called again.
         *
         * Once in effect: it is not called again once it is recorded that it was. A server that is killed between the provider's yes and that
         * record calls it once more, with the same `id`.
         */
        readonly deliver: DeliveryHooks<D, C, V>;
      });

/**
 * Serves {@link notificationDeliveries}, behind an inbox. Deliveries are the server's own: nobody watches them.
 *
 * @throws {ShoalError} `BAD_REQUEST` when a delivery channel of the inbox has no hook
 */
export function serveNotificationDeliveries<D, K, V extends string, W extends User | null = User | null, C = object>(
  inbox: Notifications<D, K, V>,
  options: NotificationDeliveryOptions<D, K, V>,
): ServedChannel<NotificationDeliveries, W, C> {
  const { push, deadlineMs } = options;
  const { deliver = {} } = options as { readonly deliver?: Readonly<Record<string, (call: never) => unknown>> };
  for (const via of inbox.vias) {
    if (via === "inApp" || via === "push" || Object.hasOwn(deliver, via)) continue;
    throw new ShoalError("BAD_REQUEST", `The delivery channel "${via}" has no hook. Add it to \`deliver\`.`);
  }
  const attempt = deliverer({ inbox: inbox as never, hooks: new Map(Object.entries(deliver)), push });
  type Prepared = { readonly attempt: Attempted };
  return serveChannel<NotificationDeliveries, W, C, Prepared, NoPrivate, "all", {}, AttemptTables>(
    notificationDeliveries,
    {
      authorize: () => false,
      ...(deadlineMs !== undefined && { prepareDeadlineMs: deadlineMs }),
      retention: { events: deliveriesKept },
      snapshotEvery: deliveriesKept,
      prepare: {
        attempt: ({ params, tenant, input, read, commandId, now, signal }) =>
          attempt({ ...params, tenant, delivery: input, read, id: commandId, now, signal }),
      },
      commands: {
        queue: ({ input, emit }) => emit("queued", input),
        attempt({ input: { queuedAt, ...delivery }, prepared, offset, emit, redact }) {
          if ("devices" in prepared) emit("spread", { ...delivery, ...prepared });
          else emit("attempted", { ...prepared, queuedAt });
          // It was in no inbox, so it is not to be in a log either. After an erasure the log may begin anew.
          if (delivery.item && queuedAt <= offset) redact(queuedAt);
        },
      },
      effects({ type, data, offset }, { params: { userId, via } }) {
        switch (type) {
          case "queued":
            return [effect(notificationDeliveries, { userId, via }, "attempt", { ...data, queuedAt: offset })];
          case "spread": {
            const { devices, ...delivery } = data;
            return devices.map((id) =>
              effect(notificationDeliveries, { userId, via: `push:${id}` }, "queue", delivery),
            );
          }
          case "attempted": {
            if (data.subscribedAt === null) return [];
            const device = { id: via.slice("push:".length), offset: data.subscribedAt };
            return [effect(pushDevices, { userId }, "drop", device)];
          }
        }
      },
      owner: ({ userId }) => userId,
      eraseUser({ named, redact }) {
        for (const offset of named) redact(offset);
      },
    },
  );
}
