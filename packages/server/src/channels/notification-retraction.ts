import type { AnyNotification, InboxTypes } from "@shoal/contract/notifications";
import { actorsOf } from "./notification-arrivals.ts";
import { deltaOf, removeThese } from "./notification-decisions.ts";
import { type InboxCall, readBehind, readItems, readKey } from "./notification-reads.ts";
import { inboxKey } from "./notification-tables.ts";

type State = InboxTypes["state"];

/** How many names of actors are read: one who was renamed has several. */
const mostNames = 12;

/** What was sent with a key, and what is left without it. */
export interface Retracted {
  readonly id: string;
  readonly offset: number;
  /** Undefined where it is not in the inbox: it is only to be delivered elsewhere. */
  readonly item: AnyNotification | undefined;
  /** The item without it; `null` where nothing is left of it. */
  readonly left: AnyNotification | null;
  readonly behind: readonly AnyNotification[];
}

export async function readRetracted(call: InboxCall, key: string): Promise<Retracted | undefined> {
  const sent = await readKey(call, key);
  if (!sent) return undefined;
  const { item_id: id, offset } = sent;
  const [item] = await readItems(call, [id]);
  if (!item) return (await isWaiting(call, id)) ? { id, offset, item, left: null, behind: [] } : undefined;
  return { id, offset, item, left: await readLeft(call, item, offset), behind: await readBehind(call, 1) };
}

/** The event that takes it back: an item into which others are folded evolves back. */
export function retract(state: State, { id, offset, item, left, behind }: Retracted, key: string) {
  if (item && left) {
    return { changed: { ...deltaOf(state, [[item, left]], behind), items: [left], parts: [offset], key } };
  }
  const removed = removeThese(state, { items: item ? [item] : [], behind });
  return { removed: { ...removed, ids: [id], key } };
}

async function readLeft({ read, ...inbox }: InboxCall, item: AnyNotification, offset: number) {
  if (item.count === 1) return null;
  const parts = read
    .selectFrom("notification_part")
    .where(({ and }) => and({ ...inboxKey(inbox), item_id: item.id }))
    .where("offset", "<>", offset);
  const newest = await parts.selectAll().orderBy("offset", "desc").limit(1).executeTakeFirst();
  const actors = await parts
    .where("actor", "is not", null)
    .groupBy("actor")
    .select(({ fn }) => ["actor", fn.max("offset").as("newest")])
    .orderBy("newest", "desc")
    .limit(mostNames)
    .execute();
  const people: AnyNotification["actors"] = actors.map(({ actor }) => JSON.parse(actor ?? "null"));
  const left = { ...item, count: item.count - 1, actors: actorsOf(people) };
  if (!newest) return left;
  const { data, link, source, offset: order, at, expires_at: expiresAt } = newest;
  return { ...left, data: JSON.parse(data), link, source, order, at, expiresAt };
}

async function isWaiting({ read, ...inbox }: InboxCall, item_id: string): Promise<boolean> {
  const waiting = read.selectFrom("notification_dispatch").select("via");
  const one = await waiting.where(({ and }) => and({ ...inboxKey(inbox), item_id })).executeTakeFirst();
  return one !== undefined;
}
