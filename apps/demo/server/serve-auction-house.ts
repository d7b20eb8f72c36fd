import { createHmac } from "node:crypto";
import { serveAuctionLobby, serveAuctions, serveWatchedAuctions } from "@shoal/server/auctions";
import { simulationServed, simulationsServed } from "./serve-simulations.ts";
import type { DemoUser } from "./sessions.ts";
import { whatBiddersAreTold } from "./what-bidders-are-told.ts";

/** The auctions, which everybody may watch and who is signed in may bid in; their lobby, watch lists and simulated bidders. */
export function serveAuctionHouse(secret: Uint8Array) {
  // The secret also signs tokens, and one key is for one purpose.
  const key = createHmac("sha256", secret).update("bidders of auctions").digest("hex");
  return [
    serveAuctions<DemoUser | null, object>({
      key,
      lobby: true,
      effects: whatBiddersAreTold,
      authorize: ({ user, action }) => action === "watch" || user !== null,
      authorizeList: () => true,
    }),
    serveAuctionLobby<DemoUser | null, object>({ authorize: () => true }),
    serveWatchedAuctions<DemoUser | null, object>(),
    simulationServed,
    simulationsServed,
  ] as const;
}
