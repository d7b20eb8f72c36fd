import assert from "node:assert/strict";
import { type Auctions, auctions, incrementAt, type PriceBand } from "@shoal/contract/auctions";
import { serveAuctions } from "@shoal/server/auctions";
import { testRealtime } from "@shoal/server/testing";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { allBidders } from "../../src/channels/auction-bidders.ts";
import { auctionPrivate } from "../../src/channels/auction-private.ts";
import { tries } from "../support/seed.ts";
import { ModelAuction, type ModelTerms } from "./auction-model.ts";

const people = ["ann", "ben", "cid", "dora"];
const start = Date.UTC(2026, 0, 1);

const bands: fc.Arbitrary<PriceBand[]> = fc
  .uniqueArray(fc.record({ from: fc.integer({ min: 1, max: 120 }), by: fc.integer({ min: 1, max: 15 }) }), {
    maxLength: 4,
    selector: ({ from }) => from,
  })
  .chain((more) =>
    fc
      .integer({ min: 1, max: 10 })
      .map((by) => [{ from: 0, by }, ...more.toSorted((one, other) => one.from - other.from)]),
  );

const softClose = fc.option(
  fc.record({
    windowMs: fc.integer({ min: 1, max: 40 }),
    extendMs: fc.integer({ min: 1, max: 40 }),
    maxTotalMs: fc.option(fc.integer({ min: 1, max: 100 })),
  }),
);

const terms: fc.Arbitrary<ModelTerms> = fc.record({
  startPrice: fc.integer({ min: 1, max: 20 }),
  increments: bands,
  proxy: fc.boolean(),
  reserve: fc.option(fc.integer({ min: 1, max: 150 })),
  softClose,
  endsAt: fc.integer({ min: 50, max: 200 }).map((ms) => start + ms),
});

/** Near the least that is taken, where the rules differ, or anything. Now and then time passes. */
const step = fc.record({
  who: fc.constantFrom(...people),
  amount: fc.oneof(
    fc.record({ above: fc.integer({ min: -3, max: 40 }) }),
    fc.record({ exactly: fc.integer({ min: 1, max: 250 }) }),
    fc.record({ aboveReserve: fc.integer({ min: -1, max: 1 }) }),
  ),
  wait: fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 6, arbitrary: fc.integer({ min: 1, max: 25 }) },
    { weight: 1, arbitrary: fc.record({ intoWindow: fc.integer({ min: -1, max: 1 }) }) },
    { weight: 1, arbitrary: fc.record({ pastEnd: fc.integer({ min: -1, max: 1 }) }) },
  ),
});

type State = Auctions["state"];
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function amountOf({ amount }: Step, { minimum }: ModelAuction, { reserve }: ModelTerms): number {
  if ("above" in amount) return Math.max(1, minimum + amount.above);
  return Math.max(1, "exactly" in amount ? amount.exactly : (reserve ?? minimum) + amount.aboveReserve);
}

/** How long until then, in milliseconds; an instant that has passed is now. */
function waitOf({ wait }: Step, { endsAt }: ModelAuction, { softClose }: ModelTerms, now: number): number {
  if (typeof wait === "number") return wait;
  const then = "pastEnd" in wait ? endsAt + wait.pastEnd : endsAt - (softClose?.windowMs ?? 0) + wait.intoWindow;
  return Math.max(0, then - now);
}

/** What must be so after each bid, whatever was bid. */
function checkLaws(model: ModelAuction, { increments, reserve, startPrice, proxy }: ModelTerms, state: State): void {
  const { leader, taken } = model;
  assert.equal(state.price === null, leader === undefined);
  if (!leader || state.price === null) return;
  const { price } = state;
  assert(price <= leader.amount, "the price is above the leader's maximum");
  assert(
    taken.every(({ amount }) => amount <= leader.amount),
    "somebody gave more than the leader",
  );
  const second = Math.max(0, ...taken.filter(({ who }) => who !== leader.who).map(({ amount }) => amount));
  const most = Math.max(startPrice, reserve ?? 0, second + incrementAt(increments, second));
  if (proxy) assert(price <= most, "the price is more than an increment above the second maximum");
}

