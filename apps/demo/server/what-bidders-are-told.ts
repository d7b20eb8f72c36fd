import type { Effect } from "@shoal/server";
import type { AuctionNews } from "@shoal/server/auctions";
import { isSimulated } from "./simulated-people.ts";
import { notify } from "./what-people-are-told.ts";

/** News of an auction, as it comes into an inbox. Simulated people read none. */
export function whatBiddersAreTold({
  kind,
  userId,
  auctionId,
  title,
  currency,
  price,
}: AuctionNews): readonly Effect[] {
  if (isSimulated(userId)) return [];
  const data = { auctionId, title, currency, price };
  const content = kind === "outbid" ? { kind, data } : { kind: "auction", data: { ...data, news: kind } };
  return [notify(userId, content, { source: `auction:${auctionId}` })];
}
