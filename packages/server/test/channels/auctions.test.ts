import assert from "node:assert/strict";
import { auctions } from "@shoal/contract/auctions";
import type { User } from "@shoal/server";
import { serveAuctions } from "@shoal/server/auctions";
import { describe, expect, test } from "vitest";
import { auctionWorld, bid, key, lamp, openAuction, userNamed } from "./auctions-app.ts";

const rejected = (reason: string, more: object = {}) => ({ ok: false, reason, ...more });
const minute = 60_000;

describe("An auction", () => {
  test("is a draft, opens at its time, and closes once at its end, by the server's time", async () => {
    await using w = auctionWorld();
    const created = await w.as(userNamed("sam")).channel(auctions).create(lamp);
    assert(created.ok);
    const topic = await w.as(userNamed("sam")).topic(auctions, created.params);
    expect(topic.state).toMatchObject({
      status: "draft",
      lot: { title: "A lamp", seller: { id: "sam", name: "Sam" } },
    });
    const [opensAt, endsAt] = [w.now + minute, w.now + 2 * minute];
    expect(await topic.send.schedule({ opensAt, endsAt })).toMatchObject({ ok: true });
    await w.advance(minute - 1);
    expect(topic.state).toMatchObject({ status: "scheduled", opensAt, endsAt });
    await w.advance(1);
    expect(topic.state).toMatchObject({ status: "open", opensAt, endsAt });
    await w.advance(minute - 1);
    expect(topic.state?.status).toBe("open");
    await w.advance(1);
    expect(topic.state).toMatchObject({ status: "closed", result: "no_bids", endsAt });
    await w.advance("1d");
    const log = await w.log(auctions, created.params);
    expect(log.map(({ type }) => type)).toEqual([
      "created",
      "scheduled",
      "opened",
      "endingSoon",
      "peopleTold",
      "closed",
      "peopleTold",
    ]);
  });

  test("takes a first bid at the start price, and shows who leads by an id and two letters", async () => {
    await using w = auctionWorld();
    const { params, seller } = await openAuction(w);
    const outcome = await bid(w, params, "benjamin", 500);
    assert(outcome.ok);
    const { bidder } = outcome.result;
    expect(outcome.result).toMatchObject({ leading: true, price: 100, minimum: 110, maximum: 500 });
    expect(bidder).not.toContain("benjamin");
    expect(seller.state).toMatchObject({
      price: 100,
      leader: { bidder, name: "B***n" },
      bids: 1,
      bidders: 1,
      recent: [{ offset: 3, bidder, price: 100, leads: true, at: w.now }],
    });
  });

  test("shows the same bidder under other ids in other auctions", async () => {
    await using w = auctionWorld();
    const [one, other] = [await openAuction(w), await openAuction(w)];
    const ids = [];
    for (const { params } of [one, one, other]) {
      const outcome = await bid(w, params, "ben", 500 + ids.length * 100);
      ids.push(outcome.ok ? outcome.result.bidder : null);
    }
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0]).not.toBe(ids[2]);
  });

  test("bids for the leader up to the maximum, and says of a bid that it does not lead", async () => {
    await using w = auctionWorld();
    const { params, seller } = await openAuction(w);
    await bid(w, params, "ann", 500);
    expect(await bid(w, params, "ben", 300)).toMatchObject({
      ok: true,
      result: { leading: false, price: 310, minimum: 320, maximum: 300 },
    });
    expect(await bid(w, params, "cid", 500)).toMatchObject({ ok: true, result: { leading: false, price: 500 } });
    expect(seller.state?.leader?.name).toBe("A***n");
    expect(await bid(w, params, "ben", 510)).toMatchObject({ ok: true, result: { leading: true, price: 510 } });
    expect(seller.state).toMatchObject({ price: 510, bids: 4, bidders: 3, leader: { name: "B***n" } });
  });

  test("moves no price when the leader raises their own maximum, but to the reserve", async () => {
    await using w = auctionWorld();
    const { params, seller } = await openAuction(w, { reserve: 1_000 });
    await bid(w, params, "ann", 500);
    expect(seller.state).toMatchObject({ price: 100, reserveMet: false });
    expect(await bid(w, params, "ann", 900)).toMatchObject({ ok: true, result: { leading: true, price: 100 } });
    expect(seller.state).toMatchObject({ price: 100, bids: 1 });
    expect(await bid(w, params, "ann", 900)).toEqual(rejected("BELOW_MINIMUM", { minimum: 901 }));
    await bid(w, params, "ann", 1_000);
    expect(seller.state).toMatchObject({ price: 1_000, reserveMet: true, bids: 2 });
  });

  test("without proxies takes exact amounts", async () => {
    await using w = auctionWorld();
    const { params, seller } = await openAuction(w, { proxy: false });
    await bid(w, params, "ann", 500);
    expect(seller.state?.price).toBe(500);
    expect(await bid(w, params, "ben", 509)).toEqual(rejected("BELOW_MINIMUM", { minimum: 510 }));
    await bid(w, params, "ann", 600);
    expect(seller.state).toMatchObject({ price: 600, bids: 2 });
  });

  test("is extended by late bids, also by those that a proxy answers, up to its total", async () => {
    await using w = auctionWorld();
    const softClose = { windowMs: minute, extendMs: 2 * minute, maxTotalMs: 3 * minute };
    const { params, seller } = await openAuction(w, { softClose });
    const end = seller.state?.endsAt ?? 0;
    await bid(w, params, "ann", 5_000, { confirmed: true });
    expect(seller.state?.endsAt).toBe(end);
    await w.advance(9 * minute);
    expect(await bid(w, params, "ben", 300)).toMatchObject({
      ok: true,
      result: { leading: false, endsAt: end + 2 * minute },
    });
    await bid(w, params, "ann", 6_000, { confirmed: true });
    expect(seller.state).toMatchObject({ endsAt: end + 2 * minute, plannedEnd: end });
    await w.advance(2 * minute);
    await bid(w, params, "ben", 400);
    expect(seller.state?.endsAt).toBe(end + 3 * minute);
    await w.advance(minute + 30_000);
    await bid(w, params, "ben", 500);
    expect(seller.state).toMatchObject({ status: "open", endsAt: end + 3 * minute });
    await w.advance(minute);
    expect(seller.state).toMatchObject({ status: "closed", result: "sold", price: 510, leader: { name: "A***n" } });
  });

  test.each([
    ["sold", 1_000],
    ["reserve_not_met", 999],
  ])("ends as %s with a maximum of %i and a reserve of 1000", async (result, maximum) => {
    await using w = auctionWorld();
    const { params, seller } = await openAuction(w, { reserve: 1_000 });
    await bid(w, params, "ann", maximum);
    await w.advance("10m");
    expect(seller.state).toMatchObject({ status: "closed", result });
  });
});

