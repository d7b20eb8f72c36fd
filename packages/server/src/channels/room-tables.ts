import { historyLimits, type Person, type RoomEntry, type RoomRole, type Rooms } from "@shoal/contract/rooms";
import type { Kysely } from "kysely";
import type { Tables } from "../channel/define-tables.ts";
import type { ErasedTopic, HistoryEvent, TopicChange } from "../channel/serve-options.ts";
import { tenantKey } from "./tenant-key.ts";

interface EntryRow {
  readonly tenant: string;
  readonly room: string;
  readonly offset: number;
  readonly id: string;
  readonly kind: RoomEntry["kind"];
  /** Who said or did it. */
  readonly author: string;
  /** As JSON, as all texts of people are here: Postgres keeps no NUL, and no half of a surrogate pair. */
  readonly name: string;
  /** What was said; the name that the room was given; the role that was granted. As JSON. */
  readonly text: string;
  /** Who was granted it. */
  readonly to_id: string | null;
  /** As JSON. */
  readonly to_name: string | null;
  readonly at: number;
  readonly edited_at: number | null;
}

/** Where the text of an edit stands: the event at `offset` carries one of the message at `message`. */
interface EditRow {
  readonly tenant: string;
  readonly room: string;
  readonly message: number;
  readonly offset: number;
}

export interface RoomTables {
  readonly room_entry: EntryRow;
  readonly room_edit: EditRow;
}

interface RoomKey {
  readonly tenant: string;
  readonly room: string;
}

/** A message as a command finds it, wherever it is: who said it, and the offsets of all events that carry its text. */
export interface StoredMessage {
  readonly author: string;
  readonly offsets: readonly number[];
}

/** One row for each entry of a room as it is now, and one for each edit of a message. */
export const roomTables: Tables<RoomTables> = {
  steps: [
    ({ schema }) => [
      schema
        .createTable("room_entry")
        .addColumn("tenant", "text", (column) => column.notNull())
        .addColumn("room", "text", (column) => column.notNull())
        .addColumn("offset", "bigint", (column) => column.notNull())
        .addColumn("id", "text", (column) => column.notNull())
        .addColumn("kind", "text", (column) => column.notNull())
        .addColumn("author", "text", (column) => column.notNull())
        .addColumn("name", "text", (column) => column.notNull())
        .addColumn("text", "text", (column) => column.notNull())
        .addColumn("to_id", "text")
        .addColumn("to_name", "text")
        .addColumn("at", "bigint", (column) => column.notNull())
        .addColumn("edited_at", "bigint")
        .addPrimaryKeyConstraint("room_entry_key", ["tenant", "room", "offset"]),
      schema.createIndex("room_entry_id").on("room_entry").columns(["tenant", "room", "id"]),
      schema
        .createTable("room_edit")
        .addColumn("tenant", "text", (column) => column.notNull())
        .addColumn("room", "text", (column) => column.notNull())
        .addColumn("message", "bigint", (column) => column.notNull())
        .addColumn("offset", "bigint", (column) => column.notNull())
        .addPrimaryKeyConstraint("room_edit_key", ["tenant", "room", "message", "offset"]),
    ],
  ],
};

/** Keeps the tables as the rooms are. What a command changes was there before it, so that what is new is written first. */
export async function projectRooms(tx: Kysely<RoomTables>, changes: readonly TopicChange<Rooms>[]): Promise<void> {
  const rows = changes.flatMap((change) => change.events.flatMap((event) => toRow(keyOf(change), event)));
  if (rows.length > 0) await tx.insertInto("room_entry").values(rows).execute();
  for (const change of changes) {
    const key = keyOf(change);
    for (const event of change.events) if (event.type === "edited") await edit(tx, key, event);
    if (change.redacts.length > 0) await forget(tx, key, change.redacts);
  }
}

/** Deletes the rows of a room. */
export async function eraseRoom(tx: Kysely<RoomTables>, room: ErasedTopic<Rooms>): Promise<void> {
  const key = keyOf(room);
  for (const table of ["room_entry", "room_edit"] as const) {
    await tx
      .deleteFrom(table)
      .where(({ and }) => and(key))
      .execute();
  }
}

