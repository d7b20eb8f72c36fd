import type { AnyNotification } from "@shoal/contract/notifications";

export type HistoryItem = Pick<AnyNotification, "id" | "kind" | "category" | "order" | "at" | "readAt" | "archivedAt">;

/** Which items are listed, as the query `list` has it. */
export interface HistoryFilter {
  readonly category?: string | undefined;
  readonly kind?: string | undefined;
  readonly unread?: boolean | undefined;
  readonly archived?: boolean | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

/**
 * The list of an inbox, the newest first, of its state and what was read of its history: what the state has is as the state has it, so that what
 * arrives or is marked shows at once. What the state would have and has no more is left out.
 *
 * @param filter - what was given to `list`
 */
export function historyOf<Item extends HistoryItem>(
  state: { readonly items: readonly Item[]; readonly counts: { readonly total: number } },
  read: readonly Item[],
  filter: HistoryFilter,
): Item[] {
  const live = new Map(state.items.map((item) => [item.id, item]));
  const whole = state.counts.total <= state.items.length;
  const last = whole ? 0 : (state.items.at(-1)?.order ?? 0);
  const behind = read.filter(({ id, order, archivedAt }) => !live.has(id) && (archivedAt !== null || order < last));
  return [...live.values(), ...behind]
    .filter((item) => matches(item, filter))
    .sort((one, other) => other.order - one.order);
}

function matches({ category, kind, at, readAt, archivedAt }: HistoryItem, filter: HistoryFilter): boolean {
  return (
    (archivedAt !== null) === (filter.archived ?? false) &&
    (filter.category === undefined || filter.category === category) &&
    (filter.kind === undefined || filter.kind === kind) &&
    (!filter.unread || readAt === null) &&
    at >= (filter.since ?? 0) &&
    (filter.until === undefined || at <= filter.until)
  );
}
