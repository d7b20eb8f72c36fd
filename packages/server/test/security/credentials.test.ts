import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Credentials } from "../../src/transport/ws/credentials.ts";
import { tries } from "../support/seed.ts";

const minute = 60_000;
const params = { token: "next" };

function credentials(expiresAt: number | undefined, aheadMs = 30_000): Credentials {
  const made = new Credentials(aheadMs);
  made.hold(expiresAt, 0);
  return made;
}

describe("Credentials", () => {
  test("that never expire are never asked for", () => {
    const held = credentials(undefined);
    for (const now of [0, minute, Number.MAX_SAFE_INTEGER]) expect(held.step(now, 0)).toBe("wait");
  });

  test("are asked for once, so long before they expire, and then end", () => {
    const held = credentials(10 * minute);
    expect(held.step(10 * minute - 30_001, 0)).toBe("wait");
    expect(held.step(10 * minute - 30_000, 0)).toBe("ask");
    expect(held.step(10 * minute - 1, 0)).toBe("wait");
    expect(held.step(10 * minute, 0)).toBe("end");
  });

  test("are asked for at the latest when half of their time is over, and no step later", () => {
    expect(credentials(minute / 2).step(minute / 4 - 1, 0)).toBe("wait");
    expect(credentials(minute / 2).step(minute / 4, 0)).toBe("ask");
    expect(credentials(minute / 2).step(minute / 4 - 1_000, 1_000)).toBe("ask");
  });

  test("that were over from the beginning end at once", () => {
    expect(credentials(-1).step(0, 0)).toBe("end");
  });

  test("are waited for a little while longer when the next ones are on their way", () => {
    const held = credentials(minute);
    held.offer(params);
    expect(held.begin(minute - 1)).toEqual({ params });
    expect(held.step(minute + 2_999, 0)).not.toBe("end");
    expect(held.step(minute + 3_000, 0)).toBe("end");
    held.done();
    expect(held.step(minute, 0)).toBe("end");
  });

  test("are asked for again when a renewal came to nothing, in half of the time that is left", () => {
    const held = credentials(minute);
    expect(held.step(minute / 2, 0)).toBe("ask");
    held.offer(params);
    held.begin(minute / 2);
    held.failed(minute - 20_000);
    expect(held.step(minute - 10_001, 0)).toBe("wait");
    expect(held.step(minute - 10_000, 0)).toBe("ask");
    expect(held.step(minute, 0)).toBe("end");
  });

  test("that take the place of others are asked for again in their time", () => {
    const held = credentials(minute);
    expect(held.step(minute - 1, 0)).toBe("ask");
    held.hold(3 * minute, minute);
    expect(held.step(minute + 1, 0)).toBe("wait");
    expect(held.step(3 * minute - 30_000, 0)).toBe("ask");
  });

  test("are renewed one at a time and once a second, by what was offered last, whatever is offered when", () => {
    const step = fc.record({
      passes: fc.integer({ min: 0, max: 700 }),
      does: fc.constantFrom("offer", "begin", "done"),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const held = credentials(undefined);
        let now = 0;
        let last: number | undefined;
        let isRunning = false;
        let begunAt = Number.NEGATIVE_INFINITY;
        for (const [index, { passes, does }] of steps.entries()) {
          now += passes;
          if (does === "offer") {
            held.offer({ token: String(index) });
            last = index;
          } else if (does === "done") {
            held.done();
            isRunning = false;
          } else {
            const begun = held.begin(now);
            expect(begun).toEqual(
              last !== undefined && !isRunning && now - begunAt >= 1_000
                ? { params: { token: String(last) } }
                : undefined,
            );
            if (!begun) continue;
            last = undefined;
            isRunning = true;
            begunAt = now;
          }
        }
      }),
      tries(200),
    );
  });
});
