import type { AuctionResult, AuctionStatus, Auctions } from "@shoal/contract/auctions";
import type { Kysely } from "kysely";
import type { Tables } from "../channel/define-tables.ts";
import type { ErasedTopic, TopicChange } from "../channel/serve-options.ts";
import { findBidder } from "./auction-bidders.ts";
import type { AuctionPrivate } from "./auction-private.ts";
import { tenantKey } from "./tenant-key.ts";

interface AuctionRow {
  readonly tenant: string;
  readonly auction: string;
  readonly status: AuctionStatus;
  readonly result: AuctionResult | null;
  readonly seller: string;
  /** As JSON, as all texts of people are here. */
  readonly seller_name: string;
  /** As JSON. */
  readonly title: string;
  readonly currency: string;
  readonly start_price: number;
  readonly opens_at: number | null;
  /** {@link never} where nothing says when. */
  readonly ends_at: number;
}

/** What each bid changes: apart from what is listed by, so that a bid moves no index. */
interface PriceRow {
  readonly tenant: string;
  readonly auction: string;
  readonly price: number | null;
  readonly bids: number;
  readonly reserve_met: 0 | 1;
}

/** What a bidder would pay at most: for that bidder alone. */
interface BidderRow {
  readonly tenant: string;
  readonly auction: string;
  readonly user_id: string;
  readonly bidder: string;
  readonly maximum: number;
  /** The event that says so. */
  readonly offset: number;
}

export interface AuctionTables {
  readonly auction: AuctionRow;
  readonly auction_price: PriceRow;
  readonly auction_bidder: BidderRow;
}

/** Behind every instant, for what has no end yet. */
export const never = Number.MAX_SAFE_INTEGER;

export const auctionTables: Tables<AuctionTables> = {
  steps: [
    ({ schema }) => [
      schema
        .createTable("auction")
        .addColumn("tenant", "text", (column) => column.notNull())
        .addColumn("auction", "text", (column) => column.notNull())
        .addColumn("status", "text", (column) => column.notNull())
        .addColumn("result", "text")
        .addColumn("seller", "text", (column) => column.notNull())
        .addColumn("seller_name", "text", (column) => column.notNull())
        .addColumn("title", "text", (column) => column.notNull())
        .addColumn("currency", "text", (column) => column.notNull())
        .addColumn("start_price", "bigint", (column) => column.notNull())
        .addColumn("opens_at", "bigint")
        .addColumn("ends_at", "bigint", (column) => column.notNull())
        .addPrimaryKeyConstraint("auction_key", ["tenant", "auction"]),
      schema.createIndex("auction_end").on("auction").columns(["tenant", "ends_at", "auction"]),
      schema.createIndex("auction_status").on("auction").columns(["tenant", "status", "ends_at", "auction"]),
      schema.createIndex("auction_seller").on("auction").columns(["tenant", "seller", "ends_at", "auction"]),
      schema
        .createTable("auction_price")
        .addColumn("tenant", "text", (column) => column.notNull())
        .addColumn("auction", "text", (column) => column.notNull())
        .addColumn("price", "bigint")
        .addColumn("bids", "bigint", (column) => column.notNull())
        .addColumn("reserve_met", "integer", (column) => column.notNull())
        .addPrimaryKeyConstraint("auction_price_key", ["tenant", "auction"]),
      schema
        .createTable("auction_bidder")
        .addColumn("tenant", "text", (column) => column.notNull())
        .addColumn("auction", "text", (column) => column.notNull())
        .addColumn("user_id", "text", (column) => column.notNull())
        .addColumn("bidder", "text", (column) => column.notNull())
        .addColumn("maximum", "bigint", (column) => column.notNull())
        .addColumn("offset", "bigint", (column) => column.notNull())
        .addPrimaryKeyConstraint("auction_bidder_key", ["tenant", "auction", "user_id"]),
    ],
  ],
};

type Change = TopicChange<Auctions, AuctionPrivate>;

/** How many rows a statement writes at most: SQLite takes 32,766 values. */
const rowsAtOnce = 1_000;