describe("A bid is refused", () => {
  test("below the minimum, with the least that is taken", async () => {
    await using w = auctionWorld();
    const { params } = await openAuction(w);
    expect(await bid(w, params, "ann", 99)).toEqual(rejected("BELOW_MINIMUM", { minimum: 100 }));
    await bid(w, params, "ann", 100);
    expect(await bid(w, params, "ben", 109)).toEqual(rejected("BELOW_MINIMUM", { minimum: 110 }));
  });

  test("where the auction is not open, or has ended", async () => {
    await using w = auctionWorld();
    expect(await bid(w, { auctionId: "nobodys" }, "ann", 100)).toEqual(rejected("NOT_OPEN", { status: "draft" }));
    const { params, seller } = await openAuction(w);
    const endedAt = seller.state?.endsAt;
    await w.advance("10m");
    expect(await bid(w, params, "ann", 100)).toEqual(rejected("ENDED", { endedAt }));
    const other = await openAuction(w);
    await other.seller.send.cancel();
    expect(await bid(w, other.params, "ann", 100)).toEqual(rejected("NOT_OPEN", { status: "cancelled" }));
  });

  test("on one's own auction, in another currency, and for who is not eligible", async () => {
    const eligible = async ({ user, input }: { user: User | null; input: { amount: number } }) =>
      user?.id !== "eve" && input.amount < 1_000;
    await using w = auctionWorld({ eligible });
    const { params, seller } = await openAuction(w);
    expect(await bid(w, params, "sam", 100)).toEqual(rejected("OWN_AUCTION"));
    expect(await bid(w, params, "ann", 100, { currency: "USD" })).toEqual(
      rejected("CURRENCY_MISMATCH", { currency: "EUR" }),
    );
    expect(await bid(w, params, "eve", 100)).toEqual(rejected("NOT_ELIGIBLE"));
    expect(await bid(w, params, "ann", 1_000)).toEqual(rejected("NOT_ELIGIBLE"));
    expect(seller.state?.bids).toBe(0);
    expect(await bid(w, params, "ann", 999)).toMatchObject({ ok: true });
  });

  test("unless those who are asked say yes: silence and an error are no yes", async () => {
    const answers: Record<string, () => unknown> = {
      ann: () => undefined,
      ben: () => "yes",
      cid: () => Promise.reject(new Error("the register is away")),
      dan: () => Promise.resolve(true),
    };
    const eligible = ({ user }: { user: User | null }) => answers[user?.id ?? ""]?.() as boolean;
    await using w = auctionWorld({ eligible, maySell: ({ user }) => user?.id === "sam" || (undefined as never) });
    const { params, seller } = await openAuction(w);
    expect(await bid(w, params, "ann", 100)).toEqual(rejected("NOT_ELIGIBLE"));
    expect(await bid(w, params, "ben", 100)).toEqual(rejected("NOT_ELIGIBLE"));
    await expect(bid(w, params, "cid", 100)).rejects.toThrow();
    expect(seller.state?.bids).toBe(0);
    expect(await bid(w, params, "dan", 100)).toMatchObject({ ok: true });
    expect(await w.as(userNamed("eve")).channel(auctions).create(lamp)).toEqual(rejected("NOT_ALLOWED"));
  });

  test("far above the minimum, until it is confirmed", async () => {
    await using w = auctionWorld();
    const { params, seller } = await openAuction(w);
    expect(await bid(w, params, "ann", 2_001)).toEqual(rejected("TOO_HIGH", { limit: 2_000 }));
    expect(await bid(w, params, "ann", 2_000)).toMatchObject({ ok: true });
    expect(await bid(w, params, "ben", 200_000)).toEqual(rejected("TOO_HIGH", { limit: 2_200 }));
    expect(await bid(w, params, "ben", 200_000, { confirmed: true })).toMatchObject({ ok: true });
    expect(seller.state).toMatchObject({ price: 2_010, bids: 2 });
  });

  test("from nobody", async () => {
    await using w = auctionWorld({ authorize: () => true });
    const { params } = await openAuction(w);
    const topic = await w.as(null).topic(auctions, params);
    await expect(topic.send.placeBid({ amount: 100, currency: "EUR" })).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    await expect(w.as(null).channel(auctions).create(lamp)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  });
});

describe("An auction is its seller's", () => {
  test("to schedule, open and cancel, and the moderator's, and nobody else's", async () => {
    await using w = auctionWorld();
    const created = await w.as(userNamed("sam")).channel(auctions).create(lamp);
    assert(created.ok);
    const [theirs, hers] = await Promise.all(
      ["eve", "mod"].map((id) => w.as(userNamed(id)).topic(auctions, created.params)),
    );
    const times = { opensAt: w.now, endsAt: w.now + minute };
    expect(await theirs?.send.schedule(times)).toEqual(rejected("NOT_ALLOWED"));
    expect(await theirs?.send.open({ endsAt: times.endsAt })).toEqual(rejected("NOT_ALLOWED"));
    expect(await theirs?.send.cancel()).toEqual(rejected("NOT_ALLOWED"));
    expect(await hers?.send.schedule(times)).toMatchObject({ ok: true });
    expect(await hers?.send.cancel()).toMatchObject({ ok: true });
    expect(await hers?.send.cancel()).toEqual(rejected("NOT_NOW", { status: "cancelled" }));
    expect(await hers?.send.open()).toEqual(rejected("NOT_NOW", { status: "cancelled" }));
    expect(await hers?.send.schedule(times)).toEqual(rejected("NOT_NOW", { status: "cancelled" }));
  });

  test("to sell for who may, at times that are to come", async () => {
    await using w = auctionWorld({ maySell: ({ user, input }) => user?.id === "sam" && input.currency === "EUR" });
    expect(await w.as(userNamed("eve")).channel(auctions).create(lamp)).toEqual(rejected("NOT_ALLOWED"));
    const sam = w.as(userNamed("sam"));
    expect(await sam.channel(auctions).create({ ...lamp, currency: "XXX" })).toEqual(rejected("NOT_ALLOWED"));
    const created = await sam.channel(auctions).create(lamp);
    assert(created.ok);
    const { send } = await sam.topic(auctions, created.params);
    const { now } = w;
    expect(await send.open()).toEqual(rejected("BAD_TIMES", { now }));
    expect(await send.open({ endsAt: now })).toEqual(rejected("BAD_TIMES", { now }));
    expect(await send.schedule({ opensAt: now + 2, endsAt: now + 2 })).toEqual(rejected("BAD_TIMES", { now }));
    expect(await send.schedule({ opensAt: now - 2, endsAt: now })).toEqual(rejected("BAD_TIMES", { now }));
    expect(await send.schedule({ opensAt: now + minute, endsAt: now + 2 * minute })).toMatchObject({ ok: true });
    expect(await send.open()).toMatchObject({ ok: true });
  });

  test("no more to cancel once somebody has bid, but for a moderator", async () => {
    await using w = auctionWorld();
    const { params, seller } = await openAuction(w);
    await bid(w, params, "ann", 100);
    expect(await seller.send.cancel()).toEqual(rejected("HAS_BIDS", { bids: 1 }));
    const moderator = await w.as(userNamed("mod")).topic(auctions, params);
    expect(await moderator.send.cancel()).toMatchObject({ ok: true });
    await w.advance("1h");
    expect(seller.state).toMatchObject({ status: "cancelled", result: null });
  });
});

test("A key that could be guessed is refused, and a number that would open what it is to guard", () => {
  expect(() => serveAuctions({ key: key.slice(0, 31) })).toThrow(/at least 32/);
  expect(() => serveAuctions({ key, endingSoonMs: 0.5 })).toThrow(/whole milliseconds/);
  expect(() => serveAuctions({ key, endingSoonMs: Number.MIN_SAFE_INTEGER })).toThrow(/whole milliseconds/);
  for (const confirmAbove of [0, 0.5, -1, Number.NaN]) {
    expect(() => serveAuctions({ key, confirmAbove })).toThrow(/confirmAbove/);
  }
  expect(() => serveAuctions({ key, confirmAbove: Number.POSITIVE_INFINITY })).not.toThrow();
});
