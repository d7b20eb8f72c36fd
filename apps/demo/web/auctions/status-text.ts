import type { AuctionResult, AuctionStatus } from "@shoal/contract/auctions";

/** How an auction ended, or where it is, in a word or two. */
export function statusText(status: AuctionStatus, result: AuctionResult | null): string {
  switch (status) {
    case "draft":
      return "Draft";
    case "scheduled":
      return "Coming up";
    case "open":
      return "Open";
    case "cancelled":
      return "Cancelled";
    case "closed":
      return result === "sold" ? "Sold" : result === "reserve_not_met" ? "Reserve not met" : "No bids";
  }
}
