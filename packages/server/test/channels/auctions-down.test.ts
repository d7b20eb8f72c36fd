import assert from "node:assert/strict";
import { auctions } from "@shoal/contract/auctions";
import { createMemoryStore, system } from "@shoal/server";
import { describe, expect, test } from "vitest";
import { topicRef } from "../../src/topic-ref.ts";
import { shared } from "../support/nodes.ts";
import { eventually } from "../support/recorder.ts";
import { lamp, news } from "./auctions-app.ts";
import { createAuctions } from "./auctions-server.ts";

const hour = 3_600_000;

/** A store whose servers come and go, and whose clock is moved by hand. */
function createPlace() {
  let now = 1_700_000_000_000;
  const store = createMemoryStore({ now: () => now });
  return {
    store,
    now: () => now,
    advance: (ms: number) => {
      now += ms;
    },
    serve: () => createAuctions({ store: shared(store), endingSoonMs: 60_000 }),
    typesOf: async (params: { auctionId: string }) => {
      const log = await store.read(topicRef(auctions.name, null, params), 1, Number.MAX_SAFE_INTEGER);
      return log.map(({ type }) => type);
    },
  };
}

/** Sam's auction of an hour, which a server begins that then is gone. */
async function begin(
  place: ReturnType<typeof createPlace>,
  opensIn: number,
  bids: Readonly<Record<string, number>> = {},
) {
  await using app = place.serve();
  const created = await app.as("sam").auctions.create({ ...lamp, reserve: 500 });
  assert(created.ok);
  const times = { opensAt: place.now() + opensIn, endsAt: place.now() + opensIn + hour };
  assert((await app.as("sam").auctions.schedule({ ...created.params, ...times })).ok);
  if (opensIn === 0) {
    const { state } = app.realtime.topic(auctions, created.params).as(system);
    await eventually(async () => (await state()).status === "open", "it opens");
  }
  for (const [who, amount] of Object.entries(bids)) {
    assert((await app.as(who).auctions.placeBid({ ...created.params, amount, currency: "EUR" })).ok);
  }
  return { params: created.params, ...times };
}

describe("An auction that ends while every server is down", () => {
  test.each([
    [{ ben: 400, ann: 900 }, "sold"],
    [{ ann: 400 }, "reserve_not_met"],
    [{}, "no_bids"],
  ])("with the bids %j is %s once one is up again, and takes no bid", async (bids, result) => {
    const place = createPlace();
    const { params, endsAt } = await begin(place, 0, bids);
    place.advance(2 * hour);
    await using app = place.serve();
    // The first thing that anybody asks is a bid: it finds the auction closed.
    expect(await app.as("eve").auctions.placeBid({ ...params, amount: 1_000, currency: "EUR" })).toEqual({
      ok: false,
      reason: "ENDED",
      endedAt: endsAt,
    });
    const state = await app.realtime.topic(auctions, params).as(system).state();
    expect(state).toMatchObject({ status: "closed", result, endsAt, bids: Object.keys(bids).length });
    expect((await place.typesOf(params)).filter((type) => type === "closed" || type === "endingSoon")).toEqual([
      "closed",
    ]);
  });

  test("is closed without anybody asking, once though two servers come up, and people are told once", async () => {
    const place = createPlace();
    const { params } = await begin(place, 0, { ann: 900 });
    place.advance(2 * hour);
    await using one = place.serve();
    await using other = place.serve();
    await Promise.all([one.realtime.open(), other.realtime.open()]);
    await eventually(async () => (await place.typesOf(params)).includes("closed"), "it is closed");
    await eventually(async () => (await place.store.look(null)).effects.length === 0, "people are told");
    const told = async (userId: string) => (await one.realtime.topic(news, { userId }).as(system).state()).told;
    expect(await told("ann")).toEqual(["won A lamp 500"]);
    expect(await told("sam")).toEqual(["sold A lamp 500"]);
    expect((await place.typesOf(params)).filter((type) => type === "closed")).toHaveLength(1);
  });

  test("having opened meanwhile, too, is opened and closed, in that order", async () => {
    const place = createPlace();
    const { params, endsAt } = await begin(place, hour);
    place.advance(5 * hour);
    await using app = place.serve();
    await app.realtime.open();
    await eventually(async () => (await place.typesOf(params)).includes("peopleTold"), "it is closed, and told");
    expect(await place.typesOf(params)).toEqual(["created", "scheduled", "opened", "closed", "peopleTold"]);
    const state = await app.realtime.topic(auctions, params).as(system).state();
    expect(state).toMatchObject({ status: "closed", result: "no_bids", endsAt });
  });

  test("having opened meanwhile, is open when a server is up before its end", async () => {
    const place = createPlace();
    const { params } = await begin(place, hour);
    place.advance(1.5 * hour);
    await using app = place.serve();
    const bid = { ...params, amount: 900, currency: "EUR" };
    expect(await app.as("ann").auctions.placeBid(bid)).toMatchObject({ ok: true, result: { leading: true } });
  });
});
