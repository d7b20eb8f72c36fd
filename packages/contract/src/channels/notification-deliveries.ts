import * as z from "zod/mini";
import type { Channel, TypesOf } from "../channel.ts";
import { defineChannel } from "../define-channel.ts";
import { notificationItem } from "./notification-item.ts";
import { givenId } from "./room-fields.ts";

/** How many events of a user's deliveries are kept. */
export const deliveriesKept = 100;

const delivery = z.object({
  itemId: z.string(),
  /** The item's `order` at that time: one that has moved up since then is delivered for what moved it. */
  order: z.int(),
  /** The item, where the inbox may not have it; `null` where it has, so that it is read there when it is delivered. */
  item: z.nullable(notificationItem),
});

/** A notification that is to be delivered elsewhere. */
export type Delivery = z.output<typeof delivery>;

const outcome = z.enum(["delivered", "skipped", "gone"]);

/** What became of a delivery: `skipped` since it was read in time, `gone` since there is nobody to deliver it to. */
export type DeliveryOutcome = z.output<typeof outcome>;

const definition = defineChannel(
  "notificationDeliveries",
  {
    params: z.object({ userId: givenId, via: z.string().check(z.regex(/^[A-Za-z0-9_:-]{1,128}$/)) }),
    state: z.object({ delivered: z.int(), skipped: z.int(), gone: z.int() }),
    events: {
      queued: delivery,
      /** What became of what the event at `queuedAt` queued. */
      attempted: z.object({
        queuedAt: z.int(),
        outcome,
        /** Of a device that is gone: the offset of the event that subscribed it. */
        subscribedAt: z.nullable(z.int()),
      }),
      /** What was queued is delivered to each of these devices on its own. */
      spread: z.extend(delivery, { devices: z.array(z.string()) }),
    },
    commands: {
      queue: { internal: true, input: delivery },
      attempt: { internal: true, input: z.extend(delivery, { queuedAt: z.int() }) },
    },
  },
  {
    initial: () => ({ delivered: 0, skipped: 0, gone: 0 }),
    apply: {
      queued: (state) => state,
      attempted: (state, { outcome }) => ({ ...state, [outcome]: state[outcome] + 1 }),
      spread: (state) => state,
    },
  },
);

export interface NotificationDeliveries extends TypesOf<typeof definition> {}

/**
 * What a user is notified of by one way besides the inbox, one after the other. It is the server's own: nobody watches it. `via` is the
 * name of a delivery hook, or `push`, or `push:` with the id of a device.
 */
export const notificationDeliveries: Channel<NotificationDeliveries> = definition;
