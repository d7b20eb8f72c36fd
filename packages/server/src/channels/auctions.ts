import { ShoalError } from "@shoal/contract";
import { type Auctions, auctions, standingOf } from "@shoal/contract/auctions";
import { serveChannel } from "../channel/serve-channel.ts";
import type { ServedChannel } from "../channel/serve-options.ts";
import type { User } from "../user.ts";
import { lobbyPaceMs, placeBid } from "./auction-bid.ts";
import { bidderIds } from "./auction-bidder.ts";
import { newsOf, toLobby, toPeople } from "./auction-effects.ts";
import { eraseFromAuction } from "./auction-erasure.ts";
import type { AuctionsOptions } from "./auction-options.ts";
import { type AuctionPrivate, auctionPrivate } from "./auction-private.ts";
import { listAuctions, readBidder, readBids } from "./auction-queries.ts";
import { type AuctionTables, auctionTables, eraseAuction, projectAuctions } from "./auction-tables.ts";
import { toPerson } from "./to-person.ts";

export type { AuctionNews } from "./auction-effects.ts";
export { type AuctionLobbyOptions, serveAuctionLobby } from "./auction-lobby.ts";
export type { AuctionsOptions } from "./auction-options.ts";
export { serveWatchedAuctions } from "./watched-auctions.ts";

/** What was asked before a command: nothing where nobody is to be asked. */
interface Prepared {
  readonly create: boolean | undefined;
  readonly placeBid: boolean | undefined;
}

/** Who would change an auction. */
interface KeeperCall<W> {
  readonly user: W;
  readonly params: Auctions["params"];
  readonly state: Auctions["state"];
}

/** How many may have an auction on their watch list and be told that it ends soon; who comes later is not counted. */
const maxFollowers = 10_000;

/**
 * Serves {@link auctions}. Bidders show the first and the last letter of their `name`, or of their id when there is none.
 *
 * @throws {ShoalError} `BAD_REQUEST` when the key is shorter than 32 characters, `endingSoonMs` is no whole number from 0 to a year, or
 *   `confirmAbove` is none from 1
 */
