import { type AnyNotification, concerns, type Which } from "@shoal/contract/notifications";
import { type Counted, countThose, type InboxCall, newest, readBehind, readItems } from "./notification-reads.ts";
import { inboxKey, places } from "./notification-tables.ts";

type Filter = Exclude<Which, { ids: unknown }>;

/** Items that a command names, and those that follow the window, as many as may leave it. */
export interface Named {
  readonly items: readonly AnyNotification[];
  readonly behind: readonly AnyNotification[];
}

/** What a filter concerns, and those that follow the window. */
export interface Filtered {
  /** By category, behind the window too; undefined where the window shows all that it concerns. */
  readonly counted: readonly Counted[] | undefined;
  readonly behind: readonly AnyNotification[];
}

/** For a mark that leaves items where they are. */
export async function loadNamed(call: InboxCall, { ids }: { readonly ids: readonly string[] }): Promise<Named> {
  return { items: await readItems(call, ids), behind: [] };
}

/** For what takes items out of the inbox. */
export async function loadLeaving(call: InboxCall, input: { readonly ids: readonly string[] }): Promise<Named> {
  return { ...(await loadNamed(call, input)), behind: await readBehind(call, input.ids.length) };
}

/** For `seen` and `read` by filter. Nothing is read where the window shows all that is `seen` or `read` by it. */
export async function loadUnread(call: InboxCall, filter: Filter, which: "unread" | "unseen"): Promise<Filtered> {
  const { items, counts } = call.state;
  const shown = items.filter(({ readAt, seenAt }) => (which === "unread" ? readAt : seenAt) === null).length;
  const isAll = shown === counts[which];
  return { counted: isAll ? undefined : await countThose(call, filter, places.unread), behind: [] };
}

/** For the archiving of what was read. */
export async function loadReadOnes(call: InboxCall, filter: Filter): Promise<Filtered> {
  const { items, counts } = call.state;
  const last = items.at(-1);
  if (!last || items.length === counts.total) return { counted: undefined, behind: [] };
  const counted = await countThose(call, filter, places.read);
  const limit = items.filter((item) => item.readAt !== null && concerns(filter, item)).length;
  if (limit === 0) return { counted, behind: [] };
  const key = inboxKey(call);
  const follow = (place: number, upTo: number) =>
    newest(call.read, key, [place], limit, (all) => {
      const behind = all.where("order", "<", last.order);
      if (place === places.unread) return behind;
      // Of those that were read, the ones that the filter leaves stay.
      return behind.where(({ or, eb }) =>
        or([eb("order", ">", upTo), ...(filter.category === undefined ? [] : [eb("category", "<>", filter.category)])]),
      );
    });
  const staying = [follow(places.unread, filter.upTo), follow(places.read, filter.upTo)];
  return { counted, behind: (await Promise.all(staying)).flat() };
}
