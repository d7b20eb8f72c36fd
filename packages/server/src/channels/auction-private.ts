import { type Auctions, auctions } from "@shoal/contract/auctions";
import * as z from "zod/mini";
import { definePrivate, type PrivatePart } from "../channel/define-private.ts";
import { bidders, withBidder, withoutBidder } from "./auction-bidders.ts";

const userId = z.string();

const state = z.object({
  reserve: z.nullable(z.int()),
  /** The greatest maximum, of equal ones the earliest, and whose it is; empty where that user was erased. */
  leader: z.nullable(z.object({ userId, maximum: z.int() })),
  /** Who led before the last bid took the lead from them. */
  outbid: z.nullable(userId),
  bidders,
  /** Who has it on their watch list, and which event tells so. */
  followers: z.array(z.object({ userId, offset: z.int() })),
});

export type AuctionSecret = z.output<typeof state>;

const secrets = {
  created: z.object({ reserve: z.nullable(z.int()) }),
  bidPlaced: z.object({ userId, maximum: z.int() }),
  maximumRaised: z.object({ userId, maximum: z.int() }),
  followed: z.object({ userId, offset: z.int() }),
  /** A place in the list, since an id would outlive its user here. */
  unfollowed: z.object({ follower: z.int() }),
  /** The event that was their first bid, and the place in the list of followers; -1 is none. */
  forgotten: z.object({ bidder: z.int(), follower: z.int(), outbid: z.boolean() }),
};

export interface AuctionPrivate {
  state: AuctionSecret;
  secrets: { [K in keyof typeof secrets]: z.output<(typeof secrets)[K]> };
}

/** What only the server knows of an auction: whose bids they are, and how much each would pay at most. */
export const auctionPrivate: PrivatePart<Auctions, AuctionPrivate> = definePrivate(
  auctions,
  { state, secrets },
  {
    initial: () => ({ reserve: null, leader: null, outbid: null, bidders: {}, followers: [] }),
    apply: {
      created: (state, _created, { reserve }) => ({ ...state, reserve }),
      bidPlaced(state, { leads, joins, bidder, offset }, { userId, maximum }) {
        const before = state.leader?.userId ?? "";
        return {
          ...state,
          leader: leads ? { userId, maximum } : state.leader,
          outbid: leads && before !== "" && before !== userId ? before : null,
          bidders: joins ? withBidder(state.bidders, { userId, bidder, offset }) : state.bidders,
        };
      },
      maximumRaised: (state, _raised, leader) => ({ ...state, leader, outbid: null }),
      followed: (state, _followed, follower) => ({ ...state, followers: [...state.followers, follower] }),
      unfollowed: (state, _unfollowed, { follower }) => ({ ...state, followers: without(state.followers, follower) }),
      forgotten: (state, { leader: led }, { bidder, follower, outbid }) => ({
        ...state,
        leader: led && state.leader ? { userId: "", maximum: state.leader.maximum } : state.leader,
        outbid: outbid ? null : state.outbid,
        bidders: withoutBidder(state.bidders, bidder),
        followers: without(state.followers, follower),
      }),
    },
  },
);

/** The list without the item in that place; -1 is none. */
function without<T>(list: readonly T[], place: number): T[] {
  return list.filter((_, index) => index !== place);
}
