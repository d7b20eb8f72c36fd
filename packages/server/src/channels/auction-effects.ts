import { createHash } from "node:crypto";
import { type Auctions, auctionLobby, auctions, type LobbyLot, type Lot } from "@shoal/contract/auctions";
import { type Effect, effect } from "../channel/effects.ts";
import type { EventOf } from "../channel/event-of.ts";
import { allBidders, findBidder } from "./auction-bidders.ts";
import type { AuctionPrivate, AuctionSecret } from "./auction-private.ts";

/** Something that one user is to be told of an auction. Only that user may learn of it. */
export interface AuctionNews {
  /**
   * `outbid`: somebody else leads. `endingSoon`: to who bid in it or watches it. `won`, `lost`: to who bid. `sold`, `reserveNotMet`,
   * `noBids`: to the seller. `cancelled`: to who bid.
   */
  readonly kind: "outbid" | "endingSoon" | "won" | "lost" | "sold" | "reserveNotMet" | "noBids" | "cancelled";
  /** Who is to be told. */
  readonly userId: string;
  readonly auctionId: string;
  readonly title: string;
  readonly currency: string;
  /** In minor units; null where nobody bid. */
  readonly price: number | null;
  /** Milliseconds since the epoch; null where it never opened. */
  readonly endsAt: number | null;
}

interface Context {
  readonly params: Auctions["params"];
  readonly state: Auctions["state"];
  readonly private: AuctionSecret;
}

type Event = EventOf<Auctions, AuctionPrivate>;

/** How many bidders and followers are told at once; the next ones are told when all of these are. */
export const peopleAtOnce = 200;

type Turn = Auctions["events"]["peopleTold"];

/**
 * What an event means for the people of an auction: for who was outbid at once, and for the others in their turn. How an auction ended
 * is told behind its end, so that what the application makes of news can hold no auction open.
 */
export function newsOf(event: Event, context: Context): readonly AuctionNews[] {
  const { state, private: hidden } = context;
  const { lot, result } = state;
  if (!lot) return [];
  const about = toAbout(context, lot);
  // A user who was erased is no more to be told.
  const tell = (kind: AuctionNews["kind"], userId: string | null | undefined): AuctionNews[] =>
    userId ? [{ kind, userId, ...about }] : [];
  if (event.type === "bidPlaced") return tell("outbid", hidden.outbid);
  if (event.type !== "peopleTold") return [];
  const { of, after } = event.data;
  const others = inTurn(event.data, context).flatMap(({ userId }) => tell(othersNews[of], userId));
  const first = of === "closed" && after === 0 && result !== null;
  return first ? [...tell("won", winnerOf(context)), ...tell(sellersNews[result], lot.seller.id), ...others] : others;
}

/** The command that tells the people of an auction of this event, or tells the next ones, where there may be any. */
export function toPeople(event: Event, context: Context): readonly Effect[] {
  const tell = (turn: Turn) => effect(auctions, context.params, "tellPeople", turn);
  switch (event.type) {
    case "endingSoon":
    case "cancelled":
    case "closed":
      return [tell({ of: event.type, event: event.offset, after: 0 })];
    case "peopleTold": {
      const last = inTurn(event.data, context).at(peopleAtOnce - 1);
      return last ? [tell({ ...event.data, after: last.offset })] : [];
    }
    default:
      return [];
  }
}

const othersNews = { endingSoon: "endingSoon", closed: "lost", cancelled: "cancelled" } as const;
const sellersNews = { sold: "sold", reserve_not_met: "reserveNotMet", no_bids: "noBids" } as const;

/**
 * Those whose turn it is, by when they came: a place in a list would be another one's as soon as somebody is taken out of it. Who comes
 * behind the event is not told of it, so that a follower who bids meanwhile is not told twice.
 */
function inTurn({ of, event, after }: Turn, context: Context) {
  const { bidders, followers } = context.private;
  const winner = of === "closed" ? winnerOf(context) : undefined;
  const waiting = allBidders(bidders).filter(
    ({ userId, offset }) => offset > after && offset < event && userId !== winner,
  );
  if (of !== "endingSoon") return waiting.slice(0, peopleAtOnce);
  const hadBid = (userId: string) => (findBidder(bidders, userId)?.offset ?? event) < event;
  const watching = followers.filter(({ userId, offset }) => offset > after && offset < event && !hadBid(userId));
  return [...waiting, ...watching].sort((one, other) => one.offset - other.offset).slice(0, peopleAtOnce);
}

function winnerOf({ state, private: { leader } }: Context): string | undefined {
  return state.result === "sold" ? leader?.userId : undefined;
}

function toAbout({ params: { auctionId }, state: { price, endsAt } }: Context, { title, currency }: Lot) {
  return { auctionId, title, currency, price, endsAt };
}

/** What an event means for the lobby, which is told of a price at once, and then for a while no more. */
export function toLobby({ type, data }: Event, { params: { auctionId }, state }: Context): readonly Effect[] {
  switch (type) {
    case "bidPlaced":
      return data.told && !data.told.stale ? put(auctionId, state) : [];
    case "scheduled":
    case "opened":
    case "told":
      return put(auctionId, state);
    case "closed":
    case "cancelled":
      return [effect(auctionLobby, {}, "drop", { auctionId })];
    default:
      return [];
  }
}

function put(auctionId: string, state: Auctions["state"]): readonly Effect[] {
  const lot = lobbyLot(auctionId, state);
  return lot ? [effect(auctionLobby, {}, "put", { lot })] : [];
}

function lobbyLot(auctionId: string, state: Auctions["state"]): LobbyLot | null {
  const { lot, status, price, bids, opensAt, endsAt } = state;
  if (!lot || endsAt === null || (status !== "scheduled" && status !== "open")) return null;
  const { title, currency, startPrice } = lot;
  return {
    auctionId,
    seller: sellerKey(lot.seller.id),
    title,
    status,
    currency,
    startPrice,
    price,
    bids,
    opensAt,
    endsAt,
  };
}

/** The lobby tells sellers apart, and is not for looking them up: nothing of it has to be erased with one. */
function sellerKey(userId: string): string {
  return createHash("sha256").update(userId).digest("base64url").slice(0, 22);
}
