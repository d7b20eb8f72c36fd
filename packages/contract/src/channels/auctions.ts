import * as z from "zod/mini";
import type { Channel, TypesOf } from "../channel.ts";
import { defineChannel } from "../define-channel.ts";
import {
  auctionId,
  auctionResult,
  auctionStatus,
  bid,
  bidder,
  description,
  instant,
  lot,
  maskName,
  seller,
  sellerId,
  terms,
  title,
} from "./auction-fields.ts";
import { amount, currency, increments, minimumBid, usualIncrements } from "./auction-money.ts";

export type { AuctionResult, AuctionStatus, Bid, Bidder, Lot, SoftClose } from "./auction-fields.ts";
export { maskName } from "./auction-fields.ts";
export { type AuctionLobby, auctionLobby, type LobbyLot, lobbySize, lobbySizeOfSeller } from "./auction-lobby.ts";
export { incrementAt, maxAmount, minimumBid, type PriceBand, usualIncrements } from "./auction-money.ts";
export { type AuctionPhase, phaseOf, type Standing, standingOf } from "./auction-phase.ts";
export { maxWatched, type WatchedAuctions, watchedAuctions } from "./watched-auctions.ts";

/** How many bids the state of an auction holds; older ones are read by the query `bids`. */
export const bidWindow = 50;

/** How many items a page of `list` and `bids` may have, and how many it has when nobody says. */
export const auctionPage = { most: 100, usual: 50 } as const;

const told = z.object({ at: z.number(), stale: z.boolean() });

const offer = z.object({ id: z.string(), name: z.string(), amount: z.int(), at: z.number() });

/** A bid of one's own that the server has not answered yet. */
export type PendingBid = z.output<typeof offer>;

const state = z.object({
  status: auctionStatus,
  result: z.nullable(auctionResult),
  /** Null in a topic that nobody created. */
  lot: z.nullable(lot),
  opensAt: z.nullable(z.number()),
  /** When it ends, as late bids moved it; never moved back. */
  endsAt: z.nullable(z.number()),
  /** When it was to end as it opened. */
  plannedEnd: z.nullable(z.number()),
  /** What is to be paid, in minor units; null before the first bid. */
  price: z.nullable(z.int()),
  leader: z.nullable(bidder),
  /** Whether it would be sold: true where there is no reserve. */
  reserveMet: z.boolean(),
  bids: z.int(),
  bidders: z.int(),
  /** The newest bids, in their order. */
  recent: z.array(bid),
  /** How many people have it on their watch list. */
  followers: z.int(),
  /** Whether it was told that it ends soon. */
  reminded: z.boolean(),
  /** When the lobby was last told of the price, and whether that has changed since. */
  told,
  /** What this browser has sent and the server has not answered: the server's own state has none. */
  pending: z.array(offer),
});

type State = z.output<typeof state>;

const page = z.optional(z.int().check(z.minimum(1), z.maximum(auctionPage.most)));
const notAllowed = { NOT_ALLOWED: z.object({}) };
const untimely = { NOT_NOW: z.object({ status: auctionStatus }) };
/** The end must be after the beginning, and both not before `now`, but for a beginning that has passed: that is at once. */
const times = { BAD_TIMES: z.object({ now: z.number() }) };
const who = z.object({ userId: z.string() });
/** Of what the people of an auction are told, by which event, and behind which offset they came to it whose turn it is. */
const turn = z.object({ of: z.enum(["endingSoon", "closed", "cancelled"]), event: z.int(), after: z.int() });

