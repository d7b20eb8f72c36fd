import type { AllCounts, AnyNotification, Delta, NotificationMark, Which } from "./notification-item.ts";

/** How many items the state of an inbox holds, the newest that are not archived; older ones are read by the query `list`. */
export const notificationWindow = 50;

interface Window {
  readonly items: readonly AnyNotification[];
}

/** The window after an event, newest first. */
export function windowAfter<S extends Window>(state: S, { set, left, entered, counts, wakeAt }: Delta) {
  const gone = new Set([...left, ...entered.map(({ id }) => id)]);
  const times = new Map(set.map(({ id, ...times }) => [id, times]));
  const kept = state.items.filter(({ id }) => !gone.has(id)).map((item) => ({ ...item, ...times.get(item.id) }));
  const items = [...kept, ...entered].sort((a, b) => b.order - a.order).slice(0, notificationWindow);
  return { ...state, items, counts, wakeAt };
}

/** Whether a mark is meant for an item. */
export function concerns(which: Which, { id, order, category }: AnyNotification): boolean {
  if ("ids" in which) return which.ids.includes(id);
  return order <= which.upTo && (which.category === undefined || which.category === category);
}

/** The item after it was marked; the same one when it was so already. */
export function markedItem(item: AnyNotification, as: NotificationMark, at: number): AnyNotification {
  const { seenAt, readAt, archivedAt } = item;
  switch (as) {
    case "seen":
      return seenAt === null ? { ...item, seenAt: at } : item;
    case "read":
      return readAt === null ? { ...item, readAt: at, seenAt: seenAt ?? at } : item;
    case "unread":
      return readAt === null ? item : { ...item, readAt: null };
    case "archived":
      return archivedAt === null ? { ...item, archivedAt: at } : item;
    case "unarchived":
      return archivedAt === null ? item : { ...item, archivedAt: null };
  }
}

/** The counts after items are no more as they were; `null` where one was not there before, or is not afterwards. */
export function countsAfter(
  before: AllCounts,
  changes: readonly (readonly [was: AnyNotification | null, is: AnyNotification | null])[],
): AllCounts {
  const counts = { ...before, byCategory: { ...before.byCategory } };
  for (const [was, is] of changes) {
    if (was) count(counts, was, -1);
    if (is) count(counts, is, 1);
  }
  return counts;
}

function count(counts: AllCounts, { category, seenAt, readAt, archivedAt }: AnyNotification, by: 1 | -1): void {
  if (archivedAt !== null) {
    counts.archived += by;
    return;
  }
  const own = { ...(counts.byCategory[category] ?? { total: 0, unread: 0, unseen: 0 }) };
  for (const sum of [counts, own]) {
    sum.total += by;
    if (readAt === null) sum.unread += by;
    if (seenAt === null) sum.unseen += by;
  }
  counts.byCategory[category] = own;
}
