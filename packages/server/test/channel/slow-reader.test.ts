import { describe, expect, test } from "vitest";
import { createApp } from "../support/app.ts";
import { Reader, readAll } from "../support/reader.ts";

const home = { counterId: "home" };

describe("Who reads too slowly", () => {
  test("gets all that fits into its queue, in its order", async () => {
    await using app = createApp({ queue: 4 });
    const reader = new Reader(await app.as("ann").counter.watch(home));
    expect(await reader.take(2)).toMatchObject([{ kind: "snapshot" }, { kind: "presence" }]);
    for (let by = 1; by <= 4; by += 1) await app.as("ben").counter.add({ ...home, by });
    expect(await reader.take(4)).toMatchObject([{ from: 1 }, { from: 2 }, { from: 3 }, { from: 4 }]);
  });

  test("starts anew from a snapshot when there was more, and then goes on", async () => {
    await using app = createApp({ queue: 4 });
    const reader = new Reader(await app.as("ann").counter.watch(home));
    await reader.take(2);
    for (let by = 1; by <= 5; by += 1) await app.as("ben").counter.add({ ...home, by });
    expect(await reader.take(2)).toMatchObject([
      { kind: "snapshot", reason: "overflow", offset: 5, state: { added: [1, 2, 3, 4, 5] } },
      { kind: "presence", full: [] },
    ]);
    await app.as("ben").counter.add({ ...home, by: 6 });
    expect(await reader.take(1)).toMatchObject([{ kind: "events", from: 6, to: 6 }]);
  });

  test("gets the state of when it reads again, not of when it fell behind", async () => {
    await using app = createApp({ queue: 1 });
    const reader = new Reader(await app.as("ann").counter.watch(home));
    await reader.take(2);
    for (let by = 1; by <= 20; by += 1) await app.as("ben").counter.add({ ...home, by });
    expect(await reader.take(1)).toMatchObject([{ kind: "snapshot", reason: "overflow", offset: 20 }]);
  });

  test.each([0, 1, 2])("gets an opening whole, however short its queue: %i", async (queue) => {
    await using app = createApp({ queue });
    const first = new Reader(
      await app.as("ann").counter.watch({ ...home, presence: { typing: true }, clientId: "tab" }),
    );
    const opening = await first.next();
    expect(opening?.frame).toMatchObject({ kind: "snapshot", reason: "initial" });
    await app.as("ben").counter.add({ ...home, by: 1 });
    const position = opening?.position;
    const lastEventId = `${position?.epoch}:${position?.offset}:${position?.audience}`;
    const again = new Reader(await app.as("ann").counter.watch({ ...home, lastEventId }));
    expect(await again.take(3)).toMatchObject([
      { kind: "resumed", replayed: 1 },
      { kind: "events", from: 1, to: 1 },
      { kind: "presence", full: [{ id: "ann" }] },
    ]);
  });

  test("holds up nobody else, and costs no more than its queue", async () => {
    await using app = createApp({ queue: 8 });
    const slow = new Reader(await app.as("ann").counter.watch(home));
    await slow.take(2);
    const quick = readAll(await app.as("cid").counter.watch(home));
    for (let by = 1; by <= 500; by += 1) await app.as("ben").counter.add({ ...home, by });
    await quick.frames.first(({ position }) => position.offset === 500);
    expect(quick.frames.items.every(({ frame }) => frame.kind !== "snapshot" || frame.reason === "initial")).toBe(true);
    // Of 500 frames none was kept: there is the snapshot, who is here, and nothing else.
    expect(await slow.take(2)).toMatchObject([{ kind: "snapshot", reason: "overflow" }, { kind: "presence" }]);
    expect(await slow.nextIfAny()).toBeUndefined();
  });

  test("may end instead of reading on", async () => {
    await using app = createApp({ queue: 1 });
    const reader = new Reader(await app.as("ann").counter.watch(home));
    await reader.take(2);
    for (let by = 1; by <= 5; by += 1) await app.as("ben").counter.add({ ...home, by });
    await reader.end();
    expect(await reader.next()).toBeUndefined();
  });
});
