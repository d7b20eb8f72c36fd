import type { AnyFrame } from "@shoal/contract";
import { createMemoryHub, createMemoryStore, createSqliteStore } from "@shoal/server";
import { isTrackedEnvelope } from "@trpc/server";
import { describe, expect, test, vi } from "vitest";
import { temporaryFolder } from "../durability/temporary-folder.ts";
import { wrapStore } from "../durability/wrap-store.ts";
import { shared } from "../support/nodes.ts";
import { eventually, Recorder } from "../support/recorder.ts";
import { entriesOf, type Journal } from "./journal.ts";
import { createJournals, HeldCompactions, home, homeRef, type Journals, storedSnapshot } from "./journal-app.ts";

async function write({ home }: Journals, count: number, from = 1): Promise<void> {
  for (let number = from; number < from + count; number += 1) {
    await home.send.write({ id: `e${number}`, text: `text ${number}` });
  }
}

/** The frames that somebody gets who watches. */
async function watch(app: Journals, lastEventId?: string) {
  const frames = new Recorder<AnyFrame>();
  const watched = await app.as("ann").watch({ ...home, ...(lastEventId && { lastEventId }) });
  const iterator = (watched as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  void (async () => {
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      if (isTrackedEnvelope(next.value)) frames.push(next.value[1] as AnyFrame);
    }
  })();
  return { frames, [Symbol.asyncDispose]: async () => void (await iterator.return?.()) };
}

const ids = (state: Journal["state"]) => entriesOf(state).map(({ id }) => id);
const numbered = (to: number) => Array.from({ length: to }, (_, index) => `e${index + 1}`);

