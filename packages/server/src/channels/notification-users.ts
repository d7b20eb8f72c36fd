import type { AnyNotification, InboxTypes } from "@shoal/contract/notifications";
import { type Kysely, sql } from "kysely";
import { deltaOf } from "./notification-decisions.ts";
import type { InboxKey, NotificationTables } from "./notification-tables.ts";
import { tenantKey } from "./tenant-key.ts";

/** An inbox in which nothing names a user any more. */
export function forget(state: InboxTypes["state"], userId: string) {
  const changes = state.items
    .filter(({ actors, source }) => source === userId || actors.some(({ id }) => id === userId))
    .map((item) => [item, without(item, userId)] as const);
  return { ...deltaOf(state, changes), muted: state.muted.filter((source) => source !== userId) };
}

/** Takes a user out of the rows of an inbox, whether the state holds them or not. */
export async function forgetUser(tx: Kysely<NotificationTables>, key: InboxKey, userId: string): Promise<void> {
  const isNamed = (column: "actors" | "actor" | "item") =>
    sql<boolean>`replace(${sql.ref(column)}, ${quoted(userId)}, '') <> ${sql.ref(column)}`;
  const items = tx
    .selectFrom("notification")
    .select(["id", "actors"])
    .where(({ and }) => and({ ...key }));
  for (const { id, actors } of await items.where(isNamed("actors")).execute()) {
    const left = (JSON.parse(actors) as AnyNotification["actors"]).filter((one) => one.id !== userId);
    const update = tx.updateTable("notification").set({ actors: JSON.stringify(left) });
    await update.where(({ and }) => and({ ...key, id })).execute();
  }
  const parts = tx.updateTable("notification_part").where(({ and }) => and({ ...key }));
  await parts.set({ actor: null }).where(isNamed("actor")).execute();
  for (const table of ["notification", "notification_part"] as const) {
    const named = tx.updateTable(table as "notification").where(({ and }) => and({ ...key, source: userId }));
    await named.set({ source: null }).execute();
  }
  const waiting = tx
    .selectFrom("notification_dispatch")
    .select(["item_id", "via", "item"])
    .where(({ and }) => and({ ...key }));
  for (const { item, ...one } of await waiting.where("item", "is not", null).execute()) {
    const left = JSON.stringify(without(JSON.parse(item ?? "null"), userId));
    const update = tx.updateTable("notification_dispatch").set({ item: left });
    if (left !== item) await update.where(({ and }) => and({ ...key, ...one })).execute();
  }
}

/** The inboxes of a tenant in whose rows a user is named. */
export async function findInboxes(
  read: Kysely<NotificationTables>,
  { userId, tenant }: { readonly userId: string; readonly tenant: string | null },
): Promise<readonly InboxTypes["params"][]> {
  const among = (
    table: "notification" | "notification_part" | "notification_dispatch",
    where: ReturnType<typeof sql<boolean>>,
  ) => read.selectFrom(table).select("user_id").where("tenant", "=", tenantKey(tenant)).where(where);
  const text = quoted(userId);
  const rows = await among("notification", sql`source = ${userId} or replace(actors, ${text}, '') <> actors`)
    .union(among("notification_part", sql`source = ${userId} or replace(actor, ${text}, '') <> actor`))
    .union(
      among(
        "notification_dispatch",
        sql`replace(item, ${text}, '') <> item or replace(item, ${JSON.stringify(userId)}, '') <> item`,
      ),
    )
    .execute();
  return rows.map(({ user_id }) => ({ userId: user_id }));
}

function without(item: AnyNotification, userId: string): AnyNotification {
  const { actors, source } = item;
  return { ...item, actors: actors.filter(({ id }) => id !== userId), source: source === userId ? null : source };
}

/** How a person of that id begins as JSON: where a name says the same, its quotes are written otherwise. */
function quoted(userId: string): string {
  return `"id":${JSON.stringify(userId)}`;
}
