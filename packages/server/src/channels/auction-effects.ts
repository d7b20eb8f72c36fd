import { type Auctions, auctionLobby, type LobbyLot } from "@shoal/contract/auctions";
import { type Effect, effect } from "../channel/effects.ts";
import type { EventOf } from "../channel/event-of.ts";
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

/** What an event means for the people of an auction. */
export function newsOf(
  event: Event,
  { params: { auctionId }, state, private: hidden }: Context,
): readonly AuctionNews[] {
  const { lot, price, endsAt } = state;
  if (!lot) return [];
  const about = { auctionId, title: lot.title, currency: lot.currency, price, endsAt };
  // A user who was erased is no more to be told.
  const tell = (kind: AuctionNews["kind"], userIds: readonly (string | null | undefined)[]): AuctionNews[] =>
    [...new Set(userIds)].flatMap((userId) => (userId ? [{ kind, userId, ...about }] : []));
  const bidders = hidden.bidders.map(({ userId }) => userId);
  switch (event.type) {
    case "bidPlaced":
      return tell("outbid", [hidden.outbid]);
    case "endingSoon":
      return tell("endingSoon", [...bidders, ...hidden.followers.map(({ userId }) => userId)]);
    case "cancelled":
      return tell("cancelled", bidders);
    case "closed": {
      const winner = event.data.result === "sold" ? hidden.leader?.userId : undefined;
      const losers = bidders.filter((userId) => userId !== winner);
      const kind = ({ sold: "sold", reserve_not_met: "reserveNotMet", no_bids: "noBids" } as const)[event.data.result];
      return [...tell("won", [winner]), ...tell("lost", losers), ...tell(kind, [lot.seller.id])];
    }
    default:
      return [];
  }
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
  return { auctionId, title, status, currency, startPrice, price, bids, opensAt, endsAt };
}