describe("A channel that compacts", () => {
  test("stores what was compacted, and loads it with the events since then and its private part", async () => {
    const store = createMemoryStore();
    {
      await using app = createJournals({ store: shared(store) });
      await write(app, 7);
      await eventually(async () => (await storedSnapshot(store)) !== null, "a snapshot is stored");
      const snapshot = await storedSnapshot(store);
      expect(snapshot?.state.tail).toEqual([]);
      expect(ids(snapshot?.state as never)).toEqual(numbered(snapshot?.offset ?? 0));
      expect(snapshot?.private).toEqual({ written: snapshot?.offset });
    }
    await using app = createJournals({ store: shared(store) });
    expect(ids(await app.home.state())).toEqual(numbered(7));
    expect(await app.home.send.count()).toMatchObject({ result: { entries: 7, written: 7 } });
  });

  test("is compacted when it says so, and where it cannot be when a snapshot is due", async () => {
    const store = createMemoryStore();
    await using app = createJournals({ store, compactWhen: ({ tail }) => tail.length >= 3, snapshotEvery: 1_000 });
    await write(app, 3);
    await eventually(async () => (await storedSnapshot(store))?.offset === 3, "the snapshot is stored");
    expect((await app.home.state()).tail).toEqual([]);
    const compact = vi.fn(async () => {
      throw new Error("it cannot be");
    });
    await using failing = createJournals({ compact, compactWhen: () => true, snapshotEvery: 1_000 });
    await write(failing, 1);
    await eventually(() => compact.mock.calls.length === 3, "it is given up");
    await eventually(() => failing.logged.errors().length === 3, "it is told");
    await write(failing, 20, 2);
    await failing.realtime.close();
    expect(compact).toHaveBeenCalledTimes(3);
  });

  test("tells nobody, and shows what was compacted to whoever joins then", async () => {
    const held = new HeldCompactions();
    const store = createMemoryStore();
    await using app = createJournals({ store, compact: held.compact });
    await using first = await watch(app);
    await first.frames.count(1);
    await write(app, 5);
    await eventually(() => held.waiting === 1, "it is compacted");
    await write(app, 2, 6);
    held.end();
    await eventually(async () => (await storedSnapshot(store))?.offset === 5, "the snapshot is stored");
    await write(app, 1, 8);
    const heard = await first.frames.until((frames) =>
      frames.some((frame) => frame.kind === "events" && frame.to === 8),
    );
    expect(heard.map(({ kind }) => kind)).toEqual(["snapshot", ...numbered(8).map(() => "events")]);
    await using second = await watch(app);
    const [snapshot] = await second.frames.count(1);
    expect(snapshot).toMatchObject({ kind: "snapshot", offset: 8 });
    const { state } = snapshot as { state: Journal["state"] };
    expect([ids(state), state.tail.length]).toEqual([numbered(8), 3]);
  });

  test("reads from the log what the node holds no more of what happened meanwhile", async () => {
    const held = new HeldCompactions();
    const store = createMemoryStore();
    await using app = createJournals({ store, compact: held.compact, ring: 2 });
    await write(app, 5);
    await eventually(() => held.waiting === 1, "it is compacted");
    await write(app, 20, 6);
    held.end();
    await eventually(async () => (await app.home.state()).tail.length === 20, "the state is compacted");
    expect(ids(await app.home.state())).toEqual(numbered(25));
    await eventually(async () => (await storedSnapshot(store))?.offset === 5, "the snapshot is stored");
    // Meanwhile so much was written that it is compacted again.
    await eventually(() => held.waiting === 1, "it is compacted again");
    held.end();
    await eventually(async () => (await storedSnapshot(store))?.offset === 25, "the next snapshot is stored");
    expect(await app.home.state()).toMatchObject({ tail: [] });
  });

  test("keeps nothing of a compaction during which an entry was taken back for good", async () => {
    const held = new HeldCompactions();
    const store = createMemoryStore();
    await using app = createJournals({ store, compact: held.compact });
    await write(app, 5);
    await eventually(() => held.waiting === 1, "it is compacted");
    await app.home.send.takeBack({ id: "e2", offset: 2 });
    const before = await storedSnapshot(store);
    expect(before).toMatchObject({ offset: 6 });
    held.end();
    await write(app, 10, 6);
    await eventually(() => held.waiting === 1, "it is compacted again");
    held.end();
    await eventually(async () => ((await storedSnapshot(store))?.offset ?? 0) > 6, "a snapshot is stored");
    expect(JSON.stringify(await store.load(homeRef))).not.toContain("text 2");
    expect(ids(await app.home.state())).toEqual(numbered(15).filter((id) => id !== "e2"));
    expect(app.logged.errors()).toEqual([]);
  });

  test("keeps nothing of a compaction during which the topic was erased, also by another node", async () => {
    const held = new HeldCompactions();
    const store = createMemoryStore();
    await store.open();
    const hub = createMemoryHub();
    await using app = createJournals({ store: shared(store), broker: hub(), compact: held.compact, lookMs: 3_600_000 });
    await using other = createJournals({ store: shared(store), broker: createMemoryHub()() });
    await write(app, 5);
    await eventually(() => held.waiting === 1, "it is compacted");
    await other.home.erase();
    // This node has not heard of it.
    expect(ids(await app.home.state())).toEqual(numbered(5));
    held.end();
    await eventually(async () => (await app.home.state()).tail.length === 0, "the state is compacted");
    await write(other, 1);
    expect(await storedSnapshot(store)).toBeNull();
    expect(ids(await other.home.state())).toEqual(["e1"]);
    await write(app, 1, 2);
    expect(ids(await app.home.state())).toEqual(["e1", "e2"]);
    expect(await store.load(homeRef)).toMatchObject({ snapshot: null });
  });

  test("keeps no snapshot of a compaction before which another node took an entry back", async () => {
    const held = new HeldCompactions();
    const store = createMemoryStore();
    await store.open();
    await using app = createJournals({ store: shared(store), compact: held.compact, lookMs: 3_600_000 });
    await using other = createJournals({ store: shared(store) });
    await write(app, 5);
    await eventually(() => held.waiting === 1, "it is compacted");
    await other.home.send.takeBack({ id: "e2", offset: 2 });
    held.end();
    await eventually(async () => (await app.home.state()).tail.length === 0, "the state is compacted");
    await write(app, 1, 6);
    expect(await storedSnapshot(store)).toMatchObject({ offset: 6 });
    expect(JSON.stringify(await store.load(homeRef))).not.toContain("text 2");
    expect(ids(await app.home.state())).toEqual(["e1", "e3", "e4", "e5", "e6"]);
  });

  test("compacts what it loads with a long tail", async () => {
    await using folder = await temporaryFolder();
    const path = folder.file("shoal.db");
    const held = new HeldCompactions();
    {
      await using app = createJournals({ store: createSqliteStore({ path }), compact: held.compact });
      await write(app, 12);
      await eventually(() => held.waiting === 1, "it is compacted");
    }
    expect(held.aborted).toBe(1);
    const store = createSqliteStore({ path });
    await using app = createJournals({ store });
    expect(ids(await app.home.state())).toEqual(numbered(12));
    await eventually(async () => (await storedSnapshot(store))?.offset === 12, "a snapshot is stored");
    expect((await app.home.state()).tail).toEqual([]);
  });

  test("does so for a channel that is not durable", async () => {
    await using folder = await temporaryFolder();
    const store = createSqliteStore({ path: folder.file("shoal.db") });
    await using app = createJournals({ store, durable: false });
    await write(app, 5);
    await eventually(async () => (await storedSnapshot(store.volatile()))?.offset === 5, "a snapshot is stored");
    expect((await app.home.state()).tail).toEqual([]);
  });

  test("lets retention delete what the snapshot covers, and no more", async () => {
    const held = new HeldCompactions();
    const store = createMemoryStore();
    await using app = createJournals({ store, compact: held.compact, retention: { events: 1 } });
    await write(app, 5);
    await eventually(() => held.waiting === 1, "it is compacted");
    await write(app, 3, 6);
    await app.realtime.sweep();
    expect(await store.read(homeRef, 1, 9)).toHaveLength(8);
    held.end();
    await eventually(async () => (await storedSnapshot(store))?.offset === 5, "the snapshot is stored");
    await app.realtime.sweep();
    expect((await store.read(homeRef, 1, 9)).map(({ offset }) => offset)).toEqual([6, 7, 8]);
  });

  test("has the node that did not decide compact what it holds, too, when the other one did not", async () => {
    const held = new HeldCompactions();
    const store = createMemoryStore();
    await store.open();
    const hub = createMemoryHub();
    await using app = createJournals({ store: shared(store), broker: hub(), compact: held.compact });
    await using other = createJournals({ store: shared(store), broker: hub() });
    expect(ids(await other.home.state())).toEqual([]);
    await write(app, 9);
    expect((await other.home.state()).tail).toHaveLength(9);
    expect(await storedSnapshot(store)).toBeNull();
    await write(app, 1, 10);
    await eventually(async () => (await other.home.state()).tail.length === 0, "the other node compacts");
    await eventually(async () => (await storedSnapshot(store))?.offset === 10, "its snapshot is stored");
    held.end();
    await write(app, 1, 11);
    expect((await storedSnapshot(store))?.offset).toBe(10);
  });
});

