import { notificationDeliveries } from "@shoal/contract/notification-deliveries";
import type { AnyNotification, InboxTypes } from "@shoal/contract/notifications";
import { type Effect, effect } from "../channel/effects.ts";
import type { EventOf } from "../channel/event-of.ts";

interface Context {
  readonly params: InboxTypes["params"];
  readonly state: Pick<InboxTypes["state"], "items">;
}

/** What an event of an inbox means for delivery elsewhere: each way gets what it is to deliver on its own. */
export function toDeliveries({ type, data }: EventOf<InboxTypes>, context: Context): readonly Effect[] {
  switch (type) {
    case "arrived":
    case "bypassed":
      return queue(context, data.item, data.via);
    case "dispatched":
      return data.deliveries.flatMap(({ item, via }) => queue(context, item, via));
    default:
      return [];
  }
}

/**
 * What the window shows is read in the inbox when it is delivered. The rest is carried, since it may be nowhere else: its user wants none of
 * its category in the inbox.
 */
function queue({ params: { userId }, state }: Context, item: AnyNotification, vias: readonly string[]) {
  const isShown = state.items.some(({ id }) => id === item.id);
  const delivery = { itemId: item.id, order: item.order, item: isShown ? null : item };
  return vias.map((via) => effect(notificationDeliveries, { userId, via }, "queue", delivery));
}