const definition = defineChannel(
  "auctions",
  {
    params: z.object({ auctionId }),
    state,
    events: {
      created: z.object({ lot }),
      scheduled: z.object({ opensAt: z.number(), endsAt: z.number() }),
      opened: z.object({ at: z.number(), endsAt: z.number() }),
      bidPlaced: z.object({
        ...bid.shape,
        /** Whether it is the bidder's first one here. */
        joins: z.boolean(),
        /** Whether it moved the end. */
        extends: z.boolean(),
        reserveMet: z.boolean(),
        endsAt: z.number(),
        /** Null where no lobby is told. */
        told: z.nullable(told),
      }),
      /** The leader gave a greater maximum, and nothing else changed. */
      maximumRaised: z.object({}),
      endingSoon: z.object({}),
      /** The lobby is told of the price. */
      told: z.object({ at: z.number() }),
      closed: z.object({ result: auctionResult, endedAt: z.number() }),
      cancelled: z.object({}),
      /** Some of those whom an earlier event concerns are told of it: all at once could be too many. */
      peopleTold: turn,
      followed: z.object({}),
      unfollowed: z.object({}),
      /** A user was erased: these bids are gone, and what told who led and who sold. */
      forgotten: z.object({
        offsets: z.array(z.int()),
        leader: z.boolean(),
        seller: z.boolean(),
        follower: z.boolean(),
      }),
      /** Only predicted: the server answers with another event, or with none. */
      bidOffered: offer,
    },
    commands: {
      create: {
        creates: true,
        input: z.object({
          title,
          description: z._default(description, ""),
          ...terms,
          increments: z._default(increments, [...usualIncrements]),
          proxy: z._default(terms.proxy, true),
          softClose: z._default(terms.softClose, null),
          /** The price below which it is not sold. No frame tells it. */
          reserve: z._default(z.nullable(amount), null),
        }),
        rejections: notAllowed,
      },
      schedule: {
        input: z.object({ opensAt: instant, endsAt: instant }),
        rejections: { ...notAllowed, ...untimely, ...times },
      },
      /** Opens at once. One that is scheduled keeps its end where none is given. */
      open: {
        input: z.object({ endsAt: z.optional(instant) }),
        rejections: { ...notAllowed, ...untimely, ...times },
      },
      placeBid: {
        input: z.object({ amount, currency, confirmed: z._default(z.boolean(), false) }),
        rejections: {
          BELOW_MINIMUM: z.object({ minimum: z.int() }),
          NOT_OPEN: z.object({ status: auctionStatus }),
          ENDED: z.object({ endedAt: z.number() }),
          OWN_AUCTION: z.object({}),
          NOT_ELIGIBLE: z.object({}),
          CURRENCY_MISMATCH: z.object({ currency }),
          /** Send it again with `confirmed` when it is meant. */
          TOO_HIGH: z.object({ limit: z.int() }),
        },
        result: z.object({
          /** Whether it leads. An accepted bid may not: somebody's maximum is at least as great. */
          leading: z.boolean(),
          price: z.int(),
          /** What the next bid is at least, of who does not lead. */
          minimum: z.int(),
          /** One's own maximum, or exact amount. */
          maximum: z.int(),
          /** Who one is in this auction: `bidder` of its bids and of its leader. */
          bidder: z.string(),
          endsAt: z.number(),
        }),
      },
      cancel: { rejections: { ...notAllowed, ...untimely, HAS_BIDS: z.object({ bids: z.int() }) } },
      start: { internal: true },
      close: { internal: true },
      remind: { internal: true },
      tell: { internal: true },
      tellPeople: { internal: true, input: turn },
      follow: { internal: true, input: who },
      unfollow: { internal: true, input: who },
    },
    queries: {
      list: {
        input: z.object({
          status: z.optional(auctionStatus),
          seller: z.optional(sellerId),
          /** Which is first: what ends soonest, or what ends or ended last. */
          order: z._default(z.enum(["soonest", "latest"]), "soonest"),
          cursor: z.optional(z.string().check(z.maxLength(100))),
          limit: page,
        }),
        output: z.object({
          items: z.array(
            z.object({
              auctionId,
              title: z.string(),
              seller,
              status: auctionStatus,
              result: z.nullable(auctionResult),
              currency,
              price: z.nullable(z.int()),
              startPrice: z.int(),
              bids: z.int(),
              reserveMet: z.boolean(),
              opensAt: z.nullable(z.number()),
              endsAt: z.nullable(z.number()),
            }),
          ),
          nextCursor: z.nullable(z.string()),
        }),
      },
      bids: {
        input: z.object({ auctionId, cursor: z.optional(z.int().check(z.minimum(1))), limit: page }),
        output: z.object({ items: z.array(bid), nextCursor: z.nullable(z.int()) }),
      },
      mine: {
        input: z.object({ auctionId }),
        output: z.object({
          bidder: z.nullable(z.string()),
          maximum: z.nullable(z.int()),
          standing: z.enum(["none", "leading", "outbid", "won", "lost"]),
        }),
      },
    },
    presence: z.object({}),
  },
  {
    initial: () => ({
      status: "draft",
      result: null,
      lot: null,
      opensAt: null,
      endsAt: null,
      plannedEnd: null,
      price: null,
      leader: null,
      reserveMet: true,
      bids: 0,
      bidders: 0,
      recent: [],
      followers: 0,
      reminded: false,
      told: { at: 0, stale: false },
      pending: [],
    }),
    apply: {
      created: (state, { lot }) => ({ ...state, lot, reserveMet: !lot.hasReserve }),
      scheduled: (state, times) => ({ ...state, ...times, status: "scheduled", plannedEnd: times.endsAt }),
      opened: (state, { at, endsAt }) => ({ ...state, status: "open", opensAt: at, endsAt, plannedEnd: endsAt }),
      bidPlaced(state, { joins, extends: _extends, reserveMet, endsAt, told, ...bid }) {
        const { bidder, name, price, leads } = bid;
        return {
          ...state,
          price,
          leader: leads ? { bidder, name } : state.leader,
          reserveMet,
          endsAt,
          bids: state.bids + 1,
          bidders: state.bidders + (joins ? 1 : 0),
          recent: [...state.recent.slice(1 - bidWindow), bid],
          told: told ?? state.told,
        };
      },
      maximumRaised: (state) => state,
      endingSoon: (state) => ({ ...state, reminded: true }),
      told: (state, { at }) => ({ ...state, told: { at, stale: false } }),
      closed: (state, { result, endedAt }) => ({ ...over(state), status: "closed", result, endsAt: endedAt }),
      cancelled: (state) => ({ ...over(state), status: "cancelled" }),
      peopleTold: (state) => state,
      followed: (state) => ({ ...state, followers: state.followers + 1 }),
      unfollowed: (state) => ({ ...state, followers: state.followers - 1 }),
      forgotten(state, { offsets, leader, seller, follower }) {
        const { lot } = state;
        return {
          ...state,
          lot: lot && seller ? { ...lot, title: "***", description: "", seller: { id: "", name: "***" } } : lot,
          leader: leader ? { bidder: "", name: "***" } : state.leader,
          recent: state.recent.filter(({ offset }) => !offsets.includes(offset)),
          followers: state.followers - (follower ? 1 : 0),
        };
      },
      bidOffered: (state, offer) => ({ ...state, pending: [...state.pending, offer] }),
    },
    optimistic: {
      placeBid(input, { state, user, commandId: id, now: at }) {
        const least = minimumBid(state);
        const fits = state.status === "open" && input.currency === state.lot?.currency && least !== null;
        if (!fits || input.amount < least) return [];
        const name = maskName(user?.name ?? user?.id ?? "");
        return [{ type: "bidOffered", data: { id, name, amount: input.amount, at } }];
      },
    },
  },
);

function over(state: State): State {
  return { ...state, told: { ...state.told, stale: false } };
}

export interface Auctions extends TypesOf<typeof definition> {}

/**
 * An auction of one lot: people bid in it until its end, and the one who gave most, or gave it first, pays the price.
 *
 * Amounts are whole minor units of the lot's currency. `create` makes a draft; it is opened by `schedule` at its time, or by `open` at once,
 * and closes by itself. What somebody would pay at most no frame tells: the state holds the price that follows. Who they are in
 * this auction a bidder learns from the outcome of `placeBid`, and from `mine`.
 */
export const auctions: Channel<Auctions> = definition;
