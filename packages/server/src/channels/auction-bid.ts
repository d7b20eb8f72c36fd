import { ShoalError } from "@shoal/contract";
import { type Auctions, maskName, minimumBid } from "@shoal/contract/auctions";
import type { CommandCall } from "../channel/command-call.ts";
import type { User } from "../user.ts";
import { findBidder } from "./auction-bidders.ts";
import type { AuctionPrivate } from "./auction-private.ts";
import { decideBid, endAfterBid } from "./auction-rules.ts";

/** A bid as it is to be decided. `prepared` is whether its bidder is eligible; undefined where nobody was asked. */
export type BidCall = CommandCall<Auctions, "placeBid", User | null, boolean | undefined, undefined, AuctionPrivate>;

/** What an application says of all its auctions. */
export interface BidHouse {
  readonly bidderOf: (user: User, auctionId: string) => string;
  readonly confirmAbove: number;
  readonly isShown: (params: Auctions["params"]) => boolean;
}

/** How often the lobby is told of one lot's price at most: four times a second. Milliseconds. */
export const lobbyPaceMs = 250;

type Lot = NonNullable<Auctions["state"]["lot"]>;

/** Decides a bid, and tells its bidder what came of it. */
export function placeBid(call: BidCall, { bidderOf, confirmAbove, isShown }: BidHouse) {
  const { state, params, private: hidden, input, now, offset, emit, reject } = call;
  const { user, lot, endsAt } = admit(call);
  const { reserve, leader, bidders } = hidden;
  const decision = decideBid({ lot, price: state.price, leader, reserve }, user.id, input.amount);
  if (decision.kind === "below") return reject("BELOW_MINIMUM", { minimum: decision.minimum });
  const limit = leastBid(lot, state.price) * confirmAbove;
  if (input.amount > limit && !input.confirmed) return reject("TOO_HIGH", { limit: Math.floor(limit) });

  const known = findBidder(bidders, user.id);
  const bidder = known?.bidder ?? bidderOf(user, params.auctionId);
  const own = { userId: user.id, maximum: input.amount };
  const answer = (leading: boolean, price: number, end: number) => {
    return { leading, price, minimum: leastBid(lot, price), maximum: input.amount, bidder, endsAt: end };
  };
  if (decision.kind === "raised") {
    emit("maximumRaised", {}, own);
    return answer(true, state.price ?? lot.startPrice, endsAt);
  }
  const { leads, price, reserveMet } = decision;
  const end = endAfterBid(lot.softClose, { endsAt, plannedEnd: state.plannedEnd ?? endsAt }, now);
  const bid = { offset: offset + 1, bidder, name: maskName(user.name ?? user.id), price, leads, at: now };
  const told = isShown(params) ? whenTold(state.told, now) : null;
  emit("bidPlaced", { ...bid, joins: !known, reserveMet, endsAt: end, extends: end > endsAt, told }, own);
  return answer(leads, price, end);
}

/**
 * Refuses what no amount could make good.
 *
 * @throws {ShoalError} `UNAUTHORIZED` when nobody is signed in
 */
function admit({ state, input, prepared, user, now, reject }: BidCall) {
  const { status, lot, endsAt } = state;
  if (!user) throw new ShoalError("UNAUTHORIZED", "Sign in to bid.");
  if (status === "closed") return reject("ENDED", { endedAt: endsAt ?? now });
  if (status !== "open" || !lot || endsAt === null) return reject("NOT_OPEN", { status });
  if (now >= endsAt) return reject("ENDED", { endedAt: endsAt });
  if (lot.seller.id === user.id) return reject("OWN_AUCTION");
  if (prepared === false) return reject("NOT_ELIGIBLE");
  if (input.currency !== lot.currency) return reject("CURRENCY_MISMATCH", { currency: lot.currency });
  return { user, lot, endsAt };
}

function leastBid(lot: Lot, price: number | null): number {
  return minimumBid({ lot, price }) ?? lot.startPrice;
}

/** The lobby is told of a price at once where it has not been for a while, and else by a timer. */
function whenTold(told: Auctions["state"]["told"], now: number): Auctions["state"]["told"] {
  if (!told.stale && now >= told.at + lobbyPaceMs) return { at: now, stale: false };
  return told.stale ? told : { ...told, stale: true };
}
