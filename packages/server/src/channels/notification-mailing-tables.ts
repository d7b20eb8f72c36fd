import type { MailingMessage, NotificationMailings } from "@shoal/contract/notification-mailings";
import type { Kysely } from "kysely";
import type { Tables } from "../channel/define-tables.ts";
import type { ErasedTopic, TopicChange } from "../channel/serve-options.ts";
import { tenantKey } from "./tenant-key.ts";

interface MailingKey {
  readonly tenant: string;
  readonly mailing: string;
}

/** A mailing that is under way. */
interface MailingRow extends MailingKey {
  readonly kind: MailingMessage["kind"];
  /** When it was opened. */
  readonly at: number;
}

/** A recipient whose turn has not come. */
interface RecipientRow extends MailingKey {
  /** In the order in which they were named. */
  readonly place: number;
  readonly user_id: string;
}

export interface MailingTables {
  readonly notification_mailing: MailingRow;
  readonly notification_recipient: RecipientRow;
}

/** One row for each mailing that is under way, and for each recipient whose turn has not come. */
export const mailingTables: Tables<MailingTables> = {
  steps: [
    ({ schema }) => [
      schema
        .createTable("notification_mailing")
        .addColumn("tenant", "text", (column) => column.notNull())
        .addColumn("mailing", "text", (column) => column.notNull())
        .addColumn("kind", "text", (column) => column.notNull())
        .addColumn("at", "bigint", (column) => column.notNull())
        .addPrimaryKeyConstraint("notification_mailing_key", ["tenant", "mailing"]),
      schema
        .createTable("notification_recipient")
        .addColumn("tenant", "text", (column) => column.notNull())
        .addColumn("mailing", "text", (column) => column.notNull())
        .addColumn("place", "bigint", (column) => column.notNull())
        .addColumn("user_id", "text", (column) => column.notNull())
        .addPrimaryKeyConstraint("notification_recipient_key", ["tenant", "mailing", "place"])
        .addUniqueConstraint("notification_recipient_user", ["tenant", "user_id", "mailing"]),
    ],
  ],
};

/** How many mailings of the tenant are under way. */
export async function countMailings(read: Kysely<MailingTables>, tenant: string | null): Promise<number> {
  const { count } = await read
    .selectFrom("notification_mailing")
    .where("tenant", "=", tenantKey(tenant))
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Those of the users who are recipients already. */
export async function knownRecipients(
  read: Kysely<MailingTables>,
  mailing: ErasedTopic<NotificationMailings>,
  userIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (userIds.length === 0) return new Set();
  const recipients = read.selectFrom("notification_recipient").select("user_id");
  const rows = await recipients
    .where(({ and }) => and(keyOf(mailing)))
    .where("user_id", "in", [...userIds])
    .execute();
  return new Set(rows.map(({ user_id }) => user_id));
}

/** The next so many recipients, in their order. */
export async function nextRecipients(
  read: Kysely<MailingTables>,
  mailing: ErasedTopic<NotificationMailings>,
  limit: number,
): Promise<string[]> {
  const rows = await read
    .selectFrom("notification_recipient")
    .select("user_id")
    .where(({ and }) => and(keyOf(mailing)))
    .orderBy("place")
    .limit(limit)
    .execute();
  return rows.map(({ user_id }) => user_id);
}

/** Keeps the tables as the mailings are. */
export async function projectMailings(
  tx: Kysely<MailingTables>,
  changes: readonly TopicChange<NotificationMailings>[],
): Promise<void> {
  for (const change of changes) {
    const key = keyOf(change);
    for (const { type, data } of change.events) {
      switch (type) {
        case "opened":
          await deleteMailing(tx, key);
          await tx
            .insertInto("notification_mailing")
            .values({ ...key, kind: data.message.kind, at: data.at })
            .execute();
          break;
        case "gathered":
          await addRecipients(tx, key, data.userIds, data.total - data.userIds.length);
          break;
        case "batchBegun":
          await deleteRecipients(tx, key, data.userIds);
          break;
        case "finished":
        case "cancelled":
        case "abandoned":
          await deleteMailing(tx, key);
          break;
        case "started":
        case "batchAwaited":
        case "stopped":
        case "forgotten":
          break;
      }
    }
    if (change.erasedUsers.length > 0) await deleteRecipients(tx, key, change.erasedUsers);
  }
}

/** The mailings in which a user is a recipient whose turn has not come. */
export async function findRecipient(
  read: Kysely<MailingTables>,
  { userId, tenant }: { readonly userId: string; readonly tenant: string | null },
): Promise<readonly NotificationMailings["params"][]> {
  const rows = await read
    .selectFrom("notification_recipient")
    .select("mailing")
    .where(({ and }) => and({ tenant: tenantKey(tenant), user_id: userId }))
    .execute();
  return rows.map(({ mailing }) => ({ mailingId: mailing }));
}

/** Deletes the rows of a mailing. */
export async function eraseMailing(
  tx: Kysely<MailingTables>,
  mailing: ErasedTopic<NotificationMailings>,
): Promise<void> {
  await deleteMailing(tx, keyOf(mailing));
}

async function addRecipients(
  tx: Kysely<MailingTables>,
  key: MailingKey,
  userIds: readonly string[],
  before: number,
): Promise<void> {
  const rows = userIds.map((user_id, index) => ({ ...key, place: before + 1 + index, user_id }));
  await tx.insertInto("notification_recipient").values(rows).execute();
}

async function deleteRecipients(tx: Kysely<MailingTables>, key: MailingKey, userIds: readonly string[]): Promise<void> {
  await tx
    .deleteFrom("notification_recipient")
    .where(({ and }) => and(key))
    .where("user_id", "in", [...userIds])
    .execute();
}

async function deleteMailing(tx: Kysely<MailingTables>, key: MailingKey): Promise<void> {
  for (const table of ["notification_mailing", "notification_recipient"] as const) {
    await tx
      .deleteFrom(table)
      .where(({ and }) => and(key))
      .execute();
  }
}

function keyOf({ params, tenant }: ErasedTopic<NotificationMailings>): MailingKey {
  return { tenant: tenantKey(tenant), mailing: params.mailingId };
}
