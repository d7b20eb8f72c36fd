import {
  type AllCounts,
  type AnyNotification,
  concerns,
  countsAfter,
  type Delta,
  type InboxTypes,
  markedItem,
  type NotificationMark,
  notificationWindow,
  type Which,
} from "@shoal/contract/notifications";
import type { Filtered, Named } from "./notification-loads.ts";
import type { Counted } from "./notification-reads.ts";

type State = InboxTypes["state"];

/** An item as it was and as it is; `null` where it was not there before, or is not afterwards. */
export type ItemChange = readonly [was: AnyNotification | null, is: AnyNotification | null];

/** What changes of items leave of an inbox. `behind`: those that follow the window, as many as may leave it. */
export function deltaOf(state: State, changes: readonly ItemChange[], behind: readonly AnyNotification[] = []): Delta {
  const changed = new Set(changes.flatMap(([was, is]) => [was?.id, is?.id]));
  const present = changes.flatMap(([, is]) => (is && is.archivedAt === null ? [is] : []));
  const unchanged = [...state.items, ...behind].filter(({ id }) => !changed.has(id));
  return toWindow(state, [...unchanged, ...present], countsAfter(state.counts, changes));
}

/** From the window as it is to the newest of these. */
export function toWindow(state: State, items: readonly AnyNotification[], counts: AllCounts): Delta {
  const next = [...items].sort((a, b) => b.order - a.order).slice(0, notificationWindow);
  const ids = new Set(next.map(({ id }) => id));
  const before = new Map(state.items.map((item) => [item.id, item]));
  const isTimed = (item: AnyNotification) => {
    const was = before.get(item.id);
    return was !== undefined && isSame(was, item);
  };
  return {
    set: next.filter((item) => isTimed(item) && !hasSameTimes(before.get(item.id), item)).map(timesOf),
    left: state.items.filter(({ id }) => !ids.has(id)).map(({ id }) => id),
    entered: next.filter((item) => !isTimed(item)),
    counts,
    wakeAt: state.wakeAt,
  };
}

/** What a mark of items by their ids does. */
export function markThese(state: State, as: NotificationMark, { items, behind }: Named, at: number) {
  const changes = items.map((item): ItemChange => [item, markedItem(item, as, at)]);
  return { ...deltaOf(state, changes, behind), as, which: { ids: items.map(({ id }) => id) }, at };
}

/** What a mark of all up to an order does; of those that are to be archived, those that were read. */
export function markThose(
  state: State,
  as: "seen" | "read" | "archived",
  which: Exclude<Which, { ids: unknown }>,
  at: number,
  { counted, behind }: Filtered,
) {
  const those = state.items.filter((item) => concerns(which, item) && (as !== "archived" || item.readAt !== null));
  const changes = those.map((item): ItemChange => [item, markedItem(item, as, at)]);
  const delta = deltaOf(state, changes, behind);
  const counts = counted ? countsWithout(state.counts, as, counted) : delta.counts;
  return { ...delta, counts, as, which, at };
}

/** What a removal does. */
export function removeThese(state: State, { items, behind }: Named) {
  const changes = items.map((item): ItemChange => [item, null]);
  return { ...deltaOf(state, changes, behind), ids: items.map(({ id }) => id), key: null };
}

/** The earlier of two instants of which either may be none. */
export function earlier(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}

function countsWithout(before: AllCounts, as: "seen" | "read" | "archived", counted: readonly Counted[]): AllCounts {
  const counts = { ...before, byCategory: { ...before.byCategory } };
  for (const { category, all, unseen } of counted) {
    const own = { ...(counts.byCategory[category] ?? { total: 0, unread: 0, unseen: 0 }) };
    for (const sum of [counts, own]) {
      if (as === "archived") sum.total -= all;
      else sum.unseen -= unseen;
      if (as === "read") sum.unread -= all;
    }
    if (as === "archived") counts.archived += all;
    counts.byCategory[category] = own;
  }
  return counts;
}

function timesOf({ id, seenAt, readAt, archivedAt }: AnyNotification) {
  return { id, seenAt, readAt, archivedAt };
}

function hasSameTimes(a: AnyNotification | undefined, b: AnyNotification): boolean {
  return a?.seenAt === b.seenAt && a.readAt === b.readAt && a.archivedAt === b.archivedAt;
}

/** Whether it is the same item but for its times: whatever else changes of one changes its place, its count or its actors. */
function isSame(a: AnyNotification, b: AnyNotification): boolean {
  if (a === b) return true;
  const hasSamePlace = a.order === b.order && a.count === b.count && a.source === b.source;
  return hasSamePlace && JSON.stringify(a.actors) === JSON.stringify(b.actors);
}
