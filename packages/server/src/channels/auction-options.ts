import type { Auctions } from "@shoal/contract/auctions";
import type { Effect } from "../channel/effects.ts";
import type { PrepareCall } from "../channel/prepare-call.ts";
import type { AuthorizeCall } from "../channel/serve-options.ts";
import type { RateOptions } from "../security/rates.ts";
import type { AuctionNews } from "./auction-effects.ts";
import type { AuctionTables } from "./auction-tables.ts";

export interface AuctionsOptions<W, C> {
  /**
   * The key of the ids under which bidders are seen: at least 32 characters that nobody can guess, the same on all nodes. With another one
   * who bids for the first time in an auction gets another id; who has bid keeps theirs.
   */
  readonly key: string;
  /**
   * Whether the user may do `action` (`watch`, `create`, `schedule`, `open`, `placeBid`, `cancel`, `presence`) in the auction. What only
   * its seller may is decided afterwards.
   * @default whoever is signed in may
   */
  readonly authorize?: (call: AuthorizeCall<Auctions, W, C>) => boolean | Promise<boolean>;
  /**
   * Whether the user may bid so much in this auction; asked before each bid, outside of every lock, and may ask anybody. Anything but
   * `true` is the rejection `NOT_ELIGIBLE`, and what throws or takes longer than 10 s fails the bid.
   * @default whoever is signed in may
   */
  readonly eligible?: (call: PrepareCall<Auctions, "placeBid", W, C, AuctionTables>) => boolean | Promise<boolean>;
  /**
   * Whether the user may sell this lot on these terms. Anything but `true` is the rejection `NOT_ALLOWED`.
   * @default whoever is signed in may
   */
  readonly maySell?: (call: PrepareCall<Auctions, "create", W, C, AuctionTables>) => boolean | Promise<boolean>;
  /**
   * Whether the user is a moderator of the application, who may schedule, open and cancel every auction, also one that has bids. Only who
   * is signed in can be one. Pure.
   * @default nobody is
   */
  readonly moderator?: (user: W, params: Auctions["params"]) => boolean;
  /**
   * A bid of more than so many times the least one is to be confirmed, against slips of the keyboard; infinite for none.
   * @default 20
   */
  readonly confirmAbove?: number;
  /**
   * How long before the end it is told that the auction ends soon, in whole milliseconds.
   * @default 300000
   */
  readonly endingSoonMs?: number;
  /**
   * Whether the user may read `list`, which tells of all auctions: it is not asked about each.
   * @default whoever is signed in may
   */
  readonly authorizeList?: (call: { readonly user: W; readonly ctx: C }) => boolean | Promise<boolean>;
  /**
   * Which auctions the lobby shows. It must be served: `serveAuctionLobby`. Pure.
   * @default none
   */
  readonly lobby?: boolean | ((params: Auctions["params"]) => boolean);
  /**
   * What the application makes of news for one user: commands for other topics, such as that user's inbox. Pure. They are stored in
   * the auction's log, and run once in effect. When it throws for an `outbid` the bid fails; any other news it holds up, and no auction.
   * @default nobody is told
   */
  readonly effects?: (news: AuctionNews) => readonly Effect[];
  /**
   * How often a user may ask something, on each node.
   * @default the `rates` of `createRealtime`
   */
  readonly rates?: RateOptions;
}