/** The message of that id, also one that has left the state; undefined where there is none. */
export async function loadMessage(
  read: Kysely<RoomTables>,
  room: ErasedTopic<Rooms>,
  id: string,
): Promise<StoredMessage | undefined> {
  const key = keyOf(room);
  const entry = await read
    .selectFrom("room_entry")
    .select(["author", "offset"])
    .where(({ and }) => and({ ...key, id, kind: "message" }))
    .executeTakeFirst();
  if (!entry) return undefined;
  const edits = await read
    .selectFrom("room_edit")
    .select("offset")
    .where(({ and }) => and({ ...key, message: entry.offset }))
    .execute();
  return { author: entry.author, offsets: [entry.offset, ...edits.map(({ offset }) => offset)] };
}

/** Whether the room has an entry of that id. */
export async function isTaken(read: Kysely<RoomTables>, room: ErasedTopic<Rooms>, id: string): Promise<boolean> {
  const key = keyOf(room);
  const entries = read.selectFrom("room_entry").select("offset");
  return (await entries.where(({ and }) => and({ ...key, id })).executeTakeFirst()) !== undefined;
}

/** A page of a room's entries as they are now, newest first. */
export async function readHistory(
  read: Kysely<RoomTables>,
  room: ErasedTopic<Rooms>,
  {
    cursor,
    limit = historyLimits.usual,
  }: { readonly cursor?: number | undefined; readonly limit?: number | undefined },
) {
  const key = keyOf(room);
  const entries = read.selectFrom("room_entry").selectAll();
  const before = cursor === undefined ? entries : entries.where("offset", "<", cursor);
  const rows = await before
    .where(({ and }) => and(key))
    .orderBy("offset", "desc")
    .limit(limit + 1)
    .execute();
  const page = rows.slice(0, limit);
  return { items: page.map(toEntry), nextCursor: rows.length > limit ? (page.at(-1)?.offset ?? null) : null };
}

async function edit(
  tx: Kysely<RoomTables>,
  key: RoomKey,
  { offset, data: { messageId, text, at } }: Extract<HistoryEvent<Rooms>, { type: "edited" }>,
): Promise<void> {
  const edited = await tx
    .updateTable("room_entry")
    .set({ text: JSON.stringify(text), edited_at: at })
    .where(({ and }) => and({ ...key, id: messageId, kind: "message" }))
    .returning("offset")
    .executeTakeFirst();
  if (edited)
    await tx
      .insertInto("room_edit")
      .values({ ...key, message: edited.offset, offset })
      .execute();
}

/** Deletes the rows of events that are redacted. */
async function forget(tx: Kysely<RoomTables>, key: RoomKey, offsets: readonly number[]): Promise<void> {
  for (const table of ["room_entry", "room_edit"] as const) {
    await tx
      .deleteFrom(table)
      .where(({ and }) => and(key))
      .where("offset", "in", [...offsets])
      .execute();
  }
}

function keyOf({ params, tenant }: ErasedTopic<Rooms>): RoomKey {
  return { tenant: tenantKey(tenant), room: params.roomId };
}

function toRow(key: RoomKey, event: HistoryEvent<Rooms>): EntryRow[] {
  const { offset, type } = event;
  const row = (id: string, { id: author, name }: Person, text: string, at: number) => {
    const texts = { name: JSON.stringify(name), text: JSON.stringify(text) };
    return { ...key, offset, id, author, ...texts, at, to_id: null, to_name: null, edited_at: null };
  };
  switch (type) {
    case "posted":
      return [{ ...row(event.data.id, event.data.author, event.data.text, event.data.at), kind: "message" }];
    case "created":
    case "renamed":
      return [{ ...row(event.data.id, event.data.by, event.data.name, event.data.at), kind: type }];
    case "granted": {
      const { id, by, to, role, at } = event.data;
      return [{ ...row(id, by, role, at), kind: type, to_id: to.id, to_name: JSON.stringify(to.name) }];
    }
    case "joined":
    case "left":
      return [{ ...row(event.data.id, event.data.who, "", event.data.at), kind: type }];
    case "edited":
    case "removed":
    case "forgotten":
      return [];
  }
}

function toEntry({ id, offset, at, kind, author, name, text, to_id, to_name, edited_at }: EntryRow): RoomEntry {
  const base = { id, offset, at };
  const person = { id: author, name: JSON.parse(name) };
  const said: string = JSON.parse(text);
  switch (kind) {
    case "message":
      return { ...base, kind, author: person, text: said, editedAt: edited_at };
    case "created":
    case "renamed":
      return { ...base, kind, by: person, name: said };
    case "granted":
      return {
        ...base,
        kind,
        by: person,
        to: { id: to_id ?? "", name: JSON.parse(to_name ?? '""') },
        role: said as RoomRole,
      };
    case "joined":
    case "left":
      return { ...base, kind, who: person };
  }
}
