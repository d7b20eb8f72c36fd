import { type Broker, createMemoryHub, createMemoryStore, createSqliteStore } from "@shoal/server";
import { describe, expect, test } from "vitest";
import { eventually } from "../support/recorder.ts";
import { firstFrame } from "./first-frame.ts";
import { createLedgers } from "./ledger-app.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { measure } from "./wrap-store.ts";

const north = { ledgerId: "north" };

/** A broker that knows the topics which are listened to: those that the node holds. */
function createListeners() {
  const broker = createMemoryHub()();
  const held = new Set<string>();
  let most = 0;
  const listening: Broker = {
    ...broker,
    subscribe(topicId, listener) {
      const stop = broker.subscribe(topicId, listener);
      held.add(topicId);
      most = Math.max(most, held.size);
      return () => {
        held.delete(topicId);
        stop();
      };
    },
  };
  return { broker: listening, held, most: () => most };
}

describe("A topic that nobody uses", () => {
  test("leaves the memory, and comes back as it was", async () => {
    await using folder = await temporaryFolder();
    const { store, counts } = measure(createSqliteStore({ path: folder.file("shoal.db") }));
    await using ledgers = createLedgers({ store, idleMs: 1, snapshotEvery: 4 });
    const ann = ledgers.as("ann");
    const sent = { ...north, entry: 2, times: 3, commandId: "c1" };
    const outcome = await ann.note(sent);
    const { id: lastEventId } = await firstFrame(ann.watch(north));
    await ann.note({ ...north, entry: 5, times: 3 });
    const before = counts.load;
    await eventually(async () => {
      await ledgers.ledger("north").state();
      return counts.load > before + 1;
    }, "the topic was loaded again, and again");
    expect(await ledgers.ledger("north").state()).toMatchObject({ count: 6, sum: 21 });
    expect(await firstFrame(ann.watch({ ...north, lastEventId }))).toMatchObject({
      frame: { kind: "resumed", replayed: 3 },
    });
    expect(await ann.note(sent)).toEqual(outcome);
    expect(await ann.note({ ...north, entry: 1 })).toEqual({ ok: true, offset: 7, result: { count: 7 } });
  });

  test("leaves before its time when too many others were used since, and those that are used stay", async () => {
    const { store, counts } = measure(createMemoryStore());
    const { broker, held, most } = createListeners();
    await using ledgers = createLedgers({ store, broker, maxIdleTopics: 20 });
    const watch: AsyncIterable<unknown> = await ledgers.as("ann").watch(north);
    const iterator = watch[Symbol.asyncIterator]();
    await iterator.next();
    const note = (ledgerId: string) => ledgers.ledger(ledgerId).send.note({ entry: 1 });
    for (let round = 0; round < 20; round += 1)
      await Promise.all(Array.from({ length: 50 }, (_, index) => note(`ledger-${round}-${index}`)));
    expect(most()).toBeLessThanOrEqual(1 + 20 + 50);
    expect(held.size).toBe(1 + 20);
    const before = counts.load;
    await note("north");
    await note("ledger-19-49");
    expect(counts.load).toBe(before);
    await note("ledger-0-0");
    expect(counts.load).toBe(before + 1);
    expect(held.size).toBe(1 + 20);
    await iterator.return?.();
  });

  test("stays as long as somebody watches it", async () => {
    const { store, counts } = measure(createMemoryStore());
    await using ledgers = createLedgers({ store, idleMs: 1 });
    const watch: AsyncIterable<unknown> = await ledgers.as("ann").watch(north);
    const iterator = watch[Symbol.asyncIterator]();
    await iterator.next();
    const before = counts.load;
    await eventually(async () => {
      await ledgers.ledger("south").state();
      return counts.load > before + 2;
    }, "another topic came and went");
    const other = counts.load;
    await ledgers.ledger("north").send.note({ entry: 1 });
    expect(counts.load).toBe(other);
    await iterator.return?.();
  });
});

describe("A server", () => {
  test("opens nothing before its first use, and says when what it keeps is not durable", async () => {
    await using ledgers = createLedgers();
    expect(ledgers.logged.items).toEqual([]);
    await ledgers.ledger("north").state();
    await ledgers.ledger("south").state();
    expect(ledgers.logged.items).toEqual([
      {
        level: "warn",
        fields: { channels: ["ledger"] },
        message: "events are kept in memory only and are lost with this process",
      },
    ]);
  });

  test("on a SQLite file says nothing", async () => {
    await using folder = await temporaryFolder();
    await using ledgers = createLedgers({ store: createSqliteStore({ path: folder.file("shoal.db") }) });
    await ledgers.ledger("north").send.note({ entry: 1 });
    await ledgers.realtime.close();
    expect(ledgers.logged.items).toEqual([]);
  });

  test("that was closed answers that another one may, and opens nothing again", async () => {
    await using ledgers = createLedgers();
    await ledgers.ledger("north").state();
    await ledgers.realtime.close();
    await expect(ledgers.as("ann").note({ ...north, entry: 1 })).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    await expect(ledgers.as("ann").watch(north)).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
  });
});

describe("The history of a topic", () => {
  test("pages back from the newest, and tells who, when and what", async () => {
    const clock = 1_700_000_000_000;
    await using ledgers = createLedgers({ store: createMemoryStore({ now: () => clock }) });
    await ledgers.as("ann").note({ ...north, entry: 1, times: 2, commandId: "c1" });
    await ledgers.as("ben").note({ ...north, entry: 2, times: 2, commandId: "c2" });
    await ledgers.ledger("north").send.note({ entry: 3 }, { commandId: "c3" });
    const event = (offset: number, entry: number, commandId: string, userId: string | null) => ({
      offset,
      at: clock,
      type: "noted",
      data: { entry },
      commandId,
      userId,
    });
    const history = ledgers.ledger("north").history;
    const newest = await history({ limit: 2 });
    expect(newest).toEqual([event(5, 3, "c3", null), event(4, 2, "c2", "ben")]);
    const older = await history({ before: newest.at(-1)?.offset, limit: 2 });
    expect(older).toEqual([event(3, 2, "c2", "ben"), event(2, 1, "c1", "ann")]);
    expect(await history({ before: 2, limit: 100 })).toEqual([event(1, 1, "c1", "ann")]);
    expect(await history({ before: 1, limit: 100 })).toEqual([]);
    expect(await ledgers.ledger("south").history({ limit: 10 })).toEqual([]);
  });
});
