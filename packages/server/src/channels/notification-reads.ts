import type { AnyNotification, InboxTypes, Which } from "@shoal/contract/notifications";
import { type ExpressionBuilder, type Kysely, sql } from "kysely";
import type { ErasedTopic } from "../channel/serve-options.ts";
import {
  type InboxKey,
  inboxKey,
  itemColumns,
  type NotificationTables,
  places,
  toItem,
} from "./notification-tables.ts";

/** An inbox to be read, under the lock of its topic. */
export interface InboxCall extends ErasedTopic<InboxTypes> {
  readonly read: Kysely<NotificationTables>;
  readonly state: InboxTypes["state"];
}

/** The items of these ids, in whatever place they are; those of the window are not read. */
export async function readItems({ read, state, ...inbox }: InboxCall, ids: readonly string[]) {
  const shown = state.items.filter(({ id }) => ids.includes(id));
  const missing = [...new Set(ids)].filter((id) => !shown.some((item) => item.id === id));
  if (missing.length === 0) return shown;
  const rows = await itemsOf(read, inboxKey(inbox)).where("id", "in", missing).execute();
  return [...shown, ...rows.map(toItem)];
}

/** The newest so many of those behind the window. */
export async function readBehind({ read, state, ...inbox }: InboxCall, limit: number): Promise<AnyNotification[]> {
  const last = state.items.at(-1);
  if (!last || limit === 0 || state.counts.total <= state.items.length) return [];
  return await newest(read, inboxKey(inbox), [places.unread, places.read], limit, (items) =>
    items.where("order", "<", last.order),
  );
}

/**
 * The newest items of some places that are as `narrow` says: as many of each place, and those in one, so that nothing that is in other
 * places is looked at.
 */
export async function newest(
  read: Kysely<NotificationTables>,
  key: InboxKey,
  from: readonly number[],
  limit: number,
  narrow: (items: ReturnType<typeof itemsOf>) => ReturnType<typeof itemsOf>,
): Promise<AnyNotification[]> {
  const [first, ...others] = from.map((place) =>
    read
      .selectFrom(
        narrow(itemsOf(read, key).where("place", "=", place))
          .orderBy("order", "desc")
          .limit(limit)
          .as("page"),
      )
      .selectAll(),
  );
  if (!first) return [];
  const all = others.reduce((union, other) => union.unionAll(other), first);
  const rows = await all.orderBy("order", "desc").limit(limit).execute();
  return rows.map(toItem);
}

/** How many items of a category a mark by filter concerns. */
export interface Counted {
  readonly category: string;
  readonly all: number;
  readonly unseen: number;
}

/** How many items a filter finds in a place, by category. */
export async function countThose(
  { read, ...inbox }: InboxCall,
  { upTo, category }: Exclude<Which, { ids: unknown }>,
  place: number,
): Promise<readonly Counted[]> {
  const those = read
    .selectFrom("notification")
    .where(({ and }) => and({ ...inboxKey(inbox), place, ...(category !== undefined && { category }) }))
    .where("order", "<=", upTo);
  return await those
    .groupBy("category")
    .select(({ fn }) => [
      "category",
      fn.countAll<number>().as("all"),
      sql<number>`count(case when seen_at is null then 1 end)`.as("unseen"),
    ])
    .execute();
}

/** What was sent with a key before; undefined where nothing was. */
export async function readKey({ read, ...inbox }: InboxCall, key: string) {
  const keys = read.selectFrom("notification_key").select(["item_id", "offset"]);
  return await keys.where(({ and }) => and({ ...inboxKey(inbox), key })).executeTakeFirst();
}

/** The item of a kind that is not archived and into which others of its key fold. */
export async function readGroup({ read, ...inbox }: InboxCall, kind: string, group: string) {
  const rows = itemsOf(read, inboxKey(inbox)).where("group_key", "=", JSON.stringify(group)).where("kind", "=", kind);
  const row = await rows.where("archived_at", "is", null).orderBy("order", "desc").limit(1).executeTakeFirst();
  return row && toItem(row);
}

/** The oldest items, archived ones too. */
export async function readOldest({ read, ...inbox }: InboxCall, limit: number): Promise<AnyNotification[]> {
  if (limit <= 0) return [];
  const rows = itemsOf(read, inboxKey(inbox)).orderBy("at").orderBy("order").limit(limit);
  return (await rows.execute()).map(toItem);
}

export function itemsOf(read: Kysely<NotificationTables>, key: InboxKey) {
  return read
    .selectFrom("notification")
    .select(itemColumns)
    .where(({ and }: ExpressionBuilder<NotificationTables, "notification">) => and(key));
}
