import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Ring } from "../../src/channel/ring.ts";
import { eventsAfter } from "../suites/store/write.ts";
import { tries } from "../support/seed.ts";

const offsets = (ring: Ring, after: number) => ring.after(after)?.map(({ offset }) => offset);

describe("A ring", () => {
  test("holds at least its number of the newest events, at most half as many more, and gives them without a hole", () => {
    const most = fc.nat(10);
    const pushes = fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 20, size: "max" });
    fc.assert(
      fc.property(most, pushes, (given, counts) => {
        const ring = new Ring(given);
        let end = 0;
        for (const count of counts) {
          ring.push(eventsAfter(end, 0, Array.from({ length: count })));
          end += count;
          const held = ring.oldest === undefined ? 0 : end - ring.oldest + 1;
          expect(held).toBeGreaterThanOrEqual(Math.min(given, end));
          expect(held).toBeLessThanOrEqual(given * 1.5);
          for (let after = 0; after < end; after += 1) {
            const whole = Array.from({ length: end - after }, (_, index) => after + 1 + index);
            expect(offsets(ring, after)).toEqual(end - after <= held ? whole : undefined);
          }
        }
      }),
      tries(200),
    );
  });

  test("takes a long log at once", () => {
    const ring = new Ring(10);
    ring.push(eventsAfter(0, 0, Array.from({ length: 300_000 })));
    expect(ring.oldest).toBe(299_991);
  });

  test("holds nothing after it was cleared", () => {
    const ring = new Ring(10);
    ring.push(eventsAfter(0, 0, [1, 2, 3]));
    ring.clear();
    expect(ring.oldest).toBeUndefined();
    expect(ring.after(1)).toBeUndefined();
    ring.push(eventsAfter(7, 0, [8]));
    expect(offsets(ring, 7)).toEqual([8]);
  });
});
