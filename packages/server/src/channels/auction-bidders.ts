import * as z from "zod/mini";

const bidder = z.object({
  userId: z.string(),
  /** The id under which others see them. */
  bidder: z.string(),
  /** Which event was their first bid. */
  offset: z.int(),
});

export type Bidder = z.output<typeof bidder>;

/** Who bid, in parts by a hash of their id: a bid looks through one part, and the first one of somebody copies one. */
export const bidders = z.record(z.string(), z.array(bidder));
export type Bidders = z.output<typeof bidders>;

/** In how many parts they are. It is kept with auctions, so that another number is a migration. */
const parts = 256;

export function findBidder(bidders: Bidders, userId: string): Bidder | undefined {
  return bidders[partOf(userId)]?.find((one) => one.userId === userId);
}

export function withBidder(bidders: Bidders, bidder: Bidder): Bidders {
  const part = partOf(bidder.userId);
  return { ...bidders, [part]: [...(bidders[part] ?? []), bidder] };
}

/** Without the one whose first bid was the event `offset`; there may be none. */
export function withoutBidder(bidders: Bidders, offset: number): Bidders {
  return Object.fromEntries(
    Object.entries(bidders).map(([part, list]) => [part, list.filter((one) => one.offset !== offset)]),
  );
}

/** All of them, in the order of their first bids. */
export function allBidders(bidders: Bidders): readonly Bidder[] {
  return Object.values(bidders)
    .flat()
    .sort((one, other) => one.offset - other.offset);
}

/** FNV-1a of the id's UTF-16 units. */
function partOf(userId: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < userId.length; index += 1) {
    hash = Math.imul(hash ^ userId.charCodeAt(index), 0x01000193);
  }
  return String((hash >>> 0) % parts);
}
