import assert from "node:assert/strict";
import type { TaggedEvent } from "@shoal/contract";
import {
  type AuctionLobby,
  auctionLobby,
  auctions,
  lobbySize,
  lobbySizeOfSeller,
  maxWatched,
  watchedAuctions,
} from "@shoal/contract/auctions";
import { type AuctionNews, serveAuctionLobby } from "@shoal/server/auctions";
import { checkApply, checkConflation } from "@shoal/server/testing";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { peopleAtOnce } from "../../src/channels/auction-effects.ts";
import { tries } from "../support/seed.ts";
import { auctionWorld, bid, openAuction, toldTo, userNamed } from "./auctions-app.ts";

describe("Those whom it concerns are told", () => {
  test("that they were outbid, once each time, and nobody else", async () => {
    await using w = auctionWorld();
    const { params } = await openAuction(w);
    await bid(w, params, "ann", 500);
    await bid(w, params, "ann", 600);
    await bid(w, params, "ben", 550);
    expect(await toldTo(w, "ann")).toEqual([]);
    await bid(w, params, "cid", 700);
    await bid(w, params, "cid", 710);
    expect(await toldTo(w, "ann")).toEqual(["outbid A lamp 610"]);
    await bid(w, params, "ann", 800);
    expect(await toldTo(w, "cid")).toEqual(["outbid A lamp 720"]);
    expect(await toldTo(w, "ben")).toEqual([]);
  });

  test("how it ended: who won, who lost, and who sold", async () => {
    await using w = auctionWorld({ endingSoonMs: 1 });
    const { params } = await openAuction(w);
    await bid(w, params, "ann", 500);
    await bid(w, params, "ben", 300);
    await w.advance("10m");
    expect(await toldTo(w, "ann")).toContain("won A lamp 310");
    expect(await toldTo(w, "ben")).toContain("lost A lamp 310");
    expect(await toldTo(w, "sam")).toEqual(["sold A lamp 310"]);
  });

  test("that the reserve was not met, or that nobody bid", async () => {
    await using w = auctionWorld({ endingSoonMs: 1 });
    const [reserved, unwanted] = [await openAuction(w, { reserve: 900 }), await openAuction(w, { title: "A vase" })];
    await bid(w, reserved.params, "ann", 500);
    await w.advance("10m");
    expect(await toldTo(w, "ann")).toEqual(["endingSoon A lamp 100", "lost A lamp 100"]);
    expect((await toldTo(w, "sam")).toSorted()).toEqual(["noBids A vase null", "reserveNotMet A lamp 100"]);
    expect(unwanted.seller.state).toMatchObject({ result: "no_bids" });
  });

  test("once that it ends soon, however late bids move the end: who bid, and who watches it", async () => {
    await using w = auctionWorld();
    const softClose = { windowMs: 400_000, extendMs: 600_000, maxTotalMs: null };
    const { params, seller } = await openAuction(w, { softClose });
    await bid(w, params, "ann", 500);
    const [hers, his] = await Promise.all(
      ["wendy", "walt"].map((userId) => w.as(userNamed(userId)).topic(watchedAuctions, { userId })),
    );
    await hers?.send.add(params);
    await hers?.send.add(params);
    await his?.send.add(params);
    await w.settle();
    expect(seller.state?.followers).toBe(2);
    await his?.send.remove(params);
    await w.advance("5m");
    expect(seller.state).toMatchObject({ followers: 1, reminded: true });
    await bid(w, params, "ben", 300);
    await w.advance("1h");
    expect(await toldTo(w, "ann")).toEqual(["endingSoon A lamp 100", "won A lamp 310"]);
    expect(await toldTo(w, "wendy")).toEqual(["endingSoon A lamp 100"]);
    expect(await toldTo(w, "walt")).toEqual([]);
    expect(await toldTo(w, "ben")).toEqual(["lost A lamp 310"]);
    expect((await w.log(auctions, params)).filter(({ type }) => type === "followed")).toHaveLength(2);
  });

  test("a part of them at a time, where many are to be told, and each once", async () => {
    const many = 2 * peopleAtOnce + 50;
    await using w = auctionWorld();
    const { params, seller } = await openAuction(w, { proxy: false });
    const people = Array.from({ length: many }, (_, index) => `p${index}`);
    for (const [index, who] of people.entries()) await bid(w, params, who, 100 + index * 10);
    await w.advance("10m");
    expect(seller.state).toMatchObject({ status: "closed", result: "sold" });
    for (const who of people) {
      const end = who === people.at(-1) ? "won" : "lost";
      const price = 100 + (many - 1) * 10;
      const told = (await toldTo(w, who)).filter((text) => !text.startsWith("outbid"));
      expect(told).toEqual([`endingSoon A lamp ${price}`, `${end} A lamp ${price}`]);
    }
    const turns = (await w.log(auctions, params)).filter(({ type }) => type === "peopleTold");
    expect(turns).toHaveLength(6);
  });

  test("after the end, which comes whatever the application makes of the news", async () => {
    const effects = ({ kind }: AuctionNews) => {
      if (kind !== "outbid") throw new Error("there is no inbox");
      return [];
    };
    await using w = auctionWorld({ effects });
    const { params, seller } = await openAuction(w);
    await bid(w, params, "ann", 500);
    await w.advance("10m");
    expect(seller.state).toMatchObject({ status: "closed", result: "sold", leader: { name: "A***n" } });
    await w.advance("5m");
    expect(w.logged.filter(({ level }) => level === "error")).not.toEqual([]);
  });

  test("that it was cancelled", async () => {
    await using w = auctionWorld();
    const { params } = await openAuction(w);
    await bid(w, params, "ann", 500);
    await (await w.as(userNamed("mod")).topic(auctions, params)).send.cancel();
    expect(await toldTo(w, "ann")).toEqual(["cancelled A lamp 100"]);
  });
});

