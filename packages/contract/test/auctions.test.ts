import { parse, type TaggedEvent } from "@shoal/contract";
import {
  type AuctionPhase,
  type Auctions,
  auctions,
  bidWindow,
  incrementAt,
  maskName,
  maxAmount,
  minimumBid,
  type PriceBand,
  phaseOf,
  standingOf,
  usualIncrements,
} from "@shoal/contract/auctions";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seed } from "./support/seed.ts";

const { apply, initial, optimistic } = auctions;
const draft = initial({ auctionId: "1" });
const lot = {
  title: "A lamp",
  description: "",
  seller: { id: "sam", name: "Sam" },
  currency: "EUR",
  startPrice: 1_000,
  increments: [...usualIncrements],
  proxy: true,
  softClose: null,
  hasReserve: false,
};
const open = apply.opened(apply.created(draft, { lot }), { at: 1_000, endsAt: 9_000 });

const bidOf = (number: number) => ({
  offset: number,
  bidder: `bidder-${number % 2}`,
  name: "b***r",
  price: 1_000 + number,
  leads: true,
  at: number,
  joins: number < 2,
  extends: false,
  reserveMet: true,
  endsAt: 9_000,
  told: null,
});

describe("The increment", () => {
  test("is that of the last band that begins at or below the price", () => {
    const bands: PriceBand[] = [
      { from: 0, by: 5 },
      { from: 100, by: 25 },
    ];
    expect([0, 99, 100, 101, maxAmount].map((price) => incrementAt(bands, price))).toEqual([5, 5, 25, 25, 25]);
  });

  test("makes of every price a least bid that is above it and exact", () => {
    const prices = fc.integer({ min: 1, max: maxAmount });
    const check = fc.property(prices, prices, (price, by) => {
      const least = minimumBid({ lot: { startPrice: 1, increments: [{ from: 0, by }] }, price }) ?? 0;
      expect(Number.isSafeInteger(least)).toBe(true);
      expect(least - price).toBe(by);
    });
    fc.assert(check, { ...seed, numRuns: 200 });
  });

  test("is asked of nobody before the first bid", () => {
    expect(minimumBid(draft)).toBeNull();
    expect(minimumBid(open)).toBe(1_000);
  });
});

describe("The input of a bid", () => {
  const input = auctions.commands.placeBid.input;
  const takes = (amount: unknown) => {
    if (!input) throw new Error("there is no input");
    return parse(input, { amount, currency: "EUR" }, "a bid");
  };

  test("is an amount in whole minor units", () => {
    expect(takes(1)).toEqual({ amount: 1, currency: "EUR", confirmed: false });
    expect(takes(maxAmount)).toMatchObject({ amount: maxAmount });
  });

  test.each([
    0,
    -1,
    -0.5,
    1.5,
    Number.NaN,
    // JSON's 1e400 among it.
    Number.POSITIVE_INFINITY,
    2 ** 53,
    maxAmount + 1,
    "100",
    "",
    null,
    [],
    {},
    true,
    undefined,
  ])("is not %s", (amount) => expect(() => takes(amount)).toThrow(/amount/));
});

describe("A table of increments", () => {
  const input = auctions.commands.create.input;
  const takes = (increments: unknown) => {
    if (!input) throw new Error("there is no input");
    return parse(input, { title: "A lamp", currency: "EUR", startPrice: 1, increments }, "a lot");
  };

  test("begins at 0 and rises", () => {
    expect(takes([{ from: 0, by: 1 }])).toMatchObject({ increments: [{ from: 0, by: 1 }] });
    for (const froms of [[], [1], [0, 0], [0, 5, 4], [-1]]) {
      expect(() => takes(froms.map((from) => ({ from, by: 1 })))).toThrow(/increments/);
    }
  });

  test("has no band that adds nothing", () => {
    for (const by of [0, -1, 0.5, maxAmount + 1]) expect(() => takes([{ from: 0, by }])).toThrow(/increments/);
  });
});

