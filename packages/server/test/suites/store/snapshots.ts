import type { Store } from "@shoal/server";
import { describe, expect, test } from "vitest";
import type { OpenStore } from "../store-suite.ts";
import { request, topicNamed, write } from "./write.ts";

const lobby = topicNamed("lobby");

/** Stores a snapshot of a place in the log, and nothing else. */
async function store(into: Store, offset: number, state: string): Promise<void> {
  const { epoch, offset: head } = await into.head(lobby);
  await into.transaction(
    [request(lobby, { epoch, offset: head })],
    ({ now: at }) => [
      {
        topic: lobby,
        head: { offset: head, at },
        events: [],
        records: [],
        snapshot: { offset, at, state, version: 1 },
      },
    ],
    { wait: true },
  );
}

/** What becomes of snapshots that are stored later than their events. */
export function snapshotLaws(name: string, open: OpenStore): void {
  describe(`${name}, keeping snapshots,`, () => {
    test("takes one of a place that others have written behind, and loads it with what they wrote", async () => {
      await using opened = await open();
      await write(opened.store, lobby, ["a", "b", "c"]);
      await store(opened.store, 2, "ab");
      expect(await opened.store.head(lobby)).toMatchObject({ offset: 3 });
      expect(await opened.store.load(lobby)).toMatchObject({
        snapshot: { offset: 2, state: "ab" },
        events: [{ offset: 3, data: "c" }],
      });
      await write(opened.store, lobby, ["d"]);
      expect((await opened.store.load(lobby)).events.map(({ data }) => data)).toEqual(["c", "d"]);
    });

    test("keeps the newer one, of the same place the later one, and deletes no event that it does not cover", async () => {
      await using opened = await open();
      await write(opened.store, lobby, ["a", "b", "c", "d"]);
      await store(opened.store, 3, "abc");
      await store(opened.store, 2, "ab");
      expect(await opened.store.load(lobby)).toMatchObject({ snapshot: { offset: 3, state: "abc" } });
      await store(opened.store, 3, "in other words");
      expect(await opened.store.load(lobby)).toMatchObject({ snapshot: { offset: 3, state: "in other words" } });
      await store(opened.store, 1, "a");
      expect(await opened.store.trim({ channel: "notes", keep: 0, before: undefined })).toBe(3);
      expect(await opened.store.load(lobby)).toMatchObject({ snapshot: { offset: 3 }, events: [{ offset: 4 }] });
    });

    test("begins with none again in a topic that was erased", async () => {
      await using opened = await open();
      await write(opened.store, lobby, ["a", "b", "c"]);
      await store(opened.store, 3, "abc");
      await opened.store.erase(lobby);
      await write(opened.store, lobby, ["d"]);
      await store(opened.store, 1, "d");
      expect(await opened.store.load(lobby)).toMatchObject({ snapshot: { offset: 1, state: "d" }, events: [] });
    });
  });
}
