import type { AuctionPhase, Auctions, Standing } from "@shoal/contract/auctions";
import { useAuction } from "@shoal/react/auctions";
import { expectTypeOf } from "vitest";

export function Lot() {
  const { state, status, phase, standing, minimum, maximum, bidder, send } = useAuction({ auctionId: "lamp" });
  expectTypeOf(state).toEqualTypeOf<Auctions["state"] | undefined>();
  if (status === "live") expectTypeOf(state).toEqualTypeOf<Auctions["state"]>();
  expectTypeOf(phase).toEqualTypeOf<AuctionPhase>();
  expectTypeOf(standing).toEqualTypeOf<Standing>();
  expectTypeOf(minimum).toEqualTypeOf<number | null>();
  expectTypeOf(maximum).toEqualTypeOf<number | null>();
  expectTypeOf(bidder).toEqualTypeOf<string | null>();
  // @ts-expect-error: an auction is named by its id
  useAuction({ roomId: "lobby" });
  // @ts-expect-error: a bid names its currency
  void send.placeBid({ amount: 100 });
  // @ts-expect-error: only the server closes an auction
  void send.close;
  return null;
}

export async function bid({ send }: ReturnType<typeof useAuction>): Promise<string> {
  const outcome = await send.placeBid({ amount: 100, currency: "EUR" });
  if (outcome.ok) return outcome.result.leading ? "You lead." : "Somebody's maximum is at least as great.";
  switch (outcome.reason) {
    case "BELOW_MINIMUM":
      return `At least ${outcome.minimum}.`;
    case "TOO_HIGH":
      return `More than ${outcome.limit}: do you mean it?`;
    case "ENDED":
      return `It ended at ${outcome.endedAt}.`;
    case "NOT_OPEN":
      return `It is ${outcome.status}.`;
    case "CURRENCY_MISMATCH":
      return `It is sold in ${outcome.currency}.`;
    case "OWN_AUCTION":
    case "NOT_ELIGIBLE":
      return outcome.reason;
  }
}