export function serveAuctions<W extends User | null = User | null, C = object>(
  options: AuctionsOptions<W, C>,
): ServedChannel<Auctions, W, C> {
  const { key, authorize, eligible, maySell, rates, effects, authorizeList = ({ user }) => user !== null } = options;
  const { moderator = () => false, confirmAbove = 20, endingSoonMs = 300_000, lobby = false } = options;
  const bidderOf = bidderIds(key);
  const isShown = typeof lobby === "function" ? lobby : () => lobby;
  refuseNumbers({ confirmAbove, endingSoonMs });
  const keeps = ({ user, params, state }: KeeperCall<W>) =>
    user !== null && state.lot !== null && (state.lot.seller.id === user.id || moderator(user, params));

  return serveChannel<Auctions, W, C, Prepared, AuctionPrivate, "all", {}, AuctionTables>(auctions, {
    private: auctionPrivate,
    ...(authorize && { authorize }),
    ...(rates && { rates }),
    // What the others read of an auction is authorized as a watch of it.
    authorizeQuery: ({ action, user, ctx }) => action !== "list" || authorizeList({ user, ctx }),
    tables: auctionTables,
    ...((eligible || maySell) && {
      prepare: {
        create: async (call) => !maySell || (await maySell(call)) === true,
        placeBid: async (call) => !eligible || (await eligible(call)) === true,
      },
    }),
    mint: { create: ({ id }) => ({ auctionId: id }) },
    timers({ status, opensAt, endsAt, reminded, told }) {
      if (status === "scheduled") return [{ name: "start", at: opensAt ?? 0, command: "start" }];
      if (status !== "open" || endsAt === null) return [];
      return [
        { name: "close", at: endsAt, command: "close" },
        ...(reminded ? [] : [{ name: "remind", at: endsAt - endingSoonMs, command: "remind" } as const]),
        ...(told.stale ? [{ name: "tell", at: told.at + lobbyPaceMs, command: "tell" } as const] : []),
      ];
    },
    commands: {
      create({ input: { reserve, ...terms }, prepared, user, emit, reject }) {
        if (!user) throw new ShoalError("UNAUTHORIZED", "Sign in to sell.");
        if (prepared === false) return reject("NOT_ALLOWED");
        const lot = { ...terms, seller: toPerson(user), hasReserve: reserve !== null };
        emit("created", { lot }, { reserve });
      },
      schedule({ input: { opensAt, endsAt }, now, emit, reject, ...call }) {
        const { status } = call.state;
        if (!keeps(call)) return reject("NOT_ALLOWED");
        if (status !== "draft" && status !== "scheduled") return reject("NOT_NOW", { status });
        if (endsAt <= Math.max(opensAt, now)) return reject("BAD_TIMES", { now });
        emit("scheduled", { opensAt, endsAt });
      },
      open({ input, now, emit, reject, ...call }) {
        const { status, endsAt: planned } = call.state;
        if (!keeps(call)) return reject("NOT_ALLOWED");
        if (status !== "draft" && status !== "scheduled") return reject("NOT_NOW", { status });
        const endsAt = input.endsAt ?? planned;
        if (endsAt === null || endsAt <= now) return reject("BAD_TIMES", { now });
        emit("opened", { at: now, endsAt });
      },
      placeBid: (call) => placeBid(call, { bidderOf, confirmAbove, isShown }),
      cancel({ emit, reject, ...call }) {
        const { status, bids } = call.state;
        const { user, params } = call;
        if (!keeps(call)) return reject("NOT_ALLOWED");
        if (status === "closed" || status === "cancelled") return reject("NOT_NOW", { status });
        if (bids > 0 && !(user && moderator(user, params))) return reject("HAS_BIDS", { bids });
        emit("cancelled");
      },
      start({ state: { status, endsAt }, now, emit }) {
        if (status === "scheduled" && endsAt !== null) emit("opened", { at: now, endsAt });
      },
      close({ state: { status, bids, reserveMet, endsAt }, now, emit }) {
        if (status !== "open" || endsAt === null || endsAt > now) return;
        const result = bids === 0 ? "no_bids" : reserveMet ? "sold" : "reserve_not_met";
        emit("closed", { result, endedAt: endsAt });
      },
      remind({ state: { status, endsAt, reminded }, now, emit }) {
        // After a time without any server there may be nothing left to be told of.
        if (status === "open" && endsAt !== null && now < endsAt && !reminded) emit("endingSoon");
      },
      tell({ state: { told }, now, emit }) {
        if (told.stale) emit("told", { at: now });
      },
      tellPeople({ state: { status }, input, emit }) {
        // What has ended ends soon no more.
        if (input.of !== "endingSoon" || status === "open") emit("peopleTold", input);
      },
      follow({ state: { lot, status }, private: { followers }, input: { userId }, offset, emit }) {
        const knows = followers.some((follower) => follower.userId === userId);
        if (!lot || isOver(status) || knows || followers.length >= maxFollowers) return;
        emit("followed", {}, { userId, offset: offset + 1 });
      },
      unfollow({ private: { followers }, input: { userId }, emit, redact }) {
        const follower = followers.findIndex((one) => one.userId === userId);
        const followed = followers[follower];
        if (!followed) return;
        emit("unfollowed", {}, { follower });
        redact(followed.offset);
      },
    },
    project: projectAuctions,
    effects: (event, context) => [
      ...(isShown(context.params) ? toLobby(event, context) : []),
      ...(effects ? [...newsOf(event, context).flatMap(effects), ...toPeople(event, context)] : []),
    ],
    erased: eraseAuction,
    eraseUser: eraseFromAuction,
    queries: {
      list: ({ input, user, read }) =>
        listAuctions(read, { id: user?.id ?? null, tenant: user?.tenant ?? null }, input),
      bids: ({ input: { auctionId, ...page }, topic }) => readBids(topic({ auctionId }), page),
      async mine({ input: params, user, read, topic }) {
        if (!user) throw new ShoalError("UNAUTHORIZED", "Sign in to see your bids.");
        const state = await topic(params).state();
        const own = await readBidder(read, { params, tenant: user.tenant ?? null }, user.id);
        const bidder = own?.bidder ?? null;
        return { bidder, maximum: own?.maximum ?? null, standing: standingOf(state, bidder) };
      },
    },
  });
}

/** Timers that cannot be named would leave auctions without an end, and what is not compared would let every bid pass. */
function refuseNumbers({
  confirmAbove,
  endingSoonMs,
}: {
  readonly confirmAbove: number;
  readonly endingSoonMs: number;
}) {
  if (!Number.isSafeInteger(endingSoonMs) || endingSoonMs < 0 || endingSoonMs > 365 * 86_400_000) {
    const message = `\`endingSoonMs\` is ${endingSoonMs}. Give it whole milliseconds, from 0 to a year.`;
    throw new ShoalError("BAD_REQUEST", message);
  }
  if (!(confirmAbove >= 1)) {
    const message = `\`confirmAbove\` is ${confirmAbove}. Give it how many times the least bid need no confirmation, at least 1.`;
    throw new ShoalError("BAD_REQUEST", message);
  }
}

function isOver(status: Auctions["state"]["status"]): boolean {
  return status === "closed" || status === "cancelled";
}
