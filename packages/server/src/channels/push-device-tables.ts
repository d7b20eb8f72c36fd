import type { PushDevices } from "@shoal/contract/push-devices";
import type { Kysely } from "kysely";
import type { Tables } from "../channel/define-tables.ts";
import type { ErasedTopic, HistoryEvent, TopicChange } from "../channel/serve-options.ts";
import type { PushTarget } from "./push-service.ts";
import { tenantKey } from "./tenant-key.ts";

interface DeviceRow {
  readonly tenant: string;
  /** Made from the endpoint, so that a browser is one device whoever uses it. */
  readonly id: string;
  readonly user_id: string;
  /** Of the event that subscribed it. */
  readonly offset: number;
  readonly endpoint: string;
  readonly p256dh: string;
  readonly auth: string;
}

export interface PushDeviceTables {
  readonly push_device: DeviceRow;
}

/** One row for each browser of a tenant that gets push, with the user who has it now. */
export const pushDeviceTables: Tables<PushDeviceTables> = {
  steps: [
    ({ schema }) => [
      schema
        .createTable("push_device")
        .addColumn("tenant", "text", (column) => column.notNull())
        .addColumn("id", "text", (column) => column.notNull())
        .addColumn("user_id", "text", (column) => column.notNull())
        .addColumn("offset", "bigint", (column) => column.notNull())
        .addColumn("endpoint", "text", (column) => column.notNull())
        .addColumn("p256dh", "text", (column) => column.notNull())
        .addColumn("auth", "text", (column) => column.notNull())
        .addPrimaryKeyConstraint("push_device_key", ["tenant", "id"]),
      schema.createIndex("push_device_user").on("push_device").columns(["tenant", "user_id"]),
    ],
  ],
};

/** Whose devices are meant. */
export interface DeviceOwner {
  readonly userId: string;
  readonly tenant: string | null;
}

/** A browser as it is subscribed now. */
export interface StoredDevice extends PushTarget {
  readonly userId: string;
  readonly offset: number;
}

/** The device of that id, whoever has it. */
export async function findDevice(
  read: Kysely<PushDeviceTables>,
  tenant: string | null,
  id: string,
): Promise<StoredDevice | undefined> {
  const row = await read
    .selectFrom("push_device")
    .selectAll()
    .where(({ and }) => and({ tenant: tenantKey(tenant), id }))
    .executeTakeFirst();
  if (!row) return undefined;
  const { user_id, offset, endpoint, p256dh, auth } = row;
  return { userId: user_id, offset, endpoint, keys: { p256dh, auth } };
}

/** The ids of a user's devices. */
export async function listDevices(read: Kysely<PushDeviceTables>, { userId, tenant }: DeviceOwner): Promise<string[]> {
  const rows = await read
    .selectFrom("push_device")
    .select("id")
    .where(({ and }) => and({ tenant: tenantKey(tenant), user_id: userId }))
    .orderBy("offset")
    .execute();
  return rows.map(({ id }) => id);
}

export async function projectDevices(
  tx: Kysely<PushDeviceTables>,
  changes: readonly TopicChange<PushDevices>[],
): Promise<void> {
  for (const { params, tenant, events } of changes) {
    for (const event of events) await projectOne(tx, { userId: params.userId, tenant }, event);
  }
}

export async function eraseDevices(
  tx: Kysely<PushDeviceTables>,
  { params, tenant }: ErasedTopic<PushDevices>,
): Promise<void> {
  await tx
    .deleteFrom("push_device")
    .where(({ and }) => and({ tenant: tenantKey(tenant), user_id: params.userId }))
    .execute();
}

async function projectOne(
  tx: Kysely<PushDeviceTables>,
  { userId, tenant }: DeviceOwner,
  { type, data }: HistoryEvent<PushDevices>,
): Promise<void> {
  const gone = type === "removed" ? data.ids : data.left === null ? [] : [data.left];
  if (gone.length > 0) {
    await tx
      .deleteFrom("push_device")
      .where(({ and }) => and({ tenant: tenantKey(tenant), user_id: userId }))
      .where("id", "in", [...gone])
      .execute();
  }
  if (type !== "subscribed") return;
  const { id, offset, endpoint, keys } = data;
  const row = { user_id: userId, offset, endpoint, ...keys };
  await tx
    .insertInto("push_device")
    .values({ tenant: tenantKey(tenant), id, ...row })
    .onConflict((conflict) => conflict.columns(["tenant", "id"]).doUpdateSet(row))
    .execute();
}
