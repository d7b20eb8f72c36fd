import { attach, type SharedFrame } from "@shoal/server";
import { describe, expect, test } from "vitest";
import { pacedGauges } from "../support/gauges.ts";
import { PacedWorld } from "../support/paced-world.ts";

const minute = 60_000;

describe("A subscriber for whom something waits when its audience is told again", () => {
  /** One who takes nothing while `waits` says so, and keeps what it is sent. */
  async function openSlow(w: PacedWorld, audience: string) {
    const ranges: string[] = [];
    const sink = {
      waits: false,
      push({ frame }: SharedFrame): void {
        if (frame.kind === "events") ranges.push(`${w.now}: ${frame.from} to ${frame.to}`);
      },
      fail: () => {},
    };
    await (await w.watch({ audience }))[attach](sink);
    return Object.assign(sink, { ranges });
  }

  test("falls to the next slower pace, and from there to the next, and is told all of it", async () => {
    await using w = new PacedWorld(pacedGauges);
    const [slow, quick] = [await openSlow(w, "live"), await openSlow(w, "live")];
    await w.add(1);
    slow.waits = true;
    for (let count = 0; count < 30; count += 1) {
      await w.add(1);
      w.advance(100);
    }
    // At 100 it fell to a second, of which the first is over at 1100, and then to a minute.
    expect(slow.ranges).toEqual(["0: 1 to 1"]);
    expect(quick.ranges).toHaveLength(31);
    w.advance(58_000);
    expect(slow.ranges).toEqual(["0: 1 to 1"]);
    w.advance(2_000);
    // The slowest it may be: what comes then waits as it does for anybody who is slow.
    expect(slow.ranges).toEqual(["0: 1 to 1", "61100: 2 to 31"]);
  });

  test("comes back to its own pace, step by step, when nothing has waited for ten beats", async () => {
    await using w = new PacedWorld(pacedGauges);
    const slow = await openSlow(w, "live");
    const addFor = async (ms: number) => {
      for (const end = w.now + ms; w.now < end; ) {
        await w.add(1);
        w.advance(100);
      }
    };
    await w.add(1);
    slow.waits = true;
    await addFor(1_200);
    slow.waits = false;
    await addFor(900);
    expect(slow.ranges).toEqual(["0: 1 to 1"]);
    await addFor(100);
    expect(slow.ranges).toHaveLength(2);
    await addFor(1_000);
    expect(slow.ranges.length).toBeGreaterThan(2);
    const before = slow.ranges.length;
    await addFor(500);
    expect(slow.ranges).toHaveLength(before + 5);
    const offsets = slow.ranges.map((range) => range.split(": ")[1]?.split(" to ").map(Number) ?? []);
    offsets.forEach(([from], index) => {
      if (index > 0) expect(from).toBe((offsets[index - 1]?.[1] ?? 0) + 1);
    });
  });

  test("has what happened last soon after it takes something again, also where nothing more happens", async () => {
    await using w = new PacedWorld(pacedGauges);
    const slow = await openSlow(w, "live");
    await w.add(1);
    slow.waits = true;
    for (let count = 0; count < 20; count += 1) {
      await w.add(1);
      w.advance(100);
    }
    slow.waits = false;
    w.advance(1_000);
    expect(slow.ranges.at(-1)).toMatch(/ 2 to 21$/);
    w.advance(10 * minute);
    expect(w.delays.size).toBe(0);
  });

  test("does not hold up the first event after a quiet time for the others", async () => {
    await using w = new PacedWorld(pacedGauges);
    const [slow, quick] = [await openSlow(w, "live"), await openSlow(w, "live")];
    await w.add(1);
    slow.waits = true;
    await w.add(1);
    w.advance(1_250);
    for (let count = 0; count < 3; count += 1) await w.add(1);
    w.advance(99);
    expect(quick.ranges).toEqual(["0: 1 to 1", "100: 2 to 2", "1250: 3 to 3"]);
    w.advance(1);
    expect(quick.ranges.at(-1)).toBe("1350: 4 to 5");
    w.advance(2 * minute);
    expect(slow.ranges.at(-1)).toMatch(/: 2 to 5$/);
  });

  test("stays at the pace of its audience where there is no slower one", async () => {
    await using w = new PacedWorld(pacedGauges);
    const slow = await openSlow(w, "background");
    slow.waits = true;
    await w.add(1);
    await w.add(1);
    w.advance(minute);
    expect(slow.ranges).toEqual(["0: 1 to 1", "60000: 2 to 2"]);
  });

  test("is told at once where its audience has no pace", async () => {
    await using w = new PacedWorld(pacedGauges);
    const slow = await openSlow(w, "prompt");
    slow.waits = true;
    for (let count = 0; count < 3; count += 1) await w.add(1);
    expect(slow.ranges).toEqual(["0: 1 to 1", "0: 2 to 2", "0: 3 to 3"]);
  });

  test("falls also where it pulls its frames, and pulls too late", async () => {
    await using w = new PacedWorld(pacedGauges);
    const frames = (await w.watch({ audience: "live" }))[Symbol.asyncIterator]();
    const next = async () => (await frames.next()).value?.[1];
    expect(await next()).toMatchObject({ kind: "snapshot" });
    expect(await next()).toMatchObject({ kind: "presence" });
    await w.add(1);
    await w.add(1);
    w.advance(100);
    await w.add(1);
    expect(await next()).toMatchObject({ kind: "events", from: 1, to: 1 });
    const pulled = next();
    w.advance(1_000);
    expect(await pulled).toMatchObject({ kind: "events", from: 2, to: 3 });
    await frames.return?.();
  });
});
