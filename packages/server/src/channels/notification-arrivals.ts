import { createHash } from "node:crypto";
import { ShoalError } from "@shoal/contract";
import {
  type AnyNotification,
  type AnyNotifications,
  type InboxTypes,
  type KindDefinition,
  windowAfter,
} from "@shoal/contract/notifications";
import type { CommandCall } from "../channel/command-call.ts";
import type { NoPrivate } from "../channel/define-private.ts";
import { deltaOf, earlier, removeThese } from "./notification-decisions.ts";
import { type InboxCall, readBehind, readGroup, readKey, readOldest } from "./notification-reads.ts";

type State = InboxTypes["state"];
type Input = InboxTypes["commands"]["notify"]["input"];

/** What a notification meets in the tables. */
export interface Met {
  /** What was sent with its key before. */
  readonly sameKey: string | undefined;
  readonly group: string | null;
  /** The item into which it is folded. */
  readonly folding: AnyNotification | undefined;
  /** The items for which there is no room any more once it is there. */
  readonly displaced: readonly AnyNotification[];
  readonly behind: readonly AnyNotification[];
}

/** The most characters of a grouping key. */
const maxGroupLength = 200;

/** How many actors an item names. */
const mostActors = 3;

/** How many items leave at most when one arrives, where the inbox was let grow larger than it may be now. */
const mostDisplaced = 100;

export interface ArrivalOptions {
  readonly inbox: AnyNotifications;
  readonly maxItems: number;
  /** How long a way of delivery waits, in milliseconds. */
  readonly after: Readonly<Record<string, number | undefined>>;
}

/** Reads what a notification meets: nothing, where it has no key, its kind no group and the inbox room. */
export async function meet(options: ArrivalOptions, call: InboxCall, { content, key }: Input): Promise<Met> {
  const sameKey = key === null ? undefined : await readKey(call, key);
  const group = groupOf(options.inbox, content);
  const nothing = { sameKey: sameKey?.item_id, group, folding: undefined, displaced: [], behind: [] };
  if (sameKey) return nothing;
  const folding = group === null ? undefined : await readGroup(call, content.kind, group);
  if (folding) return { ...nothing, folding };
  const { total, archived } = call.state.counts;
  const displaced = await readOldest(call, Math.min(mostDisplaced, total + archived + 1 - options.maxItems));
  return { ...nothing, displaced, behind: await readBehind(call, displaced.length) };
}

type Call = CommandCall<InboxTypes, "notify", unknown, undefined, Met, NoPrivate>;

/** Decides on a notification: whether it comes in, is folded, goes elsewhere, or nowhere. */
export function notify(options: ArrivalOptions, { state, input, loaded: met, now, offset, commandId, emit }: Call) {
  const { content, actor, link, source, key } = input;
  const { kind, data } = content;
  const { lifeMs } = kindOf(options.inbox, kind);
  const category = String(options.inbox.categoryOf(kind));
  if (met.sameKey !== undefined) return { id: met.sameKey, status: "repeated" as const };

  const order = offset + 1 + (met.displaced.length > 0 ? 1 : 0);
  const id = met.folding?.id ?? idOf(order, commandId);
  const vias = viasOf(options.inbox, state, { kind, source });
  const elsewhere = vias.filter((via) => via !== "inApp");
  if (vias.length === 0) return { id, status: "muted" as const };

  const via = elsewhere.filter((one) => !options.after[one]);
  const later = elsewhere.flatMap((one) => (options.after[one] ? [{ via: one, due: now + options.after[one] }] : []));
  const item: AnyNotification = {
    id,
    kind,
    category,
    data,
    actors: actorsOf(actor ? [actor, ...(met.folding?.actors ?? [])] : (met.folding?.actors ?? [])),
    count: (met.folding?.count ?? 0) + 1,
    link,
    source,
    order,
    at: now,
    seenAt: null,
    readAt: null,
    archivedAt: null,
    expiresAt: lifeMs === undefined ? null : now + lifeMs,
  };
  // What should have woken it by now has failed: another instant tries it again.
  const waking = state.wakeAt !== null && state.wakeAt <= now ? now : state.wakeAt;
  const dueAt = later.reduce<number | null>((first, { due }) => earlier(first, due), null);
  if (!vias.includes("inApp")) {
    const alone = { ...item, id: idOf(order, commandId), actors: actor ? [actor] : [], count: 1, order: offset + 1 };
    emit("bypassed", { item: alone, key, via, later, wakeAt: earlier(waking, dueAt) });
    return { id: alone.id, status: "bypassed" as const };
  }

  let before: State = state;
  if (met.displaced.length > 0) {
    const removed = removeThese(state, { items: met.displaced, behind: met.behind });
    emit("removed", removed);
    before = windowAfter(state, removed);
  }
  const delta = deltaOf(before, [[met.folding ?? null, item]]);
  emit("arrived", {
    ...delta,
    entered: [],
    item,
    key,
    actor,
    group: met.group,
    via,
    later,
    wakeAt: earlier(waking, earlier(dueAt, item.expiresAt)),
  });
  return { id, status: met.folding ? ("folded" as const) : ("arrived" as const) };
}

/** The ways by which an item is to be delivered, as its user wants it: none where its source is muted. */
export function viasOf(
  inbox: AnyNotifications,
  { off, muted, devices }: State,
  { kind, source }: Pick<AnyNotification, "kind" | "source">,
): readonly string[] {
  const category = String(inbox.categoryOf(kind));
  const { critical = false } = kindOf(inbox, kind);
  if (!critical && source !== null && muted.includes(source)) return [];
  const isOff = (via: string) => off.some((one) => one.category === category && one.via === via);
  return inbox.vias.filter((via: string) => (critical || !isOff(via)) && (via !== "push" || devices > 0));
}

/** The newest actors, each once. */
export function actorsOf(people: AnyNotification["actors"]): AnyNotification["actors"] {
  return people.filter(({ id }, index) => people.findIndex((other) => other.id === id) === index).slice(0, mostActors);
}

// biome-ignore lint/suspicious/noExplicitAny: the data of a kind passed its schema
function kindOf({ kinds }: AnyNotifications, kind: string): Partial<KindDefinition<any>> {
  return Object.hasOwn(kinds, kind) ? { ...kinds[kind] } : {};
}

/**
 * The key by which others of its kind fold into it; null where it stands alone.
 *
 * @throws {ShoalError} `BAD_REQUEST` when the kind's `group` makes none, or one that is too long
 */
export function groupOf(inbox: AnyNotifications, { kind, data }: Input["content"]): string | null {
  const group = kindOf(inbox, kind).group?.(data) ?? null;
  if (group === null || (typeof group === "string" && group.length <= maxGroupLength)) return group;
  throw new ShoalError(
    "BAD_REQUEST",
    `The \`group\` of "${kind}" is a text of at most ${maxGroupLength} characters, or null.`,
  );
}

/** Of the same command the same id, and never of two: no event of an inbox has the place of another. */
function idOf(order: number, commandId: string): string {
  return `${order}-${createHash("sha256").update(commandId).digest("base64url").slice(0, 16)}`;
}
