import { type Auctions, type Bid, bidWindow } from "@shoal/contract/auctions";

/** Bids of an auction without a hole among them, in their order. */
export interface SeenBids {
  /** Those before `recent`. */
  readonly past: readonly Bid[];
  /** The newest, as the auction's state has them. */
  readonly recent: readonly Bid[];
  /** Whether it is known that none is before them. */
  readonly whole: boolean;
}

export function startAtBids(recent: readonly Bid[]): SeenBids {
  return { past: [], recent, whole: false };
}

/** What leaves a full window is kept. What leaves another one was erased with its bidder. Behind a hole they begin anew. */
export function followBids({ past, recent: before, whole }: SeenBids, recent: readonly Bid[]): SeenBids {
  const first = recent[0];
  const last = before.at(-1);
  // More may have come at once than the window holds, such as while the page was hidden.
  if (first && last && last.offset < first.offset) return startAtBids(recent);
  if (!first || recent.length < bidWindow) return { past, recent, whole };
  return { past: [...past, ...before.filter(({ offset }) => offset < first.offset)], recent, whole };
}

/**
 * Takes a page of older bids, newest first.
 *
 * @param cursor - the first that was known when it was asked for; undefined where none was
 */
export function prependBids(
  seen: SeenBids,
  { items, nextCursor }: Auctions["queries"]["bids"]["output"],
  cursor: number | undefined,
): SeenBids {
  if (firstOf(seen)?.offset !== cursor) return seen;
  return { ...seen, past: [...items.toReversed(), ...seen.past], whole: nextCursor === null };
}

export function firstOf({ past, recent }: SeenBids): Bid | undefined {
  return past[0] ?? recent[0];
}