/** Keeps the tables as the auctions are: of each auction and each bidder the last, once. */
export async function projectAuctions(tx: Kysely<AuctionTables>, changes: readonly Change[]): Promise<void> {
  for (const rows of chunks(changes.filter(isListedAnew).flatMap(toRow))) {
    const insert = tx.insertInto("auction").values(rows);
    await insert
      .onConflict((key) =>
        key.columns(["tenant", "auction"]).doUpdateSet(({ ref }) => ({
          status: ref("excluded.status"),
          result: ref("excluded.result"),
          seller: ref("excluded.seller"),
          seller_name: ref("excluded.seller_name"),
          title: ref("excluded.title"),
          opens_at: ref("excluded.opens_at"),
          ends_at: ref("excluded.ends_at"),
        })),
      )
      .execute();
  }
  for (const rows of chunks(changes.flatMap(toPrice))) {
    const insert = tx.insertInto("auction_price").values(rows);
    await insert
      .onConflict((key) =>
        key.columns(["tenant", "auction"]).doUpdateSet(({ ref }) => ({
          price: ref("excluded.price"),
          bids: ref("excluded.bids"),
          reserve_met: ref("excluded.reserve_met"),
        })),
      )
      .execute();
  }
  for (const rows of chunks(changes.flatMap(toBidders))) {
    const insert = tx.insertInto("auction_bidder").values(rows);
    await insert
      .onConflict((key) =>
        key.columns(["tenant", "auction", "user_id"]).doUpdateSet(({ ref }) => ({
          maximum: ref("excluded.maximum"),
          offset: ref("excluded.offset"),
        })),
      )
      .execute();
  }
  for (const change of changes) if (change.redacts.length > 0) await forget(tx, change);
}

/** Deletes the rows of an auction. */
export async function eraseAuction(tx: Kysely<AuctionTables>, topic: ErasedTopic<Auctions>): Promise<void> {
  for (const table of ["auction", "auction_price", "auction_bidder"] as const) {
    await tx
      .deleteFrom(table)
      .where(({ and }) => and(keyOf(topic)))
      .execute();
  }
}

/** The offset is that of the bidder's last bid, which is redacted with all others of an erased user. */
async function forget(tx: Kysely<AuctionTables>, change: Change): Promise<void> {
  for (const offsets of chunks(change.redacts)) {
    await tx
      .deleteFrom("auction_bidder")
      .where(({ and }) => and(keyOf(change)))
      .where("offset", "in", offsets)
      .execute();
  }
}

/** Whether anything changed that a list shows, but for the price. */
function isListedAnew({ events }: Change): boolean {
  return events.some((event) => {
    switch (event.type) {
      case "created":
      case "scheduled":
      case "opened":
      case "closed":
      case "cancelled":
      case "forgotten":
        return true;
      case "bidPlaced":
        return event.data.extends;
      default:
        return false;
    }
  });
}

function toRow(change: Change): AuctionRow[] {
  const { lot, status, result, opensAt, endsAt } = change.state;
  if (!lot) return [];
  const { seller, title, currency, startPrice } = lot;
  return [
    {
      ...keyOf(change),
      status,
      result,
      seller: seller.id,
      seller_name: JSON.stringify(seller.name),
      title: JSON.stringify(title),
      currency,
      start_price: startPrice,
      opens_at: opensAt,
      ends_at: endsAt ?? never,
    },
  ];
}

function toPrice(change: Change): PriceRow[] {
  if (!change.events.some(({ type }) => type === "created" || type === "bidPlaced")) return [];
  const { price, bids, reserveMet } = change.state;
  return [{ ...keyOf(change), price, bids, reserve_met: reserveMet ? 1 : 0 }];
}

/** One statement may not touch a row twice, so that of each bidder the last is kept. */
function toBidders(change: Change): BidderRow[] {
  const rows = new Map<string, BidderRow>();
  for (const event of change.events) {
    if (event.type !== "bidPlaced" && event.type !== "maximumRaised") continue;
    const { userId, maximum } = event.secret;
    // Who raises a maximum has bid before.
    const bidder =
      event.type === "bidPlaced" ? event.data.bidder : (findBidder(change.private.bidders, userId)?.bidder ?? "");
    rows.set(userId, { ...keyOf(change), user_id: userId, bidder, maximum, offset: event.offset });
  }
  return [...rows.values()];
}

function chunks<T>(rows: readonly T[]): readonly T[][] {
  return Array.from({ length: Math.ceil(rows.length / rowsAtOnce) }, (_, index) =>
    rows.slice(index * rowsAtOnce, (index + 1) * rowsAtOnce),
  );
}

export function keyOf({ params, tenant }: ErasedTopic<Auctions>) {
  return { tenant: tenantKey(tenant), auction: params.auctionId };
}