describe("A name", () => {
  test.each([
    ["bidder", "b***r"],
    ["Al", "A***"],
    ["A", "A***"],
    ["", "***"],
    [" Ben ", "B***n"],
    ["👩 and 👨", "👩***👨"],
    ["👩‍🚀 of 🇳🇴", "👩‍🚀***🇳🇴"],
    ["\u202eBen\u202c", "B***n"],
  ])("%s is seen as %s", (name, seen) => expect(maskName(name)).toBe(seen));
});

describe("The phase", () => {
  const scheduled = apply.scheduled(apply.created(draft, { lot }), { opensAt: 1_000, endsAt: 9_000 });
  const closed = apply.closed(open, { result: "no_bids", endedAt: 9_000 });

  test.each<[AuctionPhase, Auctions["state"], number]>([
    ["draft", draft, 5_000],
    ["scheduled", scheduled, 999],
    ["opening", scheduled, 1_000],
    ["open", open, 8_999],
    ["closing", open, 9_000],
    ["closed", closed, 8_000],
    ["cancelled", apply.cancelled(scheduled, {}), 5_000],
  ])("is %s", (phase, state, now) => expect(phaseOf(state, now)).toBe(phase));
});

describe("The standing", () => {
  const led = apply.bidPlaced(open, bidOf(1));

  test("is that of the leader, of others, and of who has not bid", () => {
    expect(standingOf(led, "bidder-1")).toBe("leading");
    expect(standingOf(led, "bidder-0")).toBe("outbid");
    expect(standingOf(led, null)).toBe("none");
  });

  test("is won by the leader of what is sold, and by nobody else", () => {
    const sold = apply.closed(led, { result: "sold", endedAt: 9_000 });
    const unsold = apply.closed(led, { result: "reserve_not_met", endedAt: 9_000 });
    expect([sold, unsold].map((state) => standingOf(state, "bidder-1"))).toEqual(["won", "lost"]);
    expect(standingOf(sold, "bidder-0")).toBe("lost");
    expect(standingOf(apply.cancelled(led, {}), "bidder-1")).toBe("lost");
  });
});

describe("A bid that is predicted", () => {
  const context = { state: open, user: { id: "ben", name: "Benjamin" }, commandId: "c1", now: 2_000 };
  const predict = (input: object, state = open) => {
    const events = optimistic.placeBid?.(
      { amount: 1_000, currency: "EUR", confirmed: false, ...input },
      { ...context, state },
    );
    return (events ?? []) as readonly TaggedEvent<Auctions["events"]>[];
  };

  test("is pending, and moves neither the price nor the lead", () => {
    const [event] = predict({});
    expect(event?.type).toBe("bidOffered");
    const seen = apply.bidOffered(open, event?.data as never);
    expect(seen.pending).toEqual([{ id: "c1", name: "B***n", amount: 1_000, at: 2_000 }]);
    expect({ ...seen, pending: [] }).toEqual(open);
  });

  test("is none where the server will refuse it", () => {
    expect(predict({ amount: 999 })).toEqual([]);
    expect(predict({ currency: "USD" })).toEqual([]);
    expect(predict({}, draft)).toEqual([]);
    expect(predict({ amount: 1_001 }, apply.bidPlaced(open, bidOf(1)))).toEqual([]);
  });
});

describe("The state", () => {
  test("holds the newest bids in their order, as many as its window, and counts all", () => {
    const state = Array.from({ length: bidWindow + 7 }, (_, index) => bidOf(index + 1)).reduce(apply.bidPlaced, open);
    expect(state.bids).toBe(bidWindow + 7);
    expect(state.recent.map(({ offset }) => offset)).toEqual(
      Array.from({ length: bidWindow }, (_, index) => index + 8),
    );
    expect(Object.keys(state.recent[0] ?? {}).toSorted()).toEqual(["at", "bidder", "leads", "name", "offset", "price"]);
  });
});
