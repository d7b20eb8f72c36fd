import type { Store, TopicRef } from "@shoal/server";
import { describe, expect, test } from "vitest";
import type { OpenStore } from "../store-suite.ts";
import { request, show, topicNamed, write } from "./write.ts";

const lobby = topicNamed("lobby");
const attic = topicNamed("attic");
const elsewhere = topicNamed("lobby", { channel: "trades" });

/** Stores as of which event something is derived, as its owner does it: with what it writes of its own. */
async function derive(store: Store, topic: TopicRef, offset: number, fails = false): Promise<void> {
  const known = await store.head(topic);
  await store.transaction(
    [request(topic, known)],
    ({ now: at }) => [{ topic, head: { offset: known.offset, at }, events: [], records: [], derived: offset }],
    {
      wait: true,
      project: async (sql) => {
        await sql.query("SELECT 1", []);
        if (fails) throw new Error("it cannot be written");
      },
    },
  );
}

async function underived(store: Store, channel: string): Promise<readonly string[]> {
  const ids: string[] = [];
  let after: string | null = null;
  do {
    const page = await store.underived(channel, after);
    ids.push(...page.topics.map(({ id }) => id));
    after = page.next;
  } while (after !== null);
  return ids;
}

/** What a store knows of what is derived from its topics. */
export function derivationLaws(name: string, open: OpenStore): void {
  describe(`${name}, keeping as of which event something is derived,`, () => {
    test("begins with 0, tells it with the lock and without, and moves nothing else by it", async () => {
      await using opened = await open();
      const { store } = opened;
      expect(await store.derived(lobby)).toBe(0);
      await write(store, lobby, ["a", "b"]);
      const before = await store.load(lobby);
      const known = await store.head(lobby);
      expect((await show(store, request(lobby, known))).derived).toBe(0);
      await derive(store, lobby, 1);
      expect(await store.derived(lobby)).toBe(1);
      expect((await show(store, request(lobby, known))).derived).toBe(1);
      expect(await store.load(lobby)).toEqual(before);
      await write(store, lobby, ["c"]);
      expect([await store.derived(lobby), (await store.head(lobby)).offset]).toEqual([1, 3]);
    });

    test("writes nothing of it when what is written with it fails", async () => {
      await using opened = await open();
      const { store } = opened;
      await write(store, lobby, ["a"]);
      await expect(derive(store, lobby, 1, true)).rejects.toThrow("it cannot be written");
      expect(await store.derived(lobby)).toBe(0);
    });

    test("finds the topics of a channel that are behind", async () => {
      await using opened = await open();
      const { store } = opened;
      expect(await underived(store, "notes")).toEqual([]);
      await write(store, lobby, ["a", "b"]);
      await write(store, elsewhere, ["a"]);
      await write(store, attic, ["a"]);
      expect(await underived(store, "notes")).toEqual([lobby.id, attic.id]);
      expect((await store.underived("notes", null)).topics[0]).toEqual(lobby);
      await derive(store, lobby, 1);
      await derive(store, attic, 1);
      expect(await underived(store, "notes")).toEqual([lobby.id]);
      await derive(store, lobby, 2);
      expect(await underived(store, "notes")).toEqual([]);
    });

    test("begins anew where the topic is erased, or is given another epoch", async () => {
      await using opened = await open();
      const { store } = opened;
      await write(store, lobby, ["a", "b"]);
      await derive(store, lobby, 2);
      await store.erase(lobby);
      expect([await store.derived(lobby), await underived(store, "notes")]).toEqual([0, []]);
      await write(store, lobby, ["c"]);
      await derive(store, lobby, 1);
      await write(store, lobby, [], (at, offset) => ({
        newEpoch: true,
        snapshot: { offset, at, state: "c", version: 1 },
        redactions: [{ offset: 1, effects: "effect:none:" }],
      }));
      expect([await store.derived(lobby), await underived(store, "notes")]).toEqual([0, [lobby.id]]);
    });
  });
}
