import { incrementAt, minimumBid, type PriceBand, type SoftClose } from "@shoal/contract/auctions";

/** What a bid is decided on: the terms, what everybody sees, and the two numbers that nobody does. */
export interface Bidding {
  readonly lot: {
    readonly startPrice: number;
    readonly increments: readonly PriceBand[];
    readonly proxy: boolean;
  };
  readonly price: number | null;
  readonly leader: { readonly userId: string; readonly maximum: number } | null;
  readonly reserve: number | null;
}

/** What becomes of a bid. Amounts in minor units. */
export type BidDecision =
  | { readonly kind: "below"; readonly minimum: number }
  /** The leader's maximum is greater now, and nothing else has changed. */
  | { readonly kind: "raised" }
  | { readonly kind: "placed"; readonly leads: boolean; readonly price: number; readonly reserveMet: boolean };

/**
 * English bidding, with a bid of `userId` for `amount`. With proxies it is a maximum: the greatest one leads, of equal ones the earliest,
 * and the price is one increment above the second, never above the first. A leading maximum that reaches the reserve lifts the price to
 * it. Without proxies it is the price.
 */
export function decideBid(bidding: Bidding, userId: string, amount: number): BidDecision {
  const { lot, leader } = bidding;
  const least = minimumBid(bidding) ?? lot.startPrice;
  const own = leader?.userId === userId;
  if (own && lot.proxy) return raise(bidding, leader.maximum, amount);
  if (amount < least) return { kind: "below", minimum: least };
  if (!lot.proxy) return placed(bidding, { leads: true, price: amount, top: amount });
  if (!leader) return placed(bidding, { leads: true, price: lot.startPrice, top: amount });
  const above = (second: number, first: number) => Math.min(first, second + incrementAt(lot.increments, second));
  return amount > leader.maximum
    ? placed(bidding, { leads: true, price: above(leader.maximum, amount), top: amount })
    : placed(bidding, { leads: false, price: above(amount, leader.maximum), top: leader.maximum });
}

/** Nobody is bid against, so that only the reserve can move the price. */
function raise(bidding: Bidding, before: number, amount: number): BidDecision {
  if (amount <= before) return { kind: "below", minimum: before + 1 };
  const price = bidding.price ?? bidding.lot.startPrice;
  const after = placed(bidding, { leads: true, price, top: amount });
  return after.price === price ? { kind: "raised" } : after;
}

function placed(
  { price: before, reserve }: Bidding,
  { leads, price, top }: { readonly leads: boolean; readonly price: number; readonly top: number },
) {
  const reserveMet = reserve === null || top >= reserve;
  const atLeast = Math.max(price, before ?? 0, reserveMet ? (reserve ?? 0) : 0);
  return { kind: "placed", leads, price: atLeast, reserveMet } as const;
}

interface Ending {
  readonly endsAt: number;
  readonly plannedEnd: number;
}

/** The end after a bid at `now`: as far as the soft close moves it, and never before what it was. Milliseconds since the epoch. */
export function endAfterBid(softClose: SoftClose | null, { endsAt, plannedEnd }: Ending, now: number): number {
  if (!softClose || now < endsAt - softClose.windowMs) return endsAt;
  const latest = softClose.maxTotalMs === null ? Number.POSITIVE_INFINITY : plannedEnd + softClose.maxTotalMs;
  return Math.max(endsAt, Math.min(endsAt + softClose.extendMs, latest));
}
