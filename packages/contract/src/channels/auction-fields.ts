import * as z from "zod/mini";
import { amount, currency, increments } from "./auction-money.ts";

export const auctionId = z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/, "1 to 64 letters, digits, - and _"));

export const auctionStatus = z.enum(["draft", "scheduled", "open", "closed", "cancelled"]);
export type AuctionStatus = z.output<typeof auctionStatus>;

/** How an auction ended that ended by itself. */
export const auctionResult = z.enum(["sold", "reserve_not_met", "no_bids"]);
export type AuctionResult = z.output<typeof auctionResult>;

/** Not every store keeps a NUL, and half of a surrogate pair is no text. */
const storable = z.refine<string>((text) => !/\0|\p{Surrogate}/u.test(text), "no NUL, and whole characters");

/** Who sold what a list is asked for. */
export const sellerId = z.string().check(z.maxLength(128), storable);

const text = (most: number) => z.string().check(z.trim(), z.maxLength(most), storable);

/** An instant in milliseconds since the epoch, by the server's clock; as far as a `Date` reaches. */
export const instant = z.int().check(z.minimum(0), z.maximum(8_640_000_000_000_000));
const duration = z.int().check(z.minimum(1), z.maximum(365 * 86_400_000));

const softClose = z.object({
  /** A bid in the last so many milliseconds moves the end. */
  windowMs: duration,
  /** By so many milliseconds. */
  extendMs: duration,
  /** All of them together by at most so many milliseconds; null is without an end. */
  maxTotalMs: z.nullable(duration),
});

/** When a late bid moves the end of an auction. */
export type SoftClose = z.output<typeof softClose>;

export const title = text(120).check(z.minLength(1, "a lot needs a title"));
export const description = text(4_000);
export const seller = z.object({ id: z.string(), name: z.string() });

/** What is public of the terms. */
export const terms = {
  currency,
  /** The least first bid. */
  startPrice: amount,
  increments,
  /** Whether a bid is a maximum up to which the auction bids for its bidder; else it is an exact amount. */
  proxy: z.boolean(),
  softClose: z.nullable(softClose),
};

export const lot = z.object({
  title: z.string(),
  description: z.string(),
  seller,
  ...terms,
  /** Whether there is a price below which it is not sold. Which one nobody is told. */
  hasReserve: z.boolean(),
});

/** What is sold, and how. */
export type Lot = z.output<typeof lot>;

/** Who bids: an id that means nothing outside of its auction, and a name of which two letters are left. */
export const bidder = z.object({ bidder: z.string(), name: z.string() });
export type Bidder = z.output<typeof bidder>;

export const bid = z.object({
  /** Its place in the auction's log, by which `bids` pages. */
  offset: z.int(),
  ...bidder.shape,
  /** The price after it. */
  price: z.int(),
  /** Whether its bidder led then. */
  leads: z.boolean(),
  at: z.number(),
});

/** A bid as everybody sees it. */
export type Bid = z.output<typeof bid>;

const byLetter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** A name of which the first and the last letter are left, as `b***r`. What only turns the direction of writing is no letter. */
export function maskName(name: string): string {
  const shown = name.replace(/\p{Bidi_Control}/gu, "").trim();
  const letters = [...byLetter.segment(shown)].map(({ segment }) => segment);
  const [first = ""] = letters;
  return letters.length > 2 ? `${first}***${letters.at(-1)}` : `${first}***`;
}
