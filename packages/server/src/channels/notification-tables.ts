import type { AnyNotification, InboxTypes } from "@shoal/contract/notifications";
import type { ColumnDefinitionBuilder } from "kysely";
import type { Tables } from "../channel/define-tables.ts";
import type { ErasedTopic } from "../channel/serve-options.ts";
import { tenantKey } from "./tenant-key.ts";

/** Where an item is, as pages are filtered: not archived and unread, not archived and read, archived and unread, archived and read. */
export const places = { unread: 0, read: 1, archivedUnread: 2, archivedRead: 3 } as const;

/** Whose inbox it is. */
export interface InboxKey {
  readonly tenant: string;
  readonly user_id: string;
}

/** An item of an inbox as it is now. */
interface NotificationRow extends InboxKey {
  readonly id: string;
  readonly order: number;
  readonly kind: string;
  readonly category: string;
  /** As JSON, as all that people wrote is here: Postgres keeps no NUL, and no half of a surrogate pair. */
  readonly data: string;
  /** As JSON: who caused it, the newest first. */
  readonly actors: string;
  readonly count: number;
  readonly link: string | null;
  readonly source: string | null;
  /** As JSON: the key by which others of its kind fold into it. */
  readonly group_key: string | null;
  readonly place: number;
  readonly at: number;
  readonly seen_at: number | null;
  readonly read_at: number | null;
  readonly archived_at: number | null;
  readonly expires_at: number | null;
  /** The offset of the event that set the time last, by which `undo` finds it, and the time as it was before. */
  readonly seen_mark: number | null;
  readonly seen_before: number | null;
  readonly read_mark: number | null;
  readonly read_before: number | null;
  readonly archive_mark: number | null;
  readonly archive_before: number | null;
}

/** A notification that is folded into a grouped item, the first one too, so that it can be taken back. */
interface PartRow extends InboxKey {
  readonly item_id: string;
  /** The offset of the event that brought it. */
  readonly offset: number;
  /** As JSON. */
  readonly data: string;
  /** As JSON; null where nobody is named. */
  readonly actor: string | null;
  readonly link: string | null;
  readonly source: string | null;
  readonly at: number;
  readonly expires_at: number | null;
}

/** A key with which something was sent, also when what was sent is gone: whoever sends it again repeats it. */
interface KeyRow extends InboxKey {
  readonly key: string;
  readonly item_id: string;
  readonly offset: number;
}

/** What waits to be delivered elsewhere. */
interface DispatchRow extends InboxKey {
  readonly item_id: string;
  readonly via: string;
  /** The offset of the event that has it wait. */
  readonly offset: number;
  readonly due: number;
  /** As JSON, the item where it is not in the inbox. */
  readonly item: string | null;
}

export interface NotificationTables {
  readonly notification: NotificationRow;
  readonly notification_part: PartRow;
  readonly notification_key: KeyRow;
  readonly notification_dispatch: DispatchRow;
}

const required = (column: ColumnDefinitionBuilder) => column.notNull();
const owner = ["tenant", "user_id"];