/** The states that follow from the log and nothing else. */
function replay(log: readonly { readonly type: string; readonly data: unknown; readonly secret: unknown }[]) {
  let state = auctions.initial({ auctionId: "x" });
  let hidden = auctionPrivate.initial({ auctionId: "x" });
  for (const { type, data, secret } of log) {
    const name = type as keyof typeof auctions.apply;
    hidden = auctionPrivate.apply[name]?.(hidden, data as never, secret as never) ?? hidden;
    state = auctions.apply[name](state, data as never);
  }
  return { state, hidden };
}

test("An auction goes as one that a clerk holds with a pile of slips, whatever is bid, and whenever", async () => {
  const check = fc.asyncProperty(terms, fc.array(step, { maxLength: 30 }), async (lot, steps) => {
    await using w = testRealtime({
      channels: [serveAuctions({ key: "k".repeat(32), confirmAbove: Number.POSITIVE_INFINITY })],
      now: start,
    });
    const { endsAt, ...sold } = lot;
    const created = await w
      .as({ id: "sam" })
      .channel(auctions)
      .create({ title: "A lamp", currency: "EUR", ...sold });
    assert(created.ok);
    const seller = await w.as({ id: "sam" }).topic(auctions, created.params);
    await seller.send.open({ endsAt });
    const model = new ModelAuction(lot);
    const idOf = new Map<string, string>();
    for (const step of steps) {
      const { who } = step;
      await w.advance(waitOf(step, model, lot, w.now));
      const bids = await w.as({ id: who }).topic(auctions, created.params);
      const before = seller.state ?? assert.fail("there is no state");
      const wanted = amountOf(step, model, lot);
      const outcome = await bids.send.placeBid({ amount: wanted, currency: "EUR" });
      const expected = model.bid({ who, amount: wanted, at: w.now });
      const state = seller.state ?? assert.fail("there is no state");
      if (expected === "taken") {
        assert(outcome.ok, `${who} bid ${wanted} and was refused: ${JSON.stringify(outcome)}`);
        const { leading, price, bidder, maximum, minimum } = outcome.result;
        idOf.set(who, bidder);
        const is = { leading, price, maximum, minimum };
        const ought = {
          leading: model.leader?.who === who,
          price: model.price,
          maximum: wanted,
          minimum: model.minimum,
        };
        expect(is).toEqual(ought);
      } else if (expected === "ended") {
        expect(outcome).toEqual({ ok: false, reason: "ENDED", endedAt: model.endsAt });
      } else {
        expect(outcome).toEqual({ ok: false, reason: "BELOW_MINIMUM", minimum: expected });
      }
      const leader = model.leader && idOf.get(model.leader.who);
      expect(state.leader?.bidder).toBe(leader);
      expect({ price: state.price, endsAt: state.endsAt, bids: state.bids }).toEqual({
        price: model.price,
        endsAt: model.endsAt,
        bids: model.visible,
      });
      assert((state.price ?? 0) >= (before.price ?? 0), "the price went back");
      assert((state.endsAt ?? 0) >= (before.endsAt ?? 0), "the end went back");
      checkLaws(model, lot, state);
    }
    await w.advance("1h");
    const log = await w.log(auctions, created.params);
    expect(log.filter(({ type }) => type === "closed")).toHaveLength(1);
    expect(log.at(-1)?.type).toBe("closed");
    assert(log.every(({ type, at }) => type !== "bidPlaced" || at < model.endsAt));
    const result = model.leader === undefined ? "no_bids" : model.sold ? "sold" : "reserve_not_met";
    expect(seller.state).toMatchObject({ status: "closed", result, endsAt: model.endsAt });
    const { state, hidden } = replay(log);
    expect(state).toEqual(seller.state);
    const { leader } = model;
    expect(hidden.leader).toEqual(leader ? { userId: leader.who, maximum: leader.amount } : null);
    expect(allBidders(hidden.bidders).map(({ userId }) => userId)).toEqual([
      ...new Set(model.taken.map(({ who }) => who)),
    ]);
    expect(w.logged.filter(({ level }) => level === "error")).toEqual([]);
  });
  await fc.assert(check, tries(150));
}, 60_000);
