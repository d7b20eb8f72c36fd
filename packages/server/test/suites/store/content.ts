import { formatPosition, parsePosition } from "@shoal/contract";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tries } from "../../support/seed.ts";
import type { OpenStore } from "../store-suite.ts";
import { eventsAfter, show, topicNamed, write } from "./write.ts";

const lobby = topicNamed("lobby");

/** Topics that a careless comparison takes for one another. */
const alike = [
  topicNamed("a"),
  topicNamed("A"),
  topicNamed("a "),
  topicNamed("\u00e1"),
  topicNamed("a\u0301"),
  topicNamed("a_"),
  topicNamed("a%"),
  topicNamed("ab"),
  topicNamed("1"),
  topicNamed("a\u0000"),
  topicNamed("a\ud800"),
  topicNamed("a\ud801"),
  topicNamed("__proto__"),
  topicNamed("a", { tenant: "null" }),
  topicNamed("a", { tenant: "" }),
  topicNamed("a", { tenant: "acme" }),
  topicNamed("a", { channel: "Notes" }),
  topicNamed("a".repeat(2_000)),
];

/** Any JSON as it comes back from its text: with `\u0000`, halves of pairs and the names that every object has. */
const json = fc
  .oneof(
    fc.jsonValue({ stringUnit: "binary", maxDepth: 3 }),
    fc.constantFrom<unknown>("\u0000", "\ud800", "\udc00x", "🐟", "\u2028", 5e-324, -1.5e300, 0.1 + 0.2, [[]], {
      "": 0,
    }),
    fc.constantFrom('{"__proto__":{"a":1}}', '{"constructor":1,"toJSON":2}').map((text) => JSON.parse(text) as unknown),
  )
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown);

