import type { AnyNotification, AnyNotifications, InboxTypes } from "@shoal/contract/notifications";
import { viasOf } from "./notification-arrivals.ts";
import { earlier, removeThese } from "./notification-decisions.ts";
import { type InboxCall, itemsOf, readBehind } from "./notification-reads.ts";
import { inboxKey, toItem } from "./notification-tables.ts";

type State = InboxTypes["state"];

/** How many items expire, and how many deliveries are made, at most when an inbox wakes; it then wakes again at once. */
const mostAtOnce = 100;

interface Delivery {
  readonly id: string;
  readonly via: string;
  /** As it is now; undefined where it is no more. */
  readonly item: AnyNotification | undefined;
}

/** What is due in an inbox. */
export interface Due {
  readonly expired: readonly AnyNotification[];
  readonly behind: readonly AnyNotification[];
  readonly deliveries: readonly Delivery[];
  /** When the next is due; `null` when nothing is. */
  readonly next: number | null;
}

export async function readDue(call: InboxCall, now: number): Promise<Due> {
  const { read, state, ...inbox } = call;
  const key = inboxKey(inbox);
  const expiring = itemsOf(read, key).where("expires_at", "is not", null).orderBy("expires_at");
  const items = (await expiring.limit(mostAtOnce + 1).execute()).map(toItem);
  const waiting = await read
    .selectFrom("notification_dispatch")
    .select(["item_id", "via", "due", "item"])
    .where(({ and }) => and(key))
    .orderBy("due")
    .limit(mostAtOnce + 1)
    .execute();
  const expired = items.slice(0, mostAtOnce).filter(({ expiresAt }) => expiresAt !== null && expiresAt <= now);
  const due = waiting.slice(0, mostAtOnce).filter((one) => one.due <= now);
  const ids = due.filter(({ item }) => item === null).map(({ item_id }) => item_id);
  const rows = ids.length === 0 ? [] : await itemsOf(read, key).where("id", "in", ids).execute();
  const found = new Map(rows.map((row) => [row.id, row]));
  const deliveries = due.map(({ item_id, via, item }) => {
    const row = found.get(item_id);
    return { id: item_id, via, item: item === null ? row && toItem(row) : (JSON.parse(item) as AnyNotification) };
  });
  const next = earlier(items[expired.length]?.expiresAt ?? null, waiting[due.length]?.due ?? null);
  return { expired, behind: await readBehind(call, expired.length), deliveries, next };
}

/** Decides what is due: items leave whose time is over, and what was not read in time is delivered elsewhere. */
export function wake(inbox: AnyNotifications, state: State, { expired, behind, deliveries, next }: Due) {
  // Another instant is another timer: what is left over is due now, and the same instant would not be armed again.
  const wakeAt = next === null ? null : Math.max(next, (state.wakeAt ?? 0) + 1);
  const gone = new Set(expired.map(({ id }) => id));
  const isWanted = ({ via, item }: Delivery) =>
    item !== undefined &&
    !gone.has(item.id) &&
    item.readAt === null &&
    item.archivedAt === null &&
    viasOf(inbox, state, item).includes(via);
  const wanted = deliveries.filter(isWanted);
  const dropped = deliveries.filter((one) => !isWanted(one) && !gone.has(one.id)).map(({ id, via }) => ({ id, via }));
  const items = new Map(wanted.flatMap(({ item }) => (item ? [[item.id, item] as const] : [])));
  const all = [...items.values()].map((item) => ({
    item,
    via: wanted.filter(({ id }) => id === item.id).map(({ via }) => via),
  }));
  return {
    removed: expired.length > 0 ? { ...removeThese(state, { items: expired, behind }), wakeAt } : undefined,
    dispatched: deliveries.length > 0 || expired.length === 0 ? { deliveries: all, dropped, wakeAt } : undefined,
  };
}
