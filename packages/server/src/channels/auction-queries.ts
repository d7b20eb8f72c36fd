import { ShoalError } from "@shoal/contract";
import { type Auctions, auctionPage, type Bid } from "@shoal/contract/auctions";
import type { Kysely } from "kysely";
import type { ErasedTopic, TopicReader } from "../channel/serve-options.ts";
import { type AuctionTables, keyOf, never } from "./auction-tables.ts";
import { tenantKey } from "./tenant-key.ts";

type List = Auctions["queries"]["list"]["input"];
type Page = Omit<Auctions["queries"]["bids"]["input"], "auctionId">;

/** Who asks for a list. */
export interface Asker {
  readonly id: string | null;
  readonly tenant: string | null;
}

/**
 * A page of auctions by their end, and by their id where they end together. What never had an end, such as a draft, is listed for its
 * seller alone. It is behind all others and read for itself, so that what others drafted costs nobody anything.
 */
export async function listAuctions(read: Kysely<AuctionTables>, { id, tenant }: Asker, input: List) {
  const { status, seller, order, limit = auctionPage.usual } = input;
  const after = input.cursor === undefined ? undefined : parseCursor(input.cursor);
  const [way, beyond] = order === "soonest" ? (["asc", ">"] as const) : (["desc", "<"] as const);
  const readPart = (part: "timed" | "endless", most: number) =>
    read
      .selectFrom("auction")
      .innerJoin("auction_price", (on) =>
        on.onRef("auction_price.tenant", "=", "auction.tenant").onRef("auction_price.auction", "=", "auction.auction"),
      )
      .selectAll("auction")
      .select(["price", "bids", "reserve_met"])
      .where("auction.tenant", "=", tenantKey(tenant))
      .where("ends_at", part === "timed" ? "<" : "=", never)
      .$if(part === "endless", (own) => own.where("seller", "=", id ?? ""))
      .$if(status !== undefined, (some) => some.where("status", "=", status ?? "draft"))
      .$if(seller !== undefined, (some) => some.where("seller", "=", seller ?? ""))
      .$if(after !== undefined, (some) =>
        some.where(({ eb, refTuple, tuple }) =>
          eb(refTuple("ends_at", "auction.auction"), beyond, tuple(after?.endsAt ?? 0, after?.auction ?? "")),
        ),
      )
      .orderBy("ends_at", way)
      .orderBy("auction.auction", way)
      .limit(most)
      .execute();
  const rows: Awaited<ReturnType<typeof readPart>> = [];
  for (const part of order === "soonest" ? (["timed", "endless"] as const) : (["endless", "timed"] as const)) {
    const isOthers = part === "endless" && (id === null || (seller !== undefined && seller !== id));
    if (!isOthers && rows.length <= limit) rows.push(...(await readPart(part, limit + 1 - rows.length)));
  }
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  const items = page.map((row) => ({
    auctionId: row.auction,
    title: JSON.parse(row.title) as string,
    seller: { id: row.seller, name: JSON.parse(row.seller_name) as string },
    status: row.status,
    result: row.result,
    currency: row.currency,
    price: row.price,
    startPrice: row.start_price,
    bids: row.bids,
    reserveMet: row.reserve_met === 1,
    opensAt: row.opens_at,
    endsAt: row.ends_at === never ? null : row.ends_at,
  }));
  return { items, nextCursor: last ? `${last.ends_at}.${last.auction}` : null };
}

/** @throws {ShoalError} `BAD_REQUEST` when it is none that a page gave */
function parseCursor(cursor: string) {
  const [, endsAt = "", auction = ""] = /^(\d{1,16})\.([\w-]{1,64})$/.exec(cursor) ?? [];
  if (auction !== "" && Number.isSafeInteger(Number(endsAt))) return { endsAt: Number(endsAt), auction };
  throw new ShoalError("BAD_REQUEST", "The cursor is none that a page of auctions gave. Begin without one.");
}

/** How many offsets are read at a time: not every one is a bid. */
const eventsAtOnce = 200;

/** How often a page reads at most: where it found too few bids in all of these, it ends there and others follow it. */
const mostReads = 20;

/** A page of bids from the log, newest first. */
export async function readBids(topic: TopicReader<Auctions>, { cursor, limit = auctionPage.usual }: Page) {
  const bids: Bid[] = [];
  let before = cursor;
  for (let reads = 0; reads < mostReads && bids.length <= limit && before !== 1; reads += 1) {
    const events = await topic.history({ before, limit: eventsAtOnce });
    for (const event of events) if (event.type === "bidPlaced") bids.push(toBid(event.data));
    // A cursor may lie beyond the log, so that what was read says where to go on. What was redacted is left out: then it is the range.
    before = events.at(-1)?.offset ?? Math.max(1, (before ?? 1) - eventsAtOnce);
  }
  const items = bids.slice(0, limit);
  if (bids.length > limit) return { items, nextCursor: items.at(-1)?.offset ?? null };
  return { items, nextCursor: before === undefined || before <= 1 ? null : before };
}

function toBid({ offset, bidder, name, price, leads, at }: Auctions["events"]["bidPlaced"]): Bid {
  return { offset, bidder, name, price, leads, at };
}

/** What a bidder would pay at most, and who they are in the auction; undefined for who has not bid. */
export async function readBidder(read: Kysely<AuctionTables>, auction: ErasedTopic<Auctions>, userId: string) {
  return await read
    .selectFrom("auction_bidder")
    .select(["bidder", "maximum"])
    .where(({ and }) => and({ ...keyOf(auction), user_id: userId }))
    .executeTakeFirst();
}