/** What a store keeps, and gives back as it was. */
export function contentLaws(name: string, open: OpenStore): void {
  describe(`${name}, as a store of topics,`, () => {
    test("gives a topic that nobody wrote to an epoch, always the same one, and nothing else", async () => {
      await using opened = await open();
      const { store } = opened;
      const first = await store.load(lobby);
      expect(first).toEqual({ epoch: expect.any(String), snapshot: null, events: [] });
      expect(await store.load(lobby)).toEqual(first);
      expect(await store.head(lobby)).toEqual({ epoch: first.epoch, offset: 0 });
      expect(await store.read(lobby, 1, 10)).toEqual([]);
      await write(store, lobby, ["hello"]);
      expect((await store.load(lobby)).epoch).toBe(first.epoch);
      expect(await store.head(lobby)).toEqual({ epoch: first.epoch, offset: 1 });
    });

    test("gives each topic an epoch of its own, fit for a position", async () => {
      await using opened = await open();
      const heads = await Promise.all(alike.map((topic) => opened.store.head(topic)));
      expect(new Set(heads.map(({ epoch }) => epoch)).size).toBe(alike.length);
      for (const head of heads) {
        const position = { ...head, audience: "all" };
        expect(parsePosition(formatPosition(position))).toEqual(position);
      }
    });

    test("never takes one topic for another", async () => {
      await using opened = await open();
      const { store } = opened;
      for (const [index, topic] of alike.entries()) await write(store, topic, [`of ${index}`]);
      for (const [index, topic] of alike.entries()) {
        expect((await store.load(topic)).events.map(({ data }) => data)).toEqual([`of ${index}`]);
      }
    });

    test("keeps what was appended, in its order", async () => {
      await using opened = await open();
      const { store } = opened;
      const first = await write(store, lobby, ["a", "b"]);
      const second = await write(store, lobby, ["c"]);
      const events = [...eventsAfter(0, first, ["a", "b"]), ...eventsAfter(2, second, ["c"])];
      expect(await store.load(lobby)).toMatchObject({ snapshot: null, events });
      expect(await store.head(lobby)).toMatchObject({ offset: 3 });
    });

    test("reads the events from one offset to another, both included, as far as there are some", async () => {
      await using opened = await open();
      const { store } = opened;
      await write(store, lobby, ["a", "b", "c", "d", "e"]);
      const read = async (from: number, to: number) => (await store.read(lobby, from, to)).map(({ data }) => data);
      expect(await read(2, 4)).toEqual(["b", "c", "d"]);
      expect(await read(3, 3)).toEqual(["c"]);
      expect(await read(-2, 1)).toEqual(["a"]);
      expect(await read(5, Number.MAX_SAFE_INTEGER)).toEqual(["e"]);
      expect(await read(4, 3)).toEqual([]);
      expect(await read(6, 9)).toEqual([]);
    });

    test("keeps any JSON as it was, in events, in states, in outcomes and in what timers carry", async () => {
      await using opened = await open();
      const { store } = opened;
      await fc.assert(
        fc.asyncProperty(fc.uuid(), json, async (id, data) => {
          const topic = topicNamed(id);
          const outcome = { ok: true, offset: 1, result: data } as const;
          const record = { sender: "user:ann", commandId: "c1", digest: "d1", outcome, version: 1 };
          await write(store, topic, [data], (now, offset) => ({
            records: [record],
            timers: [
              {
                name: "end",
                at: now,
                due: now,
                command: "end",
                input: data,
                armedAt: offset,
                attempts: 0,
                status: "armed",
                version: 1,
              },
            ],
            snapshot: { offset, at: now, state: data, version: 1 },
          }));
          const { epoch, snapshot } = await store.load(topic);
          expect((await store.read(topic, 1, 1))[0]?.data).toEqual(data);
          expect(snapshot?.state).toEqual(data);
          const locked = await show(store, {
            topic,
            known: { epoch, offset: 1 },
            commands: [{ sender: "user:ann", commandId: "c1" }],
          });
          expect(locked.records).toEqual([record]);
          expect(locked.timers[0]?.input).toEqual(data);
        }),
        tries(60),
      );
    });

    test("keeps who caused an event and by which command, and that nobody did", async () => {
      await using opened = await open();
      const { store } = opened;
      const at = await write(store, lobby, []);
      const events = [
        {
          offset: 1,
          at,
          type: "noted",
          data: {},
          secret: null,
          commandId: "C-1 é🐟",
          userId: "Ann é🐟'\"\\%",
          version: 1,
        },
        {
          offset: 2,
          at,
          type: "x".repeat(64),
          data: {},
          secret: null,
          commandId: "c".repeat(128),
          userId: "u".repeat(500),
          version: 1,
        },
        { offset: 3, at, type: "noted", data: {}, secret: null, commandId: null, userId: null, version: 1 },
      ];
      await write(store, lobby, [], { events, head: { offset: 3, at } });
      expect(await store.read(lobby, 1, 3)).toEqual(events);
    });

    test("loads the newest snapshot and every event after it, and still reads the ones before", async () => {
      await using opened = await open();
      const { store } = opened;
      const at = await write(store, lobby, ["a", "b"], (now, offset) => ({
        snapshot: { offset, at: now, state: { notes: 2 }, version: 1 },
      }));
      await write(store, lobby, ["c"]);
      expect(await store.load(lobby)).toMatchObject({
        snapshot: { offset: 2, at, state: { notes: 2 } },
        events: [{ offset: 3, data: "c" }],
      });
      await write(store, lobby, ["d"], (now, offset) => ({
        snapshot: { offset, at: now, state: { notes: 4 }, version: 1 },
      }));
      expect(await store.load(lobby)).toMatchObject({ snapshot: { offset: 4, state: { notes: 4 } }, events: [] });
      expect((await store.read(lobby, 1, 4)).map(({ data }) => data)).toEqual(["a", "b", "c", "d"]);
    });

    test("keeps it all while it is closed, where it outlives closing", async ({ skip }) => {
      await using opened = await open();
      if (!opened.reopen) return skip("what it keeps ends with it");
      const record = {
        sender: "user:ann",
        commandId: "c1",
        digest: "d1",
        outcome: { ok: true, offset: 1 },
        version: 1,
      } as const;
      const timer = {
        name: "end",
        at: 1,
        due: 2,
        command: "end",
        input: {},
        armedAt: 1,
        attempts: 3,
        status: "parked",
        version: 1,
      };
      await write(opened.store, lobby, ["a", "b"], (now, offset) => ({
        records: [record],
        timers: [timer as never],
        snapshot: { offset: offset - 1, at: now, state: "after a", version: 1 },
      }));
      const before = await opened.store.load(lobby);
      const store = await opened.reopen();
      expect(await store.load(lobby)).toEqual(before);
      const known = await store.head(lobby);
      const locked = await show(store, { topic: lobby, known, commands: [record] });
      expect(locked).toMatchObject({ news: { kind: "tail", events: [] }, records: [record], timers: [timer] });
    });

    test("is shared by all who open it, where more than one can", async ({ skip }) => {
      await using opened = await open();
      if (!opened.another) return skip("only one can open it");
      const other = await opened.another();
      await write(opened.store, lobby, ["a"]);
      await write(other, lobby, ["b"]);
      expect((await opened.store.load(lobby)).events.map(({ data }) => data)).toEqual(["a", "b"]);
      expect(await other.load(lobby)).toEqual(await opened.store.load(lobby));
    });

    test("cannot be reached after it was closed, which may happen twice", async () => {
      await using opened = await open();
      const { store } = opened;
      const known = await store.head(lobby);
      await store.close();
      await store.close();
      const gone = expect.objectContaining({ name: "ShoalError", code: "SERVICE_UNAVAILABLE" });
      await expect(store.load(lobby)).rejects.toEqual(gone);
      await expect(store.read(lobby, 1, 1)).rejects.toEqual(gone);
      await expect(store.head(lobby)).rejects.toEqual(gone);
      await expect(store.transaction([{ topic: lobby, known, commands: [] }], () => [])).rejects.toEqual(gone);
    });
  });
}
