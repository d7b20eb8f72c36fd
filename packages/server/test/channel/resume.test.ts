import { formatPosition, type Position } from "@shoal/contract";
import { createMemoryStore, type Store } from "@shoal/server";
import { describe, expect, test } from "vitest";
import { type App, createApp } from "../support/app.ts";
import { shared } from "../support/nodes.ts";
import { Reader } from "../support/reader.ts";

const home = { counterId: "home" };

async function add(app: App, count: number): Promise<void> {
  for (let by = 1; by <= count; by += 1) await app.as("ann").counter.add({ ...home, by });
}

/** The position of the topic's end. */
async function endOf(app: App): Promise<Position> {
  const reader = new Reader(await app.as("ann").counter.watch(home));
  const received = await reader.next();
  await reader.end();
  if (!received) throw new Error("There was no opening");
  return received.position;
}

/** The first frames of a subscription that says where it was. */
async function resume(app: App, position: Position, count: number) {
  const lastEventId = formatPosition(position);
  const reader = new Reader(await app.as("ann").counter.watch({ ...home, lastEventId }));
  const frames = await reader.take(count);
  await reader.end();
  return frames;
}

const events = (from: number, to: number) => ({
  kind: "events",
  from,
  to,
  events: Array.from({ length: to - from + 1 }, (_, index) => ({ offset: from + index, data: { by: from + index } })),
});

describe("Who comes back", () => {
  test("goes on where it was, and is told how much it missed before it gets it whole", async () => {
    await using app = createApp();
    await add(app, 6);
    const end = await endOf(app);
    expect(await resume(app, { ...end, offset: 2 }, 3)).toMatchObject([
      { kind: "resumed", replayed: 4 },
      events(3, 6),
      { kind: "presence", full: [] },
    ]);
  });

  test("goes on where it was when it missed nothing", async () => {
    await using app = createApp();
    await add(app, 2);
    expect(await resume(app, await endOf(app), 2)).toEqual([
      { kind: "resumed", replayed: 0 },
      { kind: "presence", full: [] },
    ]);
  });

  test("goes on from the very beginning, too", async () => {
    await using app = createApp();
    const beginning = await endOf(app);
    expect(beginning.offset).toBe(0);
    await add(app, 2);
    expect(await resume(app, beginning, 2)).toMatchObject([{ kind: "resumed", replayed: 2 }, events(1, 2)]);
  });

  test.each([0, 1, 2, 5])("gets from the log what is in memory no more, with a ring of %i", async (ring) => {
    await using app = createApp({ ring });
    await add(app, 8);
    const end = await endOf(app);
    for (let offset = 0; offset < 8; offset += 1) {
      const replayed = 8 - offset;
      expect(await resume(app, { ...end, offset }, 2)).toMatchObject([
        { kind: "resumed", replayed },
        events(offset + 1, 8),
      ]);
    }
  });

  test.each([1, 2, 3, 500])(
    "gets from the log what a node never held, with a snapshot after each %i",
    async (snapshotEvery) => {
      const store = createMemoryStore();
      const restart = (given: Store) => createApp({ store: shared(given), snapshotEvery });
      await using first = restart(store);
      await add(first, 6);
      const end = await endOf(first);
      for (let offset = 0; offset < 6; offset += 1) {
        await using next = restart(store);
        const replayed = 6 - offset;
        expect(await resume(next, { ...end, offset }, 2)).toMatchObject([
          { kind: "resumed", replayed },
          events(offset + 1, 6),
        ]);
      }
    },
  );

  test("may have missed as much as is replayed at most, and not one more", async () => {
    await using app = createApp({ maxReplay: 3 });
    await add(app, 5);
    const end = await endOf(app);
    expect(await resume(app, { ...end, offset: 2 }, 1)).toEqual([{ kind: "resumed", replayed: 3 }]);
    expect(await resume(app, { ...end, offset: 1 }, 1)).toMatchObject([
      { kind: "snapshot", reason: "expired", offset: 5, state: { added: [1, 2, 3, 4, 5] } },
    ]);
  });

  test("starts anew when what it missed is kept no more", async () => {
    await using app = createApp({ ring: 0, snapshotEvery: 1, retention: { events: 2 } });
    await add(app, 5);
    const end = await endOf(app);
    await app.realtime.sweep();
    expect(await resume(app, { ...end, offset: 3 }, 2)).toMatchObject([{ kind: "resumed", replayed: 2 }, events(4, 5)]);
    expect(await resume(app, { ...end, offset: 2 }, 1)).toMatchObject([
      { kind: "snapshot", reason: "expired", offset: 5 },
    ]);
  });

  test.each([
    ["another store", "epoch", {}],
    ["beyond the end", "ahead", { offset: 9 }],
    ["another audience", "audience", { audience: "insiders" }],
  ] as const)("from %s starts anew and is told that", async (_where, reason, change) => {
    await using other = createApp();
    await using app = createApp();
    await add(app, 1);
    const position = reason === "epoch" ? await endOf(other) : { ...(await endOf(app)), ...change };
    expect(await resume(app, position, 1)).toMatchObject([
      { kind: "snapshot", reason, offset: 1, state: { added: [1] } },
    ]);
  });

  test("gets what happens while it comes once", async () => {
    await using app = createApp({ ring: 1 });
    await add(app, 4);
    const end = await endOf(app);
    const reader = new Reader(
      await app.as("ann").counter.watch({ ...home, lastEventId: formatPosition({ ...end, offset: 1 }) }),
    );
    // The older events are read from the log while the newer ones are committed.
    const opening = reader.next();
    const adding = add(app, 6);
    const offsets: number[] = [];
    for (let received = await opening; received; ) {
      const { frame } = received;
      if (frame.kind === "snapshot") throw new Error(`It started anew: ${frame.reason}`);
      if (frame.kind === "events") offsets.push(...frame.events.map(({ offset }) => offset));
      received = offsets.at(-1) === 10 ? undefined : await reader.next();
    }
    await adding;
    await reader.end();
    expect(offsets).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});
