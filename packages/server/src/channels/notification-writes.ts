import type { InboxTypes } from "@shoal/contract/notifications";
import { type Kysely, sql } from "kysely";
import type { ErasedTopic, HistoryEvent, TopicChange } from "../channel/serve-options.ts";
import { contentRow, type InboxKey, inboxKey, type NotificationTables, places } from "./notification-tables.ts";
import { isMarkedBy, timesBefore } from "./notification-undo.ts";
import { forgetUser } from "./notification-users.ts";

type Transaction = Kysely<NotificationTables>;
type Events = { [E in HistoryEvent<InboxTypes> as E["type"]]: E };
type Insert = { readonly [T in keyof NotificationTables]: NotificationTables[T][] };

/** How many rows one statement inserts at most: each has a parameter for every column, and a statement may have 32,766. */
const rowsAtOnce = 1_000;

/** How many of the notifications that are folded into an item can be taken back: the newest. */
const mostParts = 1_000;

const unmarked = {
  seen_mark: null,
  seen_before: null,
  read_mark: null,
  read_before: null,
  archive_mark: null,
  archive_before: null,
};

/**
 * Keeps the tables as the inboxes are. What arrives in many inboxes is inserted at once; nothing else of the group is about those rows,
 * since an inbox decides one command that looks into its tables in a transaction.
 */
export async function projectInboxes(tx: Transaction, changes: readonly TopicChange<InboxTypes>[]): Promise<void> {
  const rows: Insert = { notification: [], notification_part: [], notification_key: [], notification_dispatch: [] };
  for (const change of changes) {
    const key = inboxKey(change);
    for (const event of change.events) {
      await projectOne(tx, key, event);
      collect(rows, key, event);
    }
    for (const userId of change.erasedUsers) await forgetUser(tx, key, userId);
  }
  for (const some of inChunks(rows.notification)) await tx.insertInto("notification").values(some).execute();
  for (const some of inChunks(rows.notification_part)) await tx.insertInto("notification_part").values(some).execute();
  for (const some of inChunks(rows.notification_key)) await tx.insertInto("notification_key").values(some).execute();
  for (const some of inChunks(rows.notification_dispatch)) {
    // What waits already for the same item waits as long as it did, and is then delivered as it is then.
    const insert = tx.insertInto("notification_dispatch").values(some);
    await insert
      .onConflict((conflict) => conflict.columns(["tenant", "user_id", "item_id", "via"]).doNothing())
      .execute();
  }
}

/** Deletes the rows of an inbox. */
export async function eraseInbox(tx: Transaction, inbox: ErasedTopic<InboxTypes>): Promise<void> {
  for (const table of ["notification", "notification_part", "notification_key", "notification_dispatch"] as const) {
    await ofInbox(tx.deleteFrom(table as "notification"), inboxKey(inbox)).execute();
  }
}

/** The rows that an event brings. */
function collect(rows: Insert, key: InboxKey, event: HistoryEvent<InboxTypes>): void {
  if (event.type !== "arrived" && event.type !== "bypassed") return;
  const { offset } = event;
  const { item, key: given, later } = event.data;
  const item_id = item.id;
  if (given !== null) rows.notification_key.push({ ...key, key: given, item_id, offset });
  const held = event.type === "bypassed" ? JSON.stringify(item) : null;
  for (const { via, due } of later) rows.notification_dispatch.push({ ...key, item_id, via, offset, due, item: held });
  if (event.type === "bypassed") return;

  const { group, actor } = event.data;
  const row = contentRow(item);
  const { data, link, source, at, expires_at } = row;
  const group_key = group === null ? null : JSON.stringify(group);
  if (item.count === 1) rows.notification.push({ ...key, ...row, ...unmarked, id: item.id, group_key });
  if (group === null) return;
  const by = actor && JSON.stringify(actor);
  rows.notification_part.push({ ...key, item_id, offset, data, actor: by, link, source, at, expires_at });
}

/** What an event changes of the rows that there are. */
async function projectOne(tx: Transaction, key: InboxKey, event: HistoryEvent<InboxTypes>): Promise<void> {
  switch (event.type) {
    case "arrived":
      if (event.data.item.count > 1) await fold(tx, key, event);
      return;
    case "marked":
      return await mark(tx, key, event);
    case "undone":
      return await undo(tx, key, event);
    case "removed":
      await remove(tx, key, event.data.ids);
      return await forgetKey(tx, key, event.data.key);
    case "changed":
      await change(tx, key, event);
      return await forgetKey(tx, key, event.data.key);
    case "dispatched":
      return await dispatch(tx, key, event);
    case "bypassed":
    case "forgotten":
    case "switchedOn":
    case "switchedOff":
    case "muted":
    case "unmuted":
    case "devicesCounted":
      return;
  }
}

async function fold(tx: Transaction, key: InboxKey, { data: { item } }: Events["arrived"]): Promise<void> {
  await ofInbox(tx.updateTable("notification"), key)
    .set({ ...contentRow(item), ...unmarked })
    .where("id", "=", item.id)
    .execute();
  if (item.count % (mostParts / 10) !== 0) return;
  const parts = ofInbox(tx.selectFrom("notification_part"), key).where("item_id", "=", item.id);
  const { offset } =
    (await parts.select("offset").orderBy("offset", "desc").offset(mostParts).limit(1).executeTakeFirst()) ?? {};
  if (offset === undefined) return;
  await ofInbox(tx.deleteFrom("notification_part"), key)
    .where("item_id", "=", item.id)
    .where("offset", "<=", offset)
    .execute();
}

