import { parsePosition } from "@shoal/contract";
import { createMemoryHub, createSqliteStore } from "@shoal/server";
import { describe, expect, test } from "vitest";
import { eventually, inTime } from "../support/recorder.ts";
import { createClockedStore } from "./clocked-store.ts";
import { firstFrame, toFrame } from "./first-frame.ts";
import { createLedgers, type LedgerOptions, ledgerRef } from "./ledger-app.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { wrapStore } from "./wrap-store.ts";

const north = { ledgerId: "north" };

/** A ledger with entries from 1 to 20, one after the other, and the positions of who was there after each. */
async function fill(options: LedgerOptions) {
  const ledgers = createLedgers(options);
  const positions: string[] = [];
  for (let entry = 1; entry <= 20; entry += 1) {
    await ledgers.as("ann").note({ ...north, entry });
    positions.push((await firstFrame(ledgers.as("ann").watch(north))).id);
  }
  return { ...ledgers, after: (offset: number) => positions[offset - 1] };
}

const whole = { count: 20, sum: 210 };

describe("Retention by count, on a SQLite file,", () => {
  test("keeps the newest that a snapshot covers, and gives who was there before a snapshot", async () => {
    await using folder = await temporaryFolder();
    const path = folder.file("shoal.db");
    const options = { snapshotEvery: 8, retention: { events: 6 }, ring: 0 };
    await using ledgers = await fill({ ...options, store: createSqliteStore({ path }) });
    await ledgers.realtime.sweep();
    const offsets = async () => (await ledgers.ledger("north").history({ limit: 100 })).map(({ offset }) => offset);
    expect(await offsets()).toEqual([20, 19, 18, 17, 16, 15]);
    const come = async (from: number) =>
      (await firstFrame(ledgers.as("ben").watch({ ...north, lastEventId: ledgers.after(from) }))).frame;
    expect(await come(14)).toEqual({ kind: "resumed", replayed: 6 });
    expect(await come(19)).toEqual({ kind: "resumed", replayed: 1 });
    expect(await come(20)).toEqual({ kind: "resumed", replayed: 0 });
    const expired = { kind: "snapshot", reason: "expired", offset: 20, state: whole };
    for (const from of [1, 8, 13]) expect(await come(from)).toMatchObject(expired);
    await ledgers.realtime.close();
    const store = createSqliteStore({ path });
    await using again = createLedgers({ ...options, store });
    expect(await again.ledger("north").state()).toMatchObject(whole);
    expect(await store.read(ledgerRef("north"), 1, 20)).toHaveLength(6);
    const { frame } = await firstFrame(again.as("ben").watch({ ...north, lastEventId: ledgers.after(13) }));
    expect(frame).toMatchObject(expired);
    expect(await again.as("ann").note({ ...north, entry: 1 })).toMatchObject({ offset: 21 });
  });

  test("deletes nothing that no snapshot covers", async () => {
    await using folder = await temporaryFolder();
    const path = folder.file("shoal.db");
    const options = { snapshotEvery: 8, retention: { events: 1 } };
    {
      await using ledgers = await fill({ ...options, store: createSqliteStore({ path }) });
      await ledgers.realtime.sweep();
    }
    await using again = createLedgers({ ...options, store: createSqliteStore({ path }) });
    const kept = await again.ledger("north").history({ limit: 100 });
    expect(kept.map(({ offset }) => offset)).toEqual([20, 19, 18, 17]);
    expect(await again.ledger("north").state()).toMatchObject(whole);
  });
});

describe("Retention by age", () => {
  test("keeps what is young, and gives who was there before a snapshot", async () => {
    const { store, move } = createClockedStore();
    await using ledgers = await fill({ store, lookMs: 1, snapshotEvery: 1, retention: { ageMs: 60_000 }, ring: 0 });
    await move(40_000);
    await ledgers.realtime.sweep();
    expect(await ledgers.ledger("north").history({ limit: 100 })).toHaveLength(20);
    await ledgers.as("ann").note({ ...north, entry: 5 });
    await move(40_000);
    await ledgers.realtime.sweep();
    const kept = await ledgers.ledger("north").history({ limit: 100 });
    expect(kept.map(({ offset }) => offset)).toEqual([21]);
    const come = async (from: number) =>
      (await firstFrame(ledgers.as("ben").watch({ ...north, lastEventId: ledgers.after(from) }))).frame;
    expect(await come(20)).toEqual({ kind: "resumed", replayed: 1 });
    expect(await come(19)).toMatchObject({ kind: "snapshot", reason: "expired", offset: 21 });
  });
});

test("A server that lags behind what is kept starts anew from the log's end, without a hole", async () => {
  const { store } = createClockedStore();
  const options = { store, snapshotEvery: 1, retention: { events: 2 } };
  await using ahead = createLedgers({ ...options, broker: createMemoryHub()() });
  await using behind = createLedgers({ ...options, broker: createMemoryHub()(), lookMs: 600_000 });
  const watch: AsyncIterable<unknown> = await behind.as("ben").watch(north);
  const iterator = watch[Symbol.asyncIterator]();
  await iterator.next();
  for (let entry = 1; entry <= 9; entry += 1) await ahead.as("ann").note({ ...north, entry });
  await ahead.realtime.sweep();
  expect(await behind.as("ben").note({ ...north, entry: 10 })).toMatchObject({ ok: true, offset: 10 });
  const frames = [await iterator.next(), await iterator.next()].map(({ value }) => (value as [string, unknown])[1]);
  expect(frames[0]).toMatchObject({ kind: "snapshot", reason: "expired", offset: 9, state: { count: 9, sum: 45 } });
  expect(frames[1]).toMatchObject({ kind: "events", from: 10, to: 10 });
});

test("A server that is slow to read what it missed does not fall back behind what it then wrote", async () => {
  const { store } = createClockedStore();
  const loading = Promise.withResolvers<void>();
  const loaded = Promise.withResolvers<void>();
  let loads = 0;
  const slow = wrapStore(store, {
    async load(topic) {
      loads += 1;
      const stored = await store.load(topic);
      if (loads === 2) {
        loading.resolve();
        await loaded.promise;
      }
      return stored;
    },
  });
  const options = { snapshotEvery: 1, retention: { events: 2 } };
  await using ahead = createLedgers({ ...options, store, broker: createMemoryHub()() });
  await using behind = createLedgers({ ...options, store: slow, broker: createMemoryHub()(), lookMs: 5 });
  const watch: AsyncIterable<unknown> = await behind.as("ben").watch(north);
  const iterator = watch[Symbol.asyncIterator]();
  await iterator.next();
  await ahead.as("ann").note({ ...north, entry: 1, times: 9 });
  await ahead.realtime.sweep();
  await inTime(loading.promise, "the server to read what it missed");
  await behind.as("ben").note({ ...north, entry: 2 });
  loaded.resolve();
  await ahead.as("ann").note({ ...north, entry: 3 });
  await eventually(async () => (await behind.ledger("north").state()).count === 11, "the server is at the end");
  const offsets: number[] = [];
  while (offsets.at(-1) !== 11) {
    const { id } = toFrame((await inTime(iterator.next(), `what follows ${offsets}`)).value);
    offsets.push(parsePosition(id).offset);
  }
  expect(offsets).toEqual([9, 10, 11]);
});