/** One row for each item of an inbox as it is now, and beside them what it takes to fold, to repeat, to take back and to deliver later. */
export const notificationTables: Tables<NotificationTables> = {
  steps: [
    ({ schema }) => [
      schema
        .createTable("notification")
        .addColumn("tenant", "text", required)
        .addColumn("user_id", "text", required)
        .addColumn("id", "text", required)
        .addColumn("order", "bigint", required)
        .addColumn("kind", "text", required)
        .addColumn("category", "text", required)
        .addColumn("data", "text", required)
        .addColumn("actors", "text", required)
        .addColumn("count", "bigint", required)
        .addColumn("link", "text")
        .addColumn("source", "text")
        .addColumn("group_key", "text")
        .addColumn("place", "integer", required)
        .addColumn("at", "bigint", required)
        .addColumn("seen_at", "bigint")
        .addColumn("read_at", "bigint")
        .addColumn("archived_at", "bigint")
        .addColumn("expires_at", "bigint")
        .addColumn("seen_mark", "bigint")
        .addColumn("seen_before", "bigint")
        .addColumn("read_mark", "bigint")
        .addColumn("read_before", "bigint")
        .addColumn("archive_mark", "bigint")
        .addColumn("archive_before", "bigint")
        .addPrimaryKeyConstraint("notification_id", ["tenant", "user_id", "id"]),
      // Pages: each filter has its items of one place side by side, in their order.
      schema
        .createIndex("notification_place")
        .on("notification")
        .columns([...owner, "place", "order"]),
      schema
        .createIndex("notification_category")
        .on("notification")
        .columns([...owner, "category", "place", "order"]),
      schema
        .createIndex("notification_kind")
        .on("notification")
        .columns([...owner, "kind", "place", "order"]),
      // From a time to an order, and the oldest.
      schema
        .createIndex("notification_at")
        .on("notification")
        .columns([...owner, "at", "order"]),
      ...(["seen_mark", "read_mark", "archive_mark", "expires_at", "group_key"] as const).map((column) =>
        schema
          .createIndex(`notification_${column}`)
          .on("notification")
          .columns([...owner, column])
          .where(column, "is not", null),
      ),
      schema
        .createTable("notification_part")
        .addColumn("tenant", "text", required)
        .addColumn("user_id", "text", required)
        .addColumn("item_id", "text", required)
        .addColumn("offset", "bigint", required)
        .addColumn("data", "text", required)
        .addColumn("actor", "text")
        .addColumn("link", "text")
        .addColumn("source", "text")
        .addColumn("at", "bigint", required)
        .addColumn("expires_at", "bigint")
        .addPrimaryKeyConstraint("notification_part_offset", [...owner, "item_id", "offset"] as never[]),
      schema
        .createTable("notification_key")
        .addColumn("tenant", "text", required)
        .addColumn("user_id", "text", required)
        .addColumn("key", "text", required)
        .addColumn("item_id", "text", required)
        .addColumn("offset", "bigint", required)
        .addPrimaryKeyConstraint("notification_key_key", [...owner, "key"] as never[]),
      schema
        .createTable("notification_dispatch")
        .addColumn("tenant", "text", required)
        .addColumn("user_id", "text", required)
        .addColumn("item_id", "text", required)
        .addColumn("via", "text", required)
        .addColumn("offset", "bigint", required)
        .addColumn("due", "bigint", required)
        .addColumn("item", "text")
        .addPrimaryKeyConstraint("notification_dispatch_item", [...owner, "item_id", "via"] as never[]),
      schema
        .createIndex("notification_dispatch_due")
        .on("notification_dispatch")
        .columns([...owner, "due"]),
    ],
  ],
};

export function inboxKey({ params, tenant }: ErasedTopic<InboxTypes>): InboxKey {
  return { tenant: tenantKey(tenant), user_id: params.userId };
}

function placeOf({ readAt, archivedAt }: Pick<AnyNotification, "readAt" | "archivedAt">): number {
  if (archivedAt === null) return readAt === null ? places.unread : places.read;
  return readAt === null ? places.archivedUnread : places.archivedRead;
}

/** The columns of an item that its arrival, and whatever changes more of it than its times, sets. */
export function contentRow(item: AnyNotification) {
  const { id: _, kind, category, data, actors, seenAt, readAt, archivedAt, expiresAt, ...same } = item;
  return {
    ...same,
    kind,
    category,
    data: JSON.stringify(data),
    actors: JSON.stringify(actors),
    place: placeOf(item),
    seen_at: seenAt,
    read_at: readAt,
    archived_at: archivedAt,
    expires_at: expiresAt,
  };
}

/** The columns of which an item is made, but for its marks. */
export const contentColumns = [
  "id",
  "kind",
  "category",
  "data",
  "actors",
  "count",
  "link",
  "source",
  "order",
  "at",
  "expires_at",
] as const;

/** The columns of which an item is made. */
export const itemColumns = [...contentColumns, "seen_at", "read_at", "archived_at"] as const;

export type ItemRow = Pick<NotificationRow, (typeof itemColumns)[number]>;

export function toItem(row: ItemRow): AnyNotification {
  const { id, kind, category, count, link, source, order, at } = row;
  return {
    id,
    kind,
    category,
    data: JSON.parse(row.data),
    actors: JSON.parse(row.actors),
    count,
    link,
    source,
    order,
    at,
    seenAt: row.seen_at,
    readAt: row.read_at,
    archivedAt: row.archived_at,
    expiresAt: row.expires_at,
  };
}
