import { type Bid, bidWindow } from "@shoal/contract/auctions";
import { describe, expect, test } from "vitest";
import { followBids, prependBids, startAtBids } from "../web/auctions/seen-bids.ts";

describe("The bids that were seen", () => {
  const first = startAtBids(bids(1, bidWindow));

  test("stay when they have moved out of the newest, unless they were erased", () => {
    expect(offsetsOf(followBids(first, bids(3, bidWindow + 2)))).toEqual(offsets(1, bidWindow + 2));
    const erased = bids(1, bidWindow).filter(({ offset }) => offset % 2 === 0);
    expect(offsetsOf(followBids(first, erased))).toEqual(erased.map(({ offset }) => offset));
  });

  test("begin anew behind a hole, so that those in it can be loaded", () => {
    const whole = prependBids(
      startAtBids(bids(11, bidWindow + 10)),
      { items: bids(1, 10).toReversed(), nextCursor: null },
      11,
    );
    expect([offsetsOf(whole), whole.whole]).toEqual([offsets(1, bidWindow + 10), true]);

    const later = followBids(whole, bids(200, bidWindow + 199));

    expect([offsetsOf(later), later.whole]).toEqual([offsets(200, bidWindow + 199), false]);
  });

  test("take an older page at their beginning, unless it was asked for before they began anew", () => {
    const late = startAtBids(bids(200, bidWindow + 199));
    const page = { items: bids(150, 199).toReversed(), nextCursor: 150 };
    expect(offsetsOf(prependBids(late, page, 200))).toEqual(offsets(150, bidWindow + 199));
    expect(prependBids(late, page, 500)).toBe(late);
  });
});

function offsetsOf({ past, recent }: ReturnType<typeof startAtBids>): readonly number[] {
  return [...past, ...recent].map(({ offset }) => offset);
}

function offsets(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function bids(from: number, to: number): Bid[] {
  return offsets(from, to).map((offset) => ({
    offset,
    bidder: "ada",
    name: "A***a",
    price: offset * 100,
    leads: true,
    at: offset,
  }));
}
