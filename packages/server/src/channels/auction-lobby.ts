import { type AuctionLobby, auctionLobby, lobbySize } from "@shoal/contract/auctions";
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
        const last = lots.at(-1);
        if (last && lots.length >= lobbySize) {
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
