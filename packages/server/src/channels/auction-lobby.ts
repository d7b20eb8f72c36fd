import { type AuctionLobby, auctionLobby, type LobbyLot, lobbySize, lobbySizeOfSeller } from "@shoal/contract/auctions";
import { serveChannel } from "../channel/serve-channel.ts";
import type { AuthorizeCall, ServedChannel } from "../channel/serve-options.ts";
import type { User } from "../user.ts";

export interface AuctionLobbyOptions<W, C> {
  /**
   * Whether the user may watch the lobby.
   * @default whoever is signed in may
   */
  readonly authorize?: (call: AuthorizeCall<AuctionLobby, W, C>) => boolean | Promise<boolean>;
}

/** How many events the lobby keeps: who was away for longer gets a snapshot. */
const keptEvents = 2_000;

/** Serves {@link auctionLobby}. Auctions that are served with `lobby` are in it. */
export function serveAuctionLobby<W extends User | null = User | null, C = object>({
  authorize,
}: AuctionLobbyOptions<W, C> = {}): ServedChannel<AuctionLobby, W, C> {
  return serveChannel<AuctionLobby, W, C>(auctionLobby, {
    ...(authorize && { authorize }),
    retention: { events: keptEvents },
    conflate: ({ type, data }) => (type === "changed" ? data.lot.auctionId : null),
    commands: {
      put({ state: { lots }, input: { lot }, emit }) {
        if (lots.some(({ auctionId }) => auctionId === lot.auctionId)) return emit("changed", { lot });
        const last = displacedBy(lot, lots);
        if (last) {
          if (lot.endsAt >= last.endsAt) return;
          emit("delisted", { auctionId: last.auctionId });
        }
        emit("listed", { lot });
      },
      drop({ state: { lots }, input, emit }) {
        if (lots.some(({ auctionId }) => auctionId === input.auctionId)) emit("delisted", input);
      },
    },
    // It names no user.
    eraseUser: () => {},
  });
}

/** The lot that has to leave for another one, if one has: of its seller, who may not have all the room, or else of anybody. */
function displacedBy({ seller }: LobbyLot, lots: readonly LobbyLot[]): LobbyLot | undefined {
  const own = lots.filter((other) => other.seller === seller);
  if (own.length >= lobbySizeOfSeller) return own.at(-1);
  return lots.length >= lobbySize ? lots.at(-1) : undefined;
}