describe("A watch list", () => {
  test("is the user's own, and bounded", async () => {
    await using w = auctionWorld();
    const list = await w.as(userNamed("wendy")).topic(watchedAuctions, { userId: "wendy" });
    for (let index = 0; index < maxWatched; index += 1) await list.send.add({ auctionId: `lot-${index}` });
    expect(await list.send.add({ auctionId: "one-more" })).toEqual({ ok: false, reason: "TOO_MANY", most: maxWatched });
    await expect(w.as(userNamed("eve")).topic(watchedAuctions, { userId: "wendy" })).rejects.toMatchObject({
      code: "FORBIDDEN",
    });
  });
});

describe("The lobby", () => {
  test("shows what is scheduled and open by its end, with its price, and drops what is over", async () => {
    await using w = auctionWorld();
    const lobby = await w.as(userNamed("eve")).topic(auctionLobby, {});
    const late = await openAuction(w, { title: "A vase" }, 20);
    const soon = await openAuction(w);
    await bid(w, soon.params, "ann", 500);
    await w.settle();
    expect(lobby.state?.lots).toMatchObject([
      { ...soon.params, title: "A lamp", status: "open", price: 100, bids: 1, startPrice: 100 },
      { ...late.params, title: "A vase", status: "open", price: null, bids: 0 },
    ]);
    await w.advance("10m");
    expect(lobby.state?.lots).toMatchObject([late.params]);
    await late.seller.send.cancel();
    await w.settle();
    expect(lobby.state?.lots).toEqual([]);
    expect(w.logged.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("shows no auction that the application leaves out", async () => {
    await using w = auctionWorld({ lobby: ({ auctionId }) => auctionId === "another" });
    const { params, seller } = await openAuction(w);
    await bid(w, params, "ann", 500);
    await w.settle();
    expect(await w.log(auctionLobby, {})).toEqual([]);
    expect(seller.state?.told).toEqual({ at: 0, stale: false });
  });

  test("is told of each lot's price at once and then four times a second, and of the last one always", async () => {
    await using w = auctionWorld();
    const lobby = await w.as(userNamed("eve")).topic(auctionLobby, {});
    const { params, seller } = await openAuction(w, { proxy: false });
    await w.settle();
    const before = (await w.log(auctionLobby, {})).length;
    for (let turn = 0; turn < 200; turn += 1) {
      await bid(w, params, turn % 2 === 0 ? "ann" : "ben", 100 + turn * 10);
      await w.advance(10);
    }
    const during = (await w.log(auctionLobby, {})).length - before;
    expect(during).toBeGreaterThanOrEqual(7);
    expect(during).toBeLessThanOrEqual(9);
    await w.advance(250);
    expect(lobby.state?.lots).toMatchObject([{ price: 2_090, bids: 200 }]);
    expect(seller.state).toMatchObject({ price: 2_090, told: { stale: false } });
    const told = (await w.log(auctions, params)).filter(({ type }) => type === "told");
    expect(told.length).toBeLessThanOrEqual(9);
  });

  test("holds what ends soonest when there is more than it holds, and of one seller so many", async () => {
    await using w = auctionWorld();
    const lobby = w.system(auctionLobby, {});
    const lotOf = (index: number, seller = `seller-${index}`) => ({
      auctionId: `lot-${index}`,
      seller,
      title: "A lamp",
      status: "open" as const,
      currency: "EUR",
      startPrice: 1,
      price: null,
      bids: 0,
      opensAt: 0,
      endsAt: index,
    });
    for (let index = 10; index < lobbySize + 20; index += 1) await lobby.send.put({ lot: lotOf(index) });
    await lobby.send.put({ lot: lotOf(1) });
    const { lots } = await lobby.state();
    expect(lots).toHaveLength(lobbySize);
    expect([lots.at(0)?.endsAt, lots.at(1)?.endsAt, lots.at(-1)?.endsAt]).toEqual([1, 10, lobbySize + 8]);
    for (let index = 2; index < 10; index += 1) await lobby.send.put({ lot: lotOf(index, "greedy") });
    for (let index = 1_000; index > 900; index -= 1) {
      await lobby.send.put({ lot: { ...lotOf(index, "greedy"), endsAt: index / 1_000 } });
    }
    const after = (await lobby.state()).lots;
    const greedy = after.filter(({ seller }) => seller === "greedy");
    expect(after).toHaveLength(lobbySize);
    expect(greedy.map(({ endsAt }) => endsAt)).toEqual(
      Array.from({ length: lobbySizeOfSeller }, (_, index) => (901 + index) / 1_000),
    );
  });

  test("keeps the laws of apply and of conflation", () => {
    const auctionId = fc.constantFrom("a", "b", "c");
    const lot = fc.record({
      auctionId,
      seller: fc.constant("ben"),
      title: fc.constant("A lamp"),
      status: fc.constantFrom("open" as const, "scheduled" as const),
      currency: fc.constant("EUR"),
      startPrice: fc.constant(1),
      price: fc.option(fc.nat(9)),
      bids: fc.nat(9),
      opensAt: fc.constant(0),
      endsAt: fc.nat(3),
    });
    const events: fc.Arbitrary<TaggedEvent<AuctionLobby["events"]>> = fc.oneof(
      fc.record({ type: fc.constant("listed" as const), data: fc.record({ lot }) }),
      fc.record({ type: fc.constant("changed" as const), data: fc.record({ lot }) }),
      fc.record({ type: fc.constant("delisted" as const), data: fc.record({ auctionId }) }),
    );
    checkApply(auctionLobby, { params: {}, events, run: tries(200) });
    checkConflation(serveAuctionLobby(), { params: {}, events, run: tries(200) });
  });
});

describe("A user who is erased", () => {
  test("is in no event, state or row of an auction any more, and what others relied on stays", async () => {
    await using w = auctionWorld();
    const { params, seller } = await openAuction(w);
    await bid(w, params, "annabel", 500);
    await bid(w, params, "benedict", 800);
    await bid(w, params, "annabel", 600);
    for (const userId of ["benedict", "walter"]) {
      await (await w.as(userNamed(userId)).topic(watchedAuctions, { userId })).send.add(params);
    }
    await w.settle();
    const price = seller.state?.price;
    for (const userId of ["benedict", "walter"]) expect(await w.eraseUser(userId)).toMatchObject({ unhandled: [] });
    expect(seller.state).toMatchObject({ price, leader: { bidder: "", name: "***" }, followers: 0 });
    expect(seller.state?.recent.map(({ name }) => name)).toEqual(["A***l", "A***l"]);
    expect(JSON.stringify(await w.log(auctions, params))).not.toMatch(/benedict|walter/);
    expect(await w.log(watchedAuctions, { userId: "walter" })).toEqual([]);
    expect(await bid(w, params, "annabel", 700)).toMatchObject({ ok: true, result: { leading: false, price: 710 } });
    await w.advance("1h");
    expect(seller.state).toMatchObject({ status: "closed", result: "sold", price: 710 });
    expect(await toldTo(w, "annabel")).toContain("lost A lamp 710");
  });

  test("sells no more", async () => {
    await using w = auctionWorld();
    const { params } = await openAuction(w, { title: "Samuel's lamp" });
    await bid(w, params, "ann", 500);
    await w.eraseUser("sam");
    const state = await w.system(auctions, params).state();
    expect(state).toMatchObject({ status: "cancelled", lot: { title: "***", description: "", seller: { id: "" } } });
    expect(JSON.stringify(await w.log(auctions, params))).not.toMatch(/"sam"|Samuel/);
    assert.deepEqual(await toldTo(w, "ann"), ["cancelled *** 100"]);
  });
});
