import { listLimits, type RoomDirectory } from "@shoal/contract/room-directory";
import type { Kysely } from "kysely";
import type { Tables } from "../channel/define-tables.ts";
import type { LoadCall } from "../channel/prepare-call.ts";
import type { ErasedTopic, HistoryEvent, TopicChange } from "../channel/serve-options.ts";
import { tenantKey } from "./tenant-key.ts";

interface ListingRow {
  readonly tenant: string;
  readonly room: string;
  readonly name: string;
  readonly offset: number;
  readonly last_at: number;
}

export interface ListingTables {
  readonly room_listing: ListingRow;
}

/** One row for each room that is listed. */
export const listingTables: Tables<ListingTables> = {
  steps: [
    ({ schema }) => [
      schema
        .createTable("room_listing")
        .addColumn("tenant", "text", (column) => column.notNull())
        .addColumn("room", "text", (column) => column.notNull())
        .addColumn("name", "text", (column) => column.notNull())
        .addColumn("offset", "bigint", (column) => column.notNull())
        .addColumn("last_at", "bigint", (column) => column.notNull())
        .addPrimaryKeyConstraint("room_listing_key", ["tenant", "room"]),
      schema.createIndex("room_listing_offset").on("room_listing").columns(["tenant", "offset"]),
    ],
  ],
};

type Call<W> = LoadCall<RoomDirectory, "delist", W, ListingTables>;

/** Whether the room that a command names is listed. */
export async function isListed<W>({
  read,
  tenant,
  input,
}: Pick<Call<W>, "read" | "tenant" | "input">): Promise<boolean> {
  const key = { tenant: tenantKey(tenant), room: input.roomId };
  const listed = read.selectFrom("room_listing").select("room");
  return (await listed.where(({ and }) => and(key)).executeTakeFirst()) !== undefined;
}

/** A page of the listed rooms, the newest first. */
export async function readListings(
  read: Kysely<ListingTables>,
  tenant: string | null,
  { cursor, limit = listLimits.usual }: { readonly cursor?: number | undefined; readonly limit?: number | undefined },
) {
  const listed = read.selectFrom("room_listing").selectAll().where("tenant", "=", tenantKey(tenant));
  const before = cursor === undefined ? listed : listed.where("offset", "<", cursor);
  const rows = await before
    .orderBy("offset", "desc")
    .limit(limit + 1)
    .execute();
  const page = rows.slice(0, limit);
  const items = page.map(({ room, name, offset, last_at }) => ({ roomId: room, name, offset, lastAt: last_at }));
  return { items, nextCursor: rows.length > limit ? (items.at(-1)?.offset ?? null) : null };
}

export async function projectListings(
  tx: Kysely<ListingTables>,
  changes: readonly TopicChange<RoomDirectory>[],
): Promise<void> {
  for (const { tenant, events } of changes) for (const event of events) await projectOne(tx, tenantKey(tenant), event);
}

export async function eraseListings(tx: Kysely<ListingTables>, { tenant }: ErasedTopic<RoomDirectory>): Promise<void> {
  await tx.deleteFrom("room_listing").where("tenant", "=", tenantKey(tenant)).execute();
}

async function projectOne(
  tx: Kysely<ListingTables>,
  tenant: string,
  { type, data }: HistoryEvent<RoomDirectory>,
): Promise<void> {
  const update = tx.updateTable("room_listing").where("tenant", "=", tenant);
  switch (type) {
    case "added": {
      const { roomId, name, offset, lastAt } = data;
      await tx.insertInto("room_listing").values({ tenant, room: roomId, name, offset, last_at: lastAt }).execute();
      return;
    }
    case "renamed":
      await update.set({ name: data.name }).where("room", "=", data.roomId).execute();
      return;
    case "touched":
      await update.set({ last_at: data.lastAt }).where("room", "=", data.roomId).execute();
      return;
    case "delisted":
      await tx.deleteFrom("room_listing").where("tenant", "=", tenant).where("room", "=", data.roomId).execute();
      return;
    case "announced":
      return;
  }
}
