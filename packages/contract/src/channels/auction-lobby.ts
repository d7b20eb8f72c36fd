import * as z from "zod/mini";
import type { Channel, TypesOf } from "../channel.ts";
import { defineChannel } from "../define-channel.ts";
import { auctionId } from "./auction-fields.ts";
import { currency } from "./auction-money.ts";

/** How many lots the lobby holds: those that end soonest of the ones it was told of. All are in `list` of the auctions. */
export const lobbySize = 200;

/** How many of them may be one seller's: those of theirs that end soonest. */
export const lobbySizeOfSeller = 20;

const lot = z.object({
  auctionId,
  /** The same for all lots of a seller, and no id of theirs. */
  seller: z.string(),
  title: z.string(),
  status: z.enum(["scheduled", "open"]),
  currency,
  startPrice: z.int(),
  price: z.nullable(z.int()),
  bids: z.int(),
  opensAt: z.nullable(z.number()),
  endsAt: z.number(),
});

/** A lot as the lobby shows it. */
export type LobbyLot = z.output<typeof lot>;

const definition = defineChannel(
  "auctionLobby",
  {
    params: z.object({}),
    /** The lots that are open or will be, what ends soonest first. */
    state: z.object({ lots: z.array(lot) }),
    events: {
      listed: z.object({ lot }),
      /** Of a lot that is listed. */
      changed: z.object({ lot }),
      delisted: z.object({ auctionId }),
    },
    commands: {
      put: { internal: true, input: z.object({ lot }) },
      drop: { internal: true, input: z.object({ auctionId }) },
    },
  },
  {
    initial: () => ({ lots: [] }),
    apply: {
      listed: ({ lots }, { lot }) => ({ lots: [...lots, lot].sort(byEnd) }),
      changed: ({ lots }, { lot }) => ({
        lots: lots.map((other) => (other.auctionId === lot.auctionId ? lot : other)).sort(byEnd),
      }),
      delisted: ({ lots }, { auctionId }) => ({ lots: lots.filter((lot) => lot.auctionId !== auctionId) }),
    },
  },
);

/** The same for the same lots, in whatever order they came. */
function byEnd(a: LobbyLot, b: LobbyLot): number {
  return a.endsAt - b.endsAt || (a.auctionId < b.auctionId ? -1 : 1);
}

export interface AuctionLobby extends TypesOf<typeof definition> {}

/** The lots that are open or scheduled, with their price and their end, live. */
export const auctionLobby: Channel<AuctionLobby> = definition;
