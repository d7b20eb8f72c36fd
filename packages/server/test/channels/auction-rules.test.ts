import { maxAmount, minimumBid } from "@shoal/contract/auctions";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decideBid } from "../../src/channels/auction-rules.ts";
import { tries } from "../support/seed.ts";

const amount = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: maxAmount - 40, max: maxAmount }),
  fc.integer({ min: 1, max: maxAmount }),
);
const increments = fc
  .tuple(
    amount,
    fc.uniqueArray(fc.record({ from: amount, by: amount }), { maxLength: 3, selector: ({ from }) => from }),
  )
  .map(([by, more]) => [{ from: 0, by }, ...more.toSorted((one, other) => one.from - other.from)]);

test("A price is a safe integer, never goes back and is never above the leader's maximum, up to the greatest amount", () => {
  const lots = fc.record({
    startPrice: amount,
    increments,
    proxy: fc.boolean(),
    reserve: fc.option(amount),
    bids: fc.array(fc.record({ who: fc.constantFrom("ann", "ben", "cid"), amount }), { maxLength: 12 }),
  });
  const check = fc.property(lots, ({ reserve, bids, ...lot }) => {
    let price: number | null = null;
    let leader: { userId: string; maximum: number } | null = null;
    for (const { who, amount } of bids) {
      const decision = decideBid({ lot, price, leader, reserve }, who, amount);
      const leads: boolean = decision.kind === "raised" || (decision.kind === "placed" && decision.leads);
      if (leads) leader = { userId: who, maximum: amount };
      if (decision.kind === "below") expect(Number.isSafeInteger(decision.minimum)).toBe(true);
      if (decision.kind !== "placed") continue;
      expect(decision.price).toBeGreaterThanOrEqual(price ?? lot.startPrice);
      expect(decision.price).toBeLessThanOrEqual(leader?.maximum ?? 0);
      expect(decision.reserveMet).toBe(reserve === null || (leader?.maximum ?? 0) >= reserve);
      if (decision.reserveMet) expect(decision.price).toBeGreaterThanOrEqual(reserve ?? 0);
      price = decision.price;
      expect(Number.isSafeInteger(price)).toBe(true);
      expect(Number.isSafeInteger(minimumBid({ lot, price }))).toBe(true);
    }
  });
  fc.assert(check, tries(2_000));
});
