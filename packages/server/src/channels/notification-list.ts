import { type AnyNotification, type InboxTypes, notificationListLimits } from "@shoal/contract/notifications";
import { type Kysely, sql } from "kysely";
import { newest } from "./notification-reads.ts";
import { type InboxKey, type NotificationTables, places } from "./notification-tables.ts";

type Filter = Omit<InboxTypes["queries"]["list"]["input"], "userId">;

/** How far `list` looks back when nobody says, in milliseconds. */
const usualSpan = 7 * 24 * 60 * 60_000;

/**
 * A page of an inbox as it is now, newest first. Each filter has an index in which its items lie side by side in their order, and a
 * time is turned into an order by another one: so a page costs the same, however large the inbox is.
 */
export async function listInbox(read: Kysely<NotificationTables>, key: InboxKey, filter: Filter, now: number) {
  const { cursor, limit = notificationListLimits.usual, category, kind, unread = false, archived = false } = filter;
  const { since = now - usualSpan, until } = filter;
  const from = archived ? [places.archivedUnread, places.archivedRead] : [places.unread, places.read];
  const found = await newest(read, key, unread ? from.slice(0, 1) : from, limit + 1, (all) => {
    let items = all.where("order", ">=", firstSince(read, key, since));
    if (until !== undefined) items = items.where("order", "<=", lastUntil(read, key, until, cursor));
    else if (cursor !== undefined) items = items.where("order", "<", cursor);
    if (kind !== undefined) items = items.where("kind", "=", kind);
    return category === undefined ? items : items.where("category", "=", category);
  });
  const items: AnyNotification[] = found.slice(0, limit);
  return { items, nextCursor: found.length > limit ? (items.at(-1)?.order ?? null) : null };
}

/** The order of the first item from a time on; where there is none, one that nothing reaches. */
function firstSince(read: Kysely<NotificationTables>, key: InboxKey, since: number) {
  const first = ordersOf(read, key).where("at", ">=", since).orderBy("at").orderBy("order").limit(1);
  return sql<number>`(${first})`;
}

/** The order of the last item until a time, and before the cursor: one bound, since a database may use only one of two. */
function lastUntil(read: Kysely<NotificationTables>, key: InboxKey, until: number, cursor = Number.MAX_SAFE_INTEGER) {
  const last = ordersOf(read, key).where("at", "<=", until).orderBy("at", "desc").orderBy("order", "desc").limit(1);
  return sql<number>`(select case when "order" < ${cursor} then "order" else ${cursor - 1} end from (${last}) as bound)`;
}

function ordersOf(read: Kysely<NotificationTables>, key: InboxKey) {
  return read
    .selectFrom("notification")
    .select("order")
    .where(({ and }) => and({ ...key }));
}