describe("A compaction", () => {
  test("that throws is told and tried again, and after three times the snapshot is stored as it is", async () => {
    const store = createMemoryStore();
    let tries = 0;
    const compact = async (): Promise<never> => {
      tries += 1;
      throw new Error("no worker");
    };
    await using app = createJournals({ store, compact });
    await write(app, 5);
    await eventually(async () => (await storedSnapshot(store)) !== null, "a snapshot is stored", 10_000);
    expect(tries).toBe(3);
    expect(await storedSnapshot(store)).toMatchObject({ offset: 5, state: { base: "[]" }, private: { written: 5 } });
    const message = "a topic was not compacted; trying again later";
    const last = "a topic could not be compacted again and again; its snapshot was stored as it is";
    expect(app.logged.errors()).toEqual([message, message, last]);
    await write(app, 5, 6);
    await eventually(() => tries === 4, "it is tried anew when the next snapshot is due");
  }, 20_000);

  test("that throws at once and not only by its promise does no harm when the server closes", async () => {
    const compact = (): never => {
      throw new Error("no worker");
    };
    const app = createJournals({ compact });
    await write(app, 5);
    await eventually(() => app.logged.errors().length === 1, "it is told");
    await app.realtime.close();
    expect(app.logged.errors()).toHaveLength(1);
  });

  test("that hangs is given up", async () => {
    const held = new HeldCompactions();
    const store = createMemoryStore();
    await using app = createJournals({ store, compact: held.compact, compactDeadlineMs: 30 });
    await write(app, 5);
    await eventually(() => app.logged.errors().length === 1, "it is given up");
    expect(app.logged.items.at(-1)?.fields).toMatchObject({ error: { code: "TIMEOUT" }, attempts: 1 });
    expect([held.begun, held.aborted]).toEqual([1, 1]);
    expect(ids(await app.home.state())).toEqual(numbered(5));
  });

  test("that makes no state of the channel changes nothing", async () => {
    const store = createMemoryStore();
    await using app = createJournals({ store, compact: () => ({ base: 7 }) as never });
    await write(app, 5);
    await eventually(() => app.logged.errors().length === 1, "it is refused");
    expect(app.logged.items.at(-1)?.fields).toMatchObject({ error: { code: "BAD_REQUEST" } });
    expect(ids(await app.home.state())).toEqual(numbered(5));
    expect(await storedSnapshot(store)).toBeNull();
  });

  test("whose snapshot cannot be stored now is made again", async () => {
    const store = createMemoryStore();
    let away = false;
    const wrapped = wrapStore(store, {
      transaction: (requests, decide, options) =>
        away && options?.wait ? Promise.reject(new Error("away")) : store.transaction(requests, decide, options),
    });
    await using app = createJournals({ store: wrapped });
    away = true;
    await write(app, 5);
    await eventually(() => app.logged.errors().length === 1, "it is not stored");
    away = false;
    await eventually(async () => (await storedSnapshot(store))?.offset === 5, "it is stored later");
  });

  test("is one at a time for a topic, and some at once for a node", async () => {
    const held = new HeldCompactions();
    await using app = createJournals({ compact: held.compact });
    await write(app, 12);
    await eventually(() => held.begun === 1, "it is compacted");
    for (let number = 0; number < 6; number += 1) {
      const journalId = `other ${number}`;
      for (const id of numbered(5)) await app.as("ann").write({ journalId, id, text: "" });
    }
    await eventually(() => held.begun === 4, "as many are compacted as may be");
    await write(app, 12, 13);
    expect(held.begun).toBe(4);
    for (let ended = 0; ended < 8; ended += 1) {
      await eventually(() => held.waiting > 0, "the next one is compacted");
      held.end();
    }
    await eventually(() => held.begun === 8, "all were compacted, and the first one again");
  });
});
