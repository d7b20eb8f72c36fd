import type { AuctionResult, AuctionStatus, Bidder } from "./auction-fields.ts";

/**
 * Where an auction is, as one may show it: `opening` and `closing` when the clock says that it opens or has ended and the server has not
 * spoken yet. A bid that is sent while it closes may have been in time, and may not.
 */
export type AuctionPhase = AuctionStatus | "opening" | "closing";

interface Timed {
  readonly status: AuctionStatus;
  readonly opensAt: number | null;
  readonly endsAt: number | null;
}

/** @param now - the server's time in milliseconds, as `useServerTime` and `client.clock` tell it */
export function phaseOf({ status, opensAt, endsAt }: Timed, now: number): AuctionPhase {
  if (status === "scheduled" && opensAt !== null && now >= opensAt) return "opening";
  if (status === "open" && endsAt !== null && now >= endsAt) return "closing";
  return status;
}

/** How somebody stands who bid: `lost` also where the auction was cancelled or nobody won. */
export type Standing = "none" | "leading" | "outbid" | "won" | "lost";

interface Led {
  readonly status: AuctionStatus;
  readonly result: AuctionResult | null;
  readonly leader: Bidder | null;
}

/** @param bidder - who they are in this auction, as the outcome of `placeBid` and `mine` tell; null for who has not bid */
export function standingOf({ status, result, leader }: Led, bidder: string | null): Standing {
  if (bidder === null) return "none";
  const leads = leader?.bidder === bidder;
  if (status === "closed") return leads && result === "sold" ? "won" : "lost";
  if (status === "cancelled") return "lost";
  return leads ? "leading" : "outbid";
}
