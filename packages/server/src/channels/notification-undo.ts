import { type AllCounts, type AnyNotification, notificationWindow } from "@shoal/contract/notifications";
import { type ExpressionBuilder, type RawBuilder, sql } from "kysely";
import { type InboxCall, newest } from "./notification-reads.ts";
import { contentColumns, inboxKey, type NotificationTables, places, toItem } from "./notification-tables.ts";

/** What undoing a mark finds: the newest items as they are afterwards, and the counts. */
export interface Undone {
  readonly items: readonly AnyNotification[];
  readonly counts: AllCounts;
}

type Items = ExpressionBuilder<NotificationTables, "notification">;

/** Those that the event at `offset` marked last. */
export function isMarkedBy(offset: number) {
  return ({ or }: Items) => or({ seen_mark: offset, read_mark: offset, archive_mark: offset });
}

function isNotMarkedBy(offset: number) {
  return sql<boolean>`coalesce(seen_mark, 0) <> ${offset} and coalesce(read_mark, 0) <> ${offset} and coalesce(archive_mark, 0) <> ${offset}`;
}

/** The times of an item after what the event at `offset` marked is taken back. Who has read has seen. */
export function timesBefore(offset: number) {
  const archivedAt = sql<number | null>`case when archive_mark = ${offset} then archive_before else archived_at end`;
  const readAt = sql<number | null>`case when read_mark = ${offset} then read_before else read_at end`;
  const isUnseen = sql<boolean>`(seen_mark = ${offset} and (seen_before is not null or (${readAt}) is null))`;
  const seenBefore = sql<number | null>`case when ${isUnseen} then seen_before else seen_at end`;
  const seenAt = sql<number | null>`coalesce(${seenBefore}, ${readAt})`;
  const isSeenChanged = sql<boolean>`(${isUnseen} or ((${seenBefore}) is null and (${readAt}) is not null))`;
  return { archivedAt, readAt, seenAt, isSeenChanged };
}

/** What undoing the mark at `offset` leaves; undefined where nothing is marked by it any more. */
export async function readUndone(call: InboxCall, offset: number): Promise<Undone | undefined> {
  const { read, state, ...inbox } = call;
  const key = inboxKey(inbox);
  const marked = read
    .selectFrom("notification")
    .where(({ and }) => and(key))
    .where(isMarkedBy(offset));
  const { archivedAt, readAt, seenAt } = timesBefore(offset);
  const number = (condition: RawBuilder<unknown>) => sql<number>`count(case when ${condition} then 1 end)`;
  const counted = await marked
    .groupBy("category")
    .select([
      "category",
      number(sql`archived_at is null`).as("total"),
      number(sql`archived_at is null and read_at is null`).as("unread"),
      number(sql`archived_at is null and seen_at is null`).as("unseen"),
      number(sql`archived_at is not null`).as("archived"),
      number(sql`(${archivedAt}) is null`).as("total_after"),
      number(sql`(${archivedAt}) is null and (${readAt}) is null`).as("unread_after"),
      number(sql`(${archivedAt}) is null and (${seenAt}) is null`).as("unseen_after"),
      number(sql`(${archivedAt}) is not null`).as("archived_after"),
    ])
    .execute();
  if (counted.length === 0) return undefined;

  const counts = { ...state.counts, byCategory: { ...state.counts.byCategory } };
  for (const { category, ...by } of counted) {
    const own = { ...(counts.byCategory[category] ?? { total: 0, unread: 0, unseen: 0 }) };
    for (const sum of [counts, own]) {
      sum.total += by.total_after - by.total;
      sum.unread += by.unread_after - by.unread;
      sum.unseen += by.unseen_after - by.unseen;
    }
    counts.archived += by.archived_after - by.archived;
    counts.byCategory[category] = own;
  }

  const back = await marked
    .where(sql<boolean>`(${archivedAt}) is null`)
    .select(contentColumns)
    .select([archivedAt.as("archived_at"), readAt.as("read_at"), seenAt.as("seen_at")])
    .orderBy("order", "desc")
    .limit(notificationWindow)
    .execute();
  const others = await newest(read, key, [places.unread, places.read], notificationWindow, (items) =>
    items.where(isNotMarkedBy(offset)),
  );
  return { items: [...back.map(toItem), ...others], counts };
}