async function mark(
  tx: Transaction,
  key: InboxKey,
  { offset, data: { as, which, at } }: Events["marked"],
): Promise<void> {
  const all = ofInbox(tx.updateTable("notification"), key);
  const those = () => {
    if ("ids" in which) return all.where("id", "in", [...which.ids]);
    // A filter marks what is in the inbox: what is unseen is unread, and of what is archived all was read.
    const found = all.where("place", "=", as === "archived" ? places.read : places.unread);
    const until = found.where("order", "<=", which.upTo);
    return which.category === undefined ? until : until.where("category", "=", which.category);
  };
  const seen = { seen_at: at, seen_mark: offset, seen_before: null };
  switch (as) {
    case "seen":
      await those().where("seen_at", "is", null).set(seen).execute();
      return;
    case "read":
      await those()
        .where("read_at", "is", null)
        .set({
          read_at: at,
          read_mark: offset,
          read_before: null,
          seen_at: sql`coalesce(seen_at, ${at})`,
          seen_mark: sql`case when seen_at is null then ${offset} else seen_mark end`,
          seen_before: sql`case when seen_at is null then null else seen_before end`,
          place: sql`place + 1`,
        })
        .execute();
      return;
    case "unread":
      await those()
        .where("read_at", "is not", null)
        .set({ read_at: null, read_mark: offset, read_before: sql`read_at`, place: sql`place - 1` })
        .execute();
      return;
    case "archived":
      await those()
        .where("archived_at", "is", null)
        .set({ archived_at: at, archive_mark: offset, archive_before: null, place: sql`place + 2` })
        .execute();
      return;
    case "unarchived":
      await those()
        .where("archived_at", "is not", null)
        .set({ archived_at: null, archive_mark: offset, archive_before: sql`archived_at`, place: sql`place - 2` })
        .execute();
      return;
  }
}

/** What is taken back can be taken back in its turn, by the offset of this event. */
async function undo(tx: Transaction, key: InboxKey, { offset, data }: Events["undone"]): Promise<void> {
  const { archivedAt, readAt, seenAt, isSeenChanged } = timesBefore(data.offset);
  const isRead = sql`read_mark = ${data.offset}`;
  const isArchived = sql`archive_mark = ${data.offset}`;
  await ofInbox(tx.updateTable("notification"), key)
    .where(isMarkedBy(data.offset))
    .set({
      seen_at: seenAt,
      seen_before: sql`case when ${isSeenChanged} then seen_at else seen_before end`,
      seen_mark: sql`case when ${isSeenChanged} then ${offset} else seen_mark end`,
      read_at: readAt,
      read_before: sql`case when ${isRead} then read_at else read_before end`,
      read_mark: sql`case when ${isRead} then ${offset} else read_mark end`,
      archived_at: archivedAt,
      archive_before: sql`case when ${isArchived} then archived_at else archive_before end`,
      archive_mark: sql`case when ${isArchived} then ${offset} else archive_mark end`,
      place: sql`case when (${archivedAt}) is null then 0 else 2 end + case when (${readAt}) is null then 0 else 1 end`,
    })
    .execute();
}

async function remove(tx: Transaction, key: InboxKey, ids: readonly string[]): Promise<void> {
  for (const some of inChunks(ids)) {
    await ofInbox(tx.deleteFrom("notification"), key).where("id", "in", some).execute();
    for (const table of ["notification_part", "notification_dispatch"] as const) {
      await ofInbox(tx.deleteFrom(table as "notification_part"), key)
        .where("item_id", "in", some)
        .execute();
    }
  }
}

/** What was taken back may be sent again. */
async function forgetKey(tx: Transaction, inbox: InboxKey, key: string | null): Promise<void> {
  if (key !== null) await ofInbox(tx.deleteFrom("notification_key"), inbox).where("key", "=", key).execute();
}

async function change(tx: Transaction, key: InboxKey, { data: { items, parts } }: Events["changed"]): Promise<void> {
  for (const item of items) {
    await ofInbox(tx.updateTable("notification"), key).set(contentRow(item)).where("id", "=", item.id).execute();
    // What waits since something newer than all that is left was folded in waits for nothing: the rest was delivered.
    const waiting = ofInbox(tx.deleteFrom("notification_dispatch"), key).where("item_id", "=", item.id);
    await waiting.where("offset", ">", item.order).execute();
    if (parts.length === 0) continue;
    const those = ofInbox(tx.deleteFrom("notification_part"), key).where("item_id", "=", item.id);
    await those.where("offset", "in", [...parts]).execute();
  }
}

async function dispatch(tx: Transaction, key: InboxKey, { data }: Events["dispatched"]): Promise<void> {
  const done = [
    ...data.deliveries.flatMap(({ item, via }) => via.map((one) => ({ id: item.id, via: one }))),
    ...data.dropped,
  ];
  for (const { id, via } of done) {
    await ofInbox(tx.deleteFrom("notification_dispatch"), key)
      .where("item_id", "=", id)
      .where("via", "=", via)
      .execute();
  }
}

interface Narrowed<Q> {
  where(column: "tenant" | "user_id", is: "=", value: string): Q;
}

function ofInbox<Q extends Narrowed<Q>>(query: Q, { tenant, user_id }: InboxKey): Q {
  return query.where("tenant", "=", tenant).where("user_id", "=", user_id);
}

function* inChunks<T>(all: readonly T[]): Iterable<T[]> {
  for (let from = 0; from < all.length; from += rowsAtOnce) yield all.slice(from, from + rowsAtOnce);
}
