import type { Auctions } from "@shoal/contract/auctions";
import type { EraseUserCall } from "../channel/command-call.ts";
import { findBidder } from "./auction-bidders.ts";
import type { AuctionPrivate } from "./auction-private.ts";

/**
 * Takes a user out of an auction. Bids that others relied on keep their effect: the price, the lead and its maximum stay, and nobody's
 * name is on them. What an erased user sells is sold no more: an auction that has not ended is cancelled.
 */
export function eraseFromAuction(call: EraseUserCall<Auctions, AuctionPrivate>): void {
  const { state, private: hidden, userId, emit, redact } = call;
  const known = findBidder(hidden.bidders, userId);
  const follower = hidden.followers.findIndex((one) => one.userId === userId);
  const seller = state.lot?.seller.id === userId;
  const followed = hidden.followers[follower];
  if (seller && state.status !== "closed" && state.status !== "cancelled") emit("cancelled");
  if (!known && !followed && !seller) return;
  const offsets = state.recent.filter(({ bidder }) => bidder === known?.bidder).map(({ offset }) => offset);
  emit(
    "forgotten",
    { offsets, leader: hidden.leader?.userId === userId, seller, follower: followed !== undefined },
    { bidder: known?.offset ?? -1, follower, outbid: hidden.outbid === userId },
  );
  if (followed) redact(followed.offset);
}
