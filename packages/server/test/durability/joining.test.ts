import { createMemoryStore, createSqliteStore } from "@shoal/server";
import { expect, test } from "vitest";
import { inTime } from "../support/recorder.ts";
import { toFrame } from "./first-frame.ts";
import { createLedgers } from "./ledger-app.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { measure } from "./wrap-store.ts";

const north = { ledgerId: "north" };

test("A thousand subscribers who come at once cost one load, and get one and the same frame", async () => {
  await using folder = await temporaryFolder();
  const path = folder.file("shoal.db");
  {
    await using ledgers = createLedgers({ store: createSqliteStore({ path }) });
    await ledgers.as("ann").note({ ...north, entry: 3, times: 5 });
  }
  const { store, counts } = measure(createSqliteStore({ path }));
  await using ledgers = createLedgers({ store });
  const subscribers = await Promise.all(
    Array.from({ length: 1_000 }, async (_, index) => {
      const watch: AsyncIterable<unknown> = await ledgers.as(`user-${index}`).watch(north);
      return watch[Symbol.asyncIterator]();
    }),
  );
  const openings = await inTime(Promise.all(subscribers.map((one) => one.next())), "a thousand openings");
  const first: unknown = openings[0]?.value;
  expect(toFrame(first).frame).toMatchObject({ kind: "snapshot", reason: "initial", offset: 5, state: { sum: 15 } });
  expect(openings.every(({ value }) => value === first)).toBe(true);
  const events = Promise.all(subscribers.map((one) => one.next()));
  await ledgers.as("ann").note({ ...north, entry: 4 });
  const heard = await inTime(events, "a thousand events");
  expect(toFrame(heard[0]?.value).frame).toMatchObject({ kind: "events", from: 6, to: 6 });
  expect(new Set(heard.map(({ value }) => value)).size).toBe(1);
  expect(counts).toEqual({ load: 1, read: 0, transaction: 1 });
});

test("Those who come back from one place at once cost one load, however many they are", async () => {
  const memory = createMemoryStore();
  const { store, counts } = measure(memory);
  await using ledgers = createLedgers({ store });
  await ledgers.as("ann").note({ ...north, entry: 1, times: 3 });
  const { id: lastEventId } = toFrame(
    (await (await ledgers.as("ann").watch(north))[Symbol.asyncIterator]().next()).value,
  );
  await ledgers.as("ann").note({ ...north, entry: 2, times: 4 });
  const before = { ...counts };
  const opened = Array.from({ length: 200 }, async () => {
    const iterator = (await ledgers.as("ann").watch({ ...north, lastEventId }))[Symbol.asyncIterator]();
    return [toFrame((await iterator.next()).value).frame, toFrame((await iterator.next()).value).frame];
  });
  for (const [opening, replay] of await inTime(Promise.all(opened), "the replays")) {
    expect(opening).toEqual({ kind: "resumed", replayed: 4 });
    expect(replay).toMatchObject({ kind: "events", from: 4, to: 7 });
  }
  expect(counts).toEqual(before);
});
