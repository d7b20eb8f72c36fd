import type { Delivery } from "@shoal/contract/notification-deliveries";
import type { AnyNotification } from "@shoal/contract/notifications";
import type { Kysely } from "kysely";
import { itemsOf } from "./notification-reads.ts";
import { type NotificationTables, toItem } from "./notification-tables.ts";
import type { DeviceOwner } from "./push-device-tables.ts";
import { tenantKey } from "./tenant-key.ts";

/**
 * What is still to be delivered: the item as the inbox has it now, unless it was read, archived or removed, is over, or moved up since a
 * newer one was folded into it, which has a delivery of its own. What never was in the inbox is as the delivery carries it.
 */
export async function readWaiting(
  read: Kysely<NotificationTables>,
  { userId, tenant }: DeviceOwner,
  { itemId, order, item: carried }: Delivery,
  now: number,
): Promise<AnyNotification | undefined> {
  const row = await itemsOf(read, { tenant: tenantKey(tenant), user_id: userId })
    .where("id", "=", itemId)
    .executeTakeFirst();
  const item = row ? toItem(row) : carried;
  if (!item || item.readAt !== null || item.archivedAt !== null || item.order > order) return undefined;
  return item.expiresAt !== null && item.expiresAt <= now ? undefined : item;
}
