import type { AllCounts, AnyNotification, NotificationMark, Which } from "./notification-item.ts";
import { concerns, countsAfter, markedItem } from "./notification-window.ts";

interface Inbox {
  readonly items: readonly AnyNotification[];
  readonly counts: AllCounts;
  readonly wakeAt: number | null;
}

/** What a mark will probably do, as far as the window shows: what is behind it only the server knows. */
export function predictMark({ items, counts, wakeAt }: Inbox, as: NotificationMark, which: Which, at: number) {
  const changes = items
    .filter((item) => concerns(which, item) && (as !== "archived" || "ids" in which || item.readAt !== null))
    .map((item) => [item, markedItem(item, as, at)] as const)
    .filter(([was, is]) => was !== is);
  const after = changes.map(([, is]) => is);
  const data = {
    as,
    which,
    at,
    set: after.map(({ id, seenAt, readAt, archivedAt }) => ({ id, seenAt, readAt, archivedAt })),
    left: as === "archived" ? after.map(({ id }) => id) : [],
    entered: [],
    counts: countsAfter(counts, changes),
    wakeAt,
  };
  return [{ type: "marked" as const, data }];
}

/** What a removal will probably do. */
export function predictRemoval({ items, counts, wakeAt }: Inbox, ids: readonly string[]) {
  const gone = items.filter(({ id }) => ids.includes(id));
  const after = countsAfter(
    counts,
    gone.map((item) => [item, null]),
  );
  const data = {
    ids: [...ids],
    set: [],
    left: gone.map(({ id }) => id),
    entered: [],
    counts: after,
    wakeAt,
    key: null,
  };
  return [{ type: "removed" as const, data }];
}
