import { incrementAt, type Lot, maxAmount, minimumBid } from "@shoal/contract/auctions";

/** As much of an auction as it takes to bid in it. */
interface Priced {
  readonly lot: Lot | null;
  readonly price: number | null;
}

/** @param worth - what the lot is worth to the bidder, in minor units */
export function canOffer(state: Priced, worth: number): boolean {
  const least = minimumBid(state);
  return least !== null && least <= Math.min(worth, maxAmount);
}

/**
 * The least bid or up to three increments above it, and never more than the lot is worth to the bidder, nor than a bid may be.
 *
 * @param worth - in minor units
 */
export function offerOf(state: Priced, worth: number): number {
  const least = minimumBid(state) ?? 1;
  const offer = least + Math.floor(Math.random() * 4) * incrementAt(state.lot?.increments ?? [], least);
  return Math.max(least, Math.min(offer, Math.floor(worth), maxAmount));
}
