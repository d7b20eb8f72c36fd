import type { Store, TopicRef } from "@shoal/server";
import { describe, expect, test } from "vitest";
import type { OpenStore } from "../store-suite.ts";
import { request, show, topicNamed, write } from "./write.ts";

const lobby = topicNamed("lobby");
const trades = topicNamed("lobby", { channel: "trades" });

/** Writes so many events, with a snapshot of the state after the last but `uncovered` ones. */
async function fill(store: Store, topic: TopicRef, count: number, uncovered: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  await write(store, topic, numbers, (now, offset) => ({
    snapshot: { offset: offset - uncovered, at: now, state: `after ${offset - uncovered}`, version: 1 },
  }));
}

async function offsets(store: Store, topic: TopicRef): Promise<number[]> {
  return (await store.read(topic, 1, 1_000)).map(({ offset }) => offset);
}

/** Runs what deletes in batches until nothing is left to delete, and returns how much it was. */
async function all(batch: () => Promise<number>): Promise<number> {
  let sum = 0;
  for (let count = await batch(); count > 0; count = await batch()) sum += count;
  return sum;
}

/** What a store may delete, and what it never does. */
export function retentionLaws(name: string, open: OpenStore): void {
  describe(`${name}, cleaning up,`, () => {
    test("keeps the newest events of each topic of the channel, and all of the others", async () => {
      await using opened = await open();
      const { store } = opened;
      const attic = topicNamed("attic");
      await fill(store, lobby, 10, 0);
      await fill(store, attic, 3, 0);
      await fill(store, trades, 10, 0);
      expect(await all(() => store.trim({ channel: "notes", keep: 4, before: undefined }))).toBe(6);
      expect(await offsets(store, lobby)).toEqual([7, 8, 9, 10]);
      expect(await offsets(store, attic)).toEqual([1, 2, 3]);
      expect(await offsets(store, trades)).toHaveLength(10);
    });

    test("deletes nothing that no snapshot covers", async () => {
      await using opened = await open();
      const { store } = opened;
      await fill(store, lobby, 10, 3);
      await write(store, topicNamed("attic"), ["a", "b"]);
      expect(await all(() => store.trim({ channel: "notes", keep: 0, before: undefined }))).toBe(7);
      expect(await offsets(store, lobby)).toEqual([8, 9, 10]);
      expect(await offsets(store, topicNamed("attic"))).toEqual([1, 2]);
    });

    test("deletes what is older than an instant", async () => {
      await using opened = await open();
      const { store } = opened;
      await fill(store, lobby, 3, 0);
      const { now } = await store.look(null);
      expect(await all(() => store.trim({ channel: "notes", keep: undefined, before: now - 60_000 }))).toBe(0);
      expect(await all(() => store.trim({ channel: "notes", keep: undefined, before: now + 60_000 }))).toBe(3);
      expect(await offsets(store, lobby)).toEqual([]);
    });

    test("goes on with the next offset when every event is gone", async () => {
      await using opened = await open();
      const { store } = opened;
      await fill(store, lobby, 3, 0);
      await all(() => store.trim({ channel: "notes", keep: 0, before: undefined }));
      expect(await store.head(lobby)).toMatchObject({ offset: 3 });
      expect(await store.load(lobby)).toMatchObject({ snapshot: { offset: 3, state: "after 3" }, events: [] });
      await write(store, lobby, ["d"]);
      expect(await offsets(store, lobby)).toEqual([4]);
    });

    test("shows the whole topic to who knows less than what is kept", async () => {
      await using opened = await open();
      const { store } = opened;
      await fill(store, lobby, 5, 1);
      await all(() => store.trim({ channel: "notes", keep: 2, before: undefined }));
      const stored = await store.load(lobby);
      const { epoch } = stored;
      expect((await show(store, request(lobby, { epoch, offset: 2 }))).news).toEqual({ kind: "reload", stored });
      expect((await show(store, request(lobby, { epoch, offset: 3 }))).news).toMatchObject({ kind: "tail" });
    });

    test("forgets the answers that were recorded before an instant", async () => {
      await using opened = await open();
      const { store } = opened;
      const record = {
        sender: "user:ann",
        commandId: "c1",
        digest: "d",
        outcome: { ok: true, offset: 0 },
        version: 1,
      } as const;
      await write(store, lobby, [], { records: [record] });
      const { now } = await store.look(null);
      const known = await store.head(lobby);
      const recorded = async () => (await show(store, request(lobby, known, [record]))).records;
      expect(await all(() => store.forget(now - 60_000))).toBe(0);
      expect(await recorded()).toEqual([record]);
      expect(await all(() => store.forget(now + 60_000))).toBe(1);
      expect(await recorded()).toEqual([]);
    });

    test("gives every topic another epoch, and keeps what is in it", async () => {
      await using opened = await open();
      const { store } = opened;
      await fill(store, lobby, 3, 0);
      const unwritten = topicNamed("attic");
      const before = [await store.head(lobby), await store.head(unwritten)];
      await store.newEpoch();
      const after = [await store.head(lobby), await store.head(unwritten)];
      expect(new Set([...before, ...after].map(({ epoch }) => epoch)).size).toBe(4);
      expect(after.map(({ offset }) => offset)).toEqual([3, 0]);
      expect(await offsets(store, lobby)).toEqual([1, 2, 3]);
      const stored = await store.load(lobby);
      expect((await show(store, request(lobby, before[0] ?? (stored as never)))).news).toEqual({
        kind: "reload",
        stored,
      });
    });
  });
}
