import { describe, expect, test } from "vitest";
import type { OpenStore } from "../store-suite.ts";
import { lockedHead, request, show, topicNamed, write, writeAfter } from "./write.ts";

const lobby = topicNamed("lobby");
const attic = topicNamed("attic");

/** What a transaction shows, and that it is whole and alone. */
export function transactionLaws(name: string, open: OpenStore): void {
  describe(`${name}, in a transaction,`, () => {
    test("shows what was written after the known head, and nothing when that is the end", async () => {
      await using opened = await open();
      const { store } = opened;
      await write(store, lobby, ["a", "b", "c"]);
      const { epoch } = await store.head(lobby);
      const [, b, c] = await store.read(lobby, 1, 3);
      expect(await show(store, request(lobby, { epoch, offset: 1 }))).toMatchObject({
        news: { kind: "tail", events: [b, c] },
        records: [],
        timers: [],
      });
      const upToDate = await show(store, request(lobby, { epoch, offset: 3 }));
      expect(upToDate.news).toEqual({ kind: "tail", events: [] });
      const unwritten = await store.head(attic);
      expect((await show(store, request(attic, unwritten))).news).toEqual({ kind: "tail", events: [] });
    });

    test("shows the whole topic to who knows it of another epoch, or beyond its end", async () => {
      await using opened = await open();
      const { store } = opened;
      await write(store, lobby, ["a", "b"], (now, offset) => ({
        snapshot: { offset, at: now, state: "ab", version: 1 },
      }));
      await write(store, lobby, ["c"]);
      const stored = await store.load(lobby);
      const whole = { kind: "reload", stored };
      expect((await show(store, request(lobby, { epoch: "another", offset: 1 }))).news).toEqual(whole);
      expect((await show(store, request(lobby, { epoch: stored.epoch, offset: 4 }))).news).toEqual(whole);
    });

    test("returns the recorded answers that are asked for, by topic, sender and commandId", async () => {
      await using opened = await open();
      const { store } = opened;
      const record = (sender: string, commandId: string, offset: number) => ({
        sender,
        commandId,
        digest: `digest ${offset}`,
        outcome: { ok: true, offset } as const,
        version: 1,
      });
      const rejected = {
        sender: "user:ben",
        commandId: "c1",
        digest: "d",
        outcome: { ok: false, reason: "TOO_LARGE", limit: 3 } as const,
        version: 1,
      };
      const ann = [record("user:ann", "c1", 1), record("user:ann", "C1", 2)];
      await write(store, lobby, ["a"], { records: [...ann, rejected] });
      await write(store, attic, [], { records: [record("user:ann", "c2", 9)] });
      const ask = async (topic: typeof lobby, ...keys: [string, string][]) => {
        const commands = keys.map(([sender, commandId]) => ({ sender, commandId }));
        const { records } = await show(store, request(topic, await store.head(topic), commands));
        return records;
      };
      expect(await ask(lobby)).toEqual([]);
      expect(await ask(lobby, ["user:ann", "c1"])).toEqual([ann[0]]);
      expect(await ask(lobby, ["user:ben", "c1"])).toEqual([rejected]);
      expect(await ask(lobby, ["user:cid", "c1"], ["user:ann", "c2"], ["user:ann", "c1 "], ["c1", "user:ann"])).toEqual(
        [],
      );
      expect(await ask(attic, ["user:ann", "c1"], ["user:ann", "c2"])).toEqual([record("user:ann", "c2", 9)]);
      const both = await ask(lobby, ["user:ann", "C1"], ["user:nobody", "c1"], ["user:ann", "c1"]);
      expect(both).toHaveLength(2);
      expect(both).toEqual(expect.arrayContaining(ann));
    });

    test("returns the recorded answer of a command outside of a transaction too", async () => {
      await using opened = await open();
      const { store } = opened;
      const record = {
        sender: 'user:"é\\🐟',
        commandId: "c\t1",
        digest: "d\\",
        outcome: { ok: false, reason: "TOO_LARGE", limit: "\u0000" } as const,
        version: 2,
      };
      const { sender, commandId } = record;
      expect(await store.record(lobby, { sender, commandId })).toBeNull();
      await write(store, lobby, [], { records: [record] });
      expect(await store.record(lobby, { sender, commandId })).toEqual(record);
      expect(await store.record(attic, { sender, commandId })).toBeNull();
      expect(await store.record(lobby, { sender, commandId: "c" })).toBeNull();
      expect(await store.record(lobby, { sender: "user:ann", commandId })).toBeNull();
    });

    test("returns a thousand records at once", async () => {
      await using opened = await open();
      const { store } = opened;
      const records = Array.from({ length: 1_000 }, (_, index) => ({
        sender: `user:${index % 7}`,
        commandId: `command-${index}`,
        digest: "d",
        outcome: { ok: true, offset: index } as const,
        version: 1,
      }));
      await write(store, lobby, [], { records });
      const { records: found } = await show(store, request(lobby, await store.head(lobby), records));
      expect(new Set(found.map(({ commandId }) => commandId)).size).toBe(1_000);
    });

    test("keeps the timers of a topic until they are written anew", async () => {
      await using opened = await open();
      const { store } = opened;
      const timer = (timerName: string, status: "armed" | "fired" | "parked") => ({
        name: timerName,
        at: 1_000,
        due: 2_000,
        command: "end",
        input: { why: timerName },
        armedAt: 1,
        attempts: 2,
        status,
        version: 1,
      });
      const timers = [timer("end", "armed"), timer("warning", "fired"), timer("é🐟", "parked")];
      const shown = async () => {
        const found = await show(store, request(lobby, await store.head(lobby)));
        return found.timers.toSorted((a, b) => (a.name < b.name ? -1 : 1));
      };
      await write(store, lobby, ["a"], { timers });
      expect(await shown()).toEqual(timers);
      await write(store, lobby, ["b"]);
      expect(await shown()).toEqual(timers);
      await write(store, lobby, [], { timers: timers.slice(1) });
      expect(await shown()).toEqual(timers.slice(1));
      await write(store, lobby, ["c"], { timers: [] });
      expect(await shown()).toEqual([]);
    });

    test("writes to several topics, all or nothing", async () => {
      await using opened = await open();
      const { store } = opened;
      const locks = [request(lobby, await store.head(lobby)), request(attic, await store.head(attic))];
      await store.transaction(locks, ({ now }) => [
        writeAfter(0, now, lobby, ["a"]),
        writeAfter(0, now, attic, ["b", "c"]),
      ]);
      expect(await store.head(lobby)).toMatchObject({ offset: 1 });
      expect(await store.head(attic)).toMatchObject({ offset: 2 });
      const holed = store.transaction(locks, ({ now }) => [
        writeAfter(1, now, lobby, ["d"]),
        writeAfter(3, now, attic, ["e"]),
      ]);
      await expect(holed).rejects.toThrow();
      expect(await store.head(lobby)).toMatchObject({ offset: 1 });
      expect(await store.head(attic)).toMatchObject({ offset: 2 });
    });

    test("writes nothing when it is decided to write nothing, or when deciding throws", async () => {
      await using opened = await open();
      const { store } = opened;
      const lock = request(lobby, await store.head(lobby));
      await store.transaction([lock], () => []);
      const fault = new Error("the decision failed");
      const thrown = store.transaction([lock], () => {
        throw fault;
      });
      await expect(thrown).rejects.toBe(fault);
      const rejected = store.transaction([lock], async () => {
        throw fault;
      });
      await expect(rejected).rejects.toBe(fault);
      expect(await store.load(lobby)).toMatchObject({ events: [] });
      await write(store, lobby, ["a"]);
      expect(await store.load(lobby)).toMatchObject({ events: [{ offset: 1, data: "a" }] });
    });

    test.each([
      { what: "that starts late", after: 2 },
      { what: "that repeats an offset", after: 0 },
      { what: "that starts before the first", after: -1 },
    ])("refuses an event $what", async ({ after }) => {
      await using opened = await open();
      const { store } = opened;
      await write(store, lobby, ["a"]);
      const lock = request(lobby, await store.head(lobby));
      await expect(store.transaction([lock], ({ now }) => [writeAfter(after, now, lobby, ["b"])])).rejects.toThrow();
      expect(await store.load(lobby)).toMatchObject({ events: [{ offset: 1, data: "a" }] });
      await write(store, lobby, ["c"]);
      expect(await store.head(lobby)).toMatchObject({ offset: 2 });
    });

    test("refuses events with a hole between them", async () => {
      await using opened = await open();
      const { store } = opened;
      const lock = request(lobby, await store.head(lobby));
      const holed = store.transaction([lock], ({ now }) => {
        const { events, ...rest } = writeAfter(0, now, lobby, ["a", "b", "c"]);
        return [{ ...rest, events: events.filter(({ offset }) => offset !== 2) }];
      });
      await expect(holed).rejects.toThrow();
      expect(await store.load(lobby)).toMatchObject({ events: [] });
    });

    test("is alone on a topic: of increments at the same time none is lost", async () => {
      await using opened = await open();
      const stores = [opened.store, ...(opened.another ? [await opened.another()] : [])];
      const known = await opened.store.head(lobby);
      const increment = (index: number) => {
        const lock = request(lobby, known);
        const store = stores[index % stores.length] ?? opened.store;
        return store.transaction(
          [lock],
          async (locked) => {
            const head = lockedHead(lock, locked);
            await new Promise(setImmediate);
            return [writeAfter(head, locked.now, lobby, [head + 1])];
          },
          { wait: true },
        );
      };
      await Promise.all(Array.from({ length: 40 }, (_, index) => increment(index)));
      const { events } = await opened.store.load(lobby);
      expect(events.map(({ data }) => data)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    });

    test("may leave out a topic that another holds, and has it when asked again", async () => {
      await using opened = await open();
      const { store } = opened;
      const increment = async (): Promise<void> => {
        const lock = request(lobby, await store.head(lobby));
        let done = false;
        while (!done) {
          await store.transaction([lock], (locked) => {
            done = locked.topics.has(lobby.id);
            if (!done) return [];
            const head = lockedHead(lock, locked);
            return [writeAfter(head, locked.now, lobby, [head + 1])];
          });
        }
      };
      await Promise.all(Array.from({ length: 10 }, increment));
      expect(await store.head(lobby)).toMatchObject({ offset: 10 });
    });

    test("never blocks another for good, in whatever order both name their topics", async () => {
      await using opened = await open();
      const { store } = opened;
      const locks = [request(lobby, await store.head(lobby)), request(attic, await store.head(attic))];
      const both = (order: typeof locks) =>
        store.transaction(
          order,
          async (locked) => {
            const heads = order.map((lock) => ({ topic: lock.topic, head: lockedHead(lock, locked) }));
            await new Promise(setImmediate);
            return heads.map(({ topic, head }) => writeAfter(head, locked.now, topic, [head + 1]));
          },
          { wait: true },
        );
      await Promise.all(Array.from({ length: 20 }, (_, index) => both(index % 2 ? locks : locks.toReversed())));
      expect(await store.head(lobby)).toMatchObject({ offset: 20 });
      expect(await store.head(attic)).toMatchObject({ offset: 20 });
    });

    test("goes by one clock of whole milliseconds, which never goes back from one to the next", async () => {
      await using opened = await open();
      const { store } = opened;
      const times: number[] = [];
      for (let count = 0; count < 20; count += 1) times.push(await write(store, lobby, [count]));
      expect(times.every(Number.isSafeInteger)).toBe(true);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect((await store.load(lobby)).events.map(({ at }) => at)).toEqual(times);
    });
  });
}
