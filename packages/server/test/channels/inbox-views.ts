import assert from "node:assert/strict";
import { type InboxApp, type InboxState, inbox, inviteLife } from "./inbox-app.ts";
import { categories, type ModelItem, newest } from "./inbox-model.ts";

/** An item as the inbox is to show it. */
export function toItem(item: ModelItem) {
  const last = newest(item);
  const actors = [...new Set(item.parts.toReversed().flatMap(({ from }) => from.actor ?? []))].slice(0, 3);
  const names = {
    mention: { room: "reef", text: last.text },
    like: { post: last.text },
    invite: { to: last.text },
    alarm: { what: last.text },
  };
  return {
    id: item.id,
    kind: item.kind,
    category: categories[item.kind],
    data: names[item.kind],
    actors: actors.map((id) => ({ id, name: id.toUpperCase() })),
    count: item.parts.length,
    link: null,
    source: last.from.source,
    order: last.offset,
    at: last.at,
    seenAt: item.seen.at,
    readAt: item.read.at,
    archivedAt: item.archived.at,
    expiresAt: item.kind === "invite" ? last.at + inviteLife : null,
  };
}

/** The counts that an inbox with these items is to have. */
export function countsOf(items: readonly ModelItem[]) {
  const shown = items.filter(({ archived }) => archived.at === null);
  const sum = (some: readonly ModelItem[]) => ({
    total: some.length,
    unread: some.filter(({ read }) => read.at === null).length,
    unseen: some.filter(({ seen }) => seen.at === null).length,
  });
  const names = [...new Set(Object.values(categories))];
  const byCategory = names.map((name) => [name, sum(shown.filter(({ kind }) => categories[kind] === name))]);
  return { ...sum(shown), archived: items.length - shown.length, byCategory: Object.fromEntries(byCategory) };
}

/** The counts of the rows that there are. */
export async function countRows({ store }: InboxApp) {
  const { rows } = await store.sql.query(
    `SELECT category, count(*) AS "all",
       count(CASE WHEN archived_at IS NULL THEN 1 END) AS total,
       count(CASE WHEN archived_at IS NULL AND read_at IS NULL THEN 1 END) AS unread,
       count(CASE WHEN archived_at IS NULL AND seen_at IS NULL THEN 1 END) AS unseen
     FROM notification WHERE user_id = 'ann' GROUP BY category`,
    [],
  );
  const counts = { total: 0, unread: 0, unseen: 0, archived: 0 };
  const byCategory: Record<string, object> = Object.fromEntries(
    inbox.categories.map((name) => [name, { total: 0, unread: 0, unseen: 0 }]),
  );
  for (const { category, all, total, unread, unseen } of rows as Record<string, number>[]) {
    byCategory[String(category)] = { total, unread, unseen };
    counts.total += Number(total);
    counts.unread += Number(unread);
    counts.unseen += Number(unseen);
    counts.archived += Number(all) - Number(total);
  }
  return { ...counts, byCategory };
}

/** What is due first in an inbox, and how many deliveries wait of items that are in it no more. */
export async function waitingRows({ store }: InboxApp) {
  const { rows } = await store.sql.query(
    `SELECT
       (SELECT min(due) FROM notification_dispatch WHERE user_id = 'ann') AS due,
       (SELECT min(expires_at) FROM notification WHERE user_id = 'ann') AS ends,
       (SELECT count(*) FROM notification_dispatch d WHERE user_id = 'ann' AND item IS NULL
         AND NOT EXISTS (SELECT 1 FROM notification n WHERE n.user_id = 'ann' AND n.id = d.item_id)) AS orphans`,
    [],
  );
  const { due, ends, orphans } = (rows as Record<string, number | null>[])[0] ?? {};
  const instants = [due, ends].flatMap((at) => at ?? []).map(Number);
  return { orphans: Number(orphans), first: Math.min(...instants) };
}

/** All pages of an inbox, in one. */
export async function listAll(
  app: InboxApp,
  filter: Omit<Parameters<ReturnType<InboxApp["as"]>["list"]>[0], "userId">,
  limit: number,
) {
  const read: InboxState["items"] = [];
  let cursor: number | null | undefined;
  while (cursor !== null) {
    const page = await app
      .as("ann")
      .list({ userId: "ann", since: 0, ...filter, limit, ...(cursor !== undefined && { cursor }) });
    read.push(...page.items);
    assert(page.items.length === limit || page.nextCursor === null);
    cursor = page.nextCursor;
  }
  return read;
}
