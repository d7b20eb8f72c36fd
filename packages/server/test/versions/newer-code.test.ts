import assert from "node:assert/strict";
import { formatPosition } from "@shoal/contract";
import {
  type BrokerMessage,
  createMemoryHub,
  createMemoryStore,
  initRealtime,
  type Store,
  type StoredEffect,
  type StoredEvent,
  system,
} from "@shoal/server";
import { initTRPC } from "@trpc/server";
import { describe, expect, test } from "vitest";
import { shared, varied } from "../support/nodes.ts";
import { quiet } from "../support/quiet.ts";
import { readAll } from "../support/reader.ts";
import { eventually } from "../support/recorder.ts";
import { servedTally1, tally1 } from "./tally-1.ts";
import { startNode1, startNode2, tallyRef } from "./tally-node.ts";

const home = { tallyId: "home" };

/** A store whose timers and effects no look shows, as if nobody had looked yet. */
function unseen(store: ReturnType<typeof createMemoryStore>) {
  return varied(store, { look: async (mark) => ({ ...(await store.look(mark)), due: [], effects: [] }) });
}

describe("What the first version wrote, the second one", () => {
  test("folds from a snapshot and the events after it, as if it had written them itself", async () => {
    await using store = disposable(createMemoryStore());
    {
      await using first = startNode1(store);
      const tally = first.tally("home");
      for (const by of [5, 30, 2]) await tally.send.add({ by });
      await tally.send.name({ name: "ours" });
      await tally.send.poke();
    }
    expect((await store.store.load(tallyRef("home"))).snapshot).toMatchObject({ offset: 3, version: 1 });
    await using second = startNode2(store);
    const tally = second.tally("home");
    expect(await tally.state()).toEqual({ total: 37, label: { text: "ours" }, ringsAt: null });
    expect(await tally.send.top()).toMatchObject({ result: { top: 30 } });
    expect(await tally.send.add({ amount: 1 })).toEqual({ ok: true, offset: 6, result: { total: 38 } });
    expect((await store.store.load(tallyRef("home"))).snapshot).toMatchObject({
      offset: 6,
      version: 2,
      state: { state: { total: 38 }, private: { highest: 30 } },
    });
    expect(second.logged.items.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("folds from a snapshot of before there was a private part, which begins there", async () => {
    await using store = disposable(createMemoryStore());
    const open = { ...servedTally1, options: { ...servedTally1.options, private: undefined } };
    {
      const { createRealtime } = initRealtime({ t: initTRPC.create(), user: () => null });
      const first = createRealtime({ channels: [open], store: shared(store.store), logger: quiet });
      for (const by of [1, 2, 3]) await first.topic(tally1, home).as(system).send.add({ by });
      await first.close();
    }
    await using second = startNode2(store);
    expect(await second.tally("home").state()).toMatchObject({ total: 6 });
    await second.tally("home").send.add({ amount: 2 });
    expect(await second.tally("home").send.top()).toMatchObject({ ok: true, result: { top: 2 } });
  });

  test("folds without a snapshot, secrets among it", async () => {
    await using store = disposable(createMemoryStore());
    {
      await using first = startNode1(store);
      await first.tally("home").send.add({ by: 9 });
    }
    await using second = startNode2(store);
    expect(await second.tally("home").send.top()).toMatchObject({ result: { top: 9 } });
  });

  test("shows to subscribers and in the history, where a former event is another one or leaves no entry", async () => {
    await using store = disposable(createMemoryStore());
    let lastEventId = "";
    {
      await using first = startNode1(store);
      const [opening] = await readAll(await first.caller.watch(home)).frames.count(1);
      if (opening) lastEventId = formatPosition(opening.position);
      await first.tally("home").send.poke();
      await first.tally("home").send.name({ name: "ours" });
    }
    await using second = startNode2(store);
    const entries = [{ offset: 2, type: "labelled", data: { text: "ours" } }];
    expect(await second.tally("home").history({ limit: 10 })).toMatchObject(entries);
    const { frames } = readAll(await second.caller.watch({ ...home, lastEventId }));
    const [resumed, events] = await frames.count(2);
    expect(resumed?.frame).toEqual({ kind: "resumed", replayed: 2 });
    expect(events?.frame).toMatchObject({ kind: "events", from: 1, to: 2, events: entries });
  });

  test("replays to who comes back from before the snapshot, and gives whole to who is too far behind", async () => {
    await using store = disposable(createMemoryStore());
    await using first = startNode1(store);
    const [opening] = await readAll(await first.caller.watch(home)).frames.count(1);
    for (const by of [1, 2, 3, 4, 5]) await first.tally("home").send.add({ by });
    await using second = startNode2(store);
    const lastEventId = formatPosition(opening?.position ?? assert.fail());
    const back = readAll(await second.caller.watch({ ...home, lastEventId }));
    const [, replay] = await back.frames.count(2);
    expect(replay?.frame).toMatchObject({
      kind: "events",
      events: [1, 2, 3, 4, 5].map((amount) => ({ type: "added", data: { amount } })),
    });
    await using slow = startNode2({ ...store, maxReplay: 2 });
    const { frames } = readAll(await slow.caller.watch(home));
    await frames.count(1);
    await Promise.all([6, 7, 8].map((by) => first.tally("home").send.add({ by })));
    expect((await frames.count(2))[1]?.frame).toMatchObject({ reason: "expired", state: { total: 36 }, offset: 8 });
  });

  test("tells other nodes as it is stored, where it caught up with it", async () => {
    await using store = disposable(createMemoryStore());
    const told: BrokerMessage[] = [];
    const broker = createMemoryHub()();
    const telling = { ...broker, publish: (_topic: string, message: BrokerMessage) => void told.push(message) };
    await using first = startNode1(store);
    await using second = startNode2({ ...store, broker: telling, lookMs: 3_600_000 });
    await second.tally("home").send.poke();
    await first.tally("home").send.add({ by: 1 });
    await second.tally("home").send.add({ amount: 2 });
    expect(told).toMatchObject([
      {
        events: [
          { data: { by: 1 }, version: 1 },
          { data: { amount: 2 }, version: 2 },
        ],
      },
    ]);
  });

  test("answers again, in today's words", async () => {
    await using store = disposable(createMemoryStore());
    const [accepted, rejected] = [
      { ...home, by: 5, commandId: "c1" },
      { ...home, by: 500, commandId: "c2" },
    ];
    {
      await using first = startNode1(store);
      expect(await first.caller.add(accepted)).toEqual({ ok: true, offset: 1, result: { sum: 5 } });
      expect(await first.caller.add(rejected)).toEqual({ ok: false, reason: "TOO_LARGE", limit: 100 });
    }
    await using second = startNode2(store);
    // An old tab sends again what it sent, and the digest is of that.
    const again = (sent: object) => second.caller.add({ ...sent, version: 1 } as never);
    expect(await again(accepted)).toEqual({ ok: true, offset: 1, result: { total: 5 } });
    expect(await again(rejected)).toEqual({ ok: false, reason: "TOO_MUCH", most: 100 });
    await expect(again({ ...accepted, by: 6 })).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await second.tally("home").state()).toMatchObject({ total: 5 });
  });

  test("does when it is due: a timer fires and an effect runs, each once", async () => {
    await using store = disposable(createMemoryStore());
    {
      await using first = startNode1({ store: unseen(store.store) });
      await first.tally("home").send.arm({ at: Date.now() + 3_600_000 });
    }
    await storeEffects(store.store, effectTo("hall", 1, { by: 4 }));
    let aheadMs = 0;
    const later = varied(store.store, {
      transaction: (requests, decide, options) =>
        store.store.transaction(requests, (locked) => decide({ ...locked, now: locked.now + aheadMs }), options),
    });
    await using second = startNode2({ store: later });
    await second.realtime.open();
    await eventually(async () => (await second.tally("hall").state()).total === 4, "the effect has run");
    aheadMs = 7_200_000;
    await second.tally("home").send.poke();
    expect(await second.tally("home").state()).toMatchObject({ total: 7, ringsAt: null });
    const log = await store.store.read(tallyRef("home"), 1, 10);
    expect(log.map(({ type, version }) => [type, version])).toEqual([
      ["armed", 1],
      ["added", 2],
      ["rang", 2],
    ]);
    expect((await store.store.look(null)).effects).toEqual([]);
  });
});

describe("A topic that the second version wrote to", () => {
  test("is left alone by the first one, whose subscribers are sent away, while other topics go on", async () => {
    await using store = disposable(createMemoryStore());
    const hub = createMemoryHub();
    await using first = startNode1({ ...store, broker: hub() });
    await using second = startNode2({ ...store, broker: hub() });
    const here = readAll(await first.caller.watch(home));
    const there = readAll(await first.caller.watch({ tallyId: "hall" }));
    await first.caller.add({ ...home, by: 1 });
    await here.frames.count(2);
    await second.caller.add({ ...home, amount: 2 });
    await expect(here.ended).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    await expect(first.caller.add({ ...home, by: 3 })).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    await expect(first.tally("home").state()).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    await expect(first.caller.watch(home)).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    expect(await first.caller.add({ tallyId: "hall", by: 4 })).toMatchObject({ ok: true, offset: 1 });
    await there.frames.count(2);
    expect(await second.caller.add({ ...home, amount: 5 })).toMatchObject({ ok: true, offset: 3 });
    expect(versionsOf(await store.store.read(tallyRef("home"), 1, 9))).toEqual([1, 2, 2]);
    // The log says so once for each row, and calls nothing a fault.
    expect(first.logged.items.filter(({ level }) => level === "error")).toEqual([]);
    expect(first.logged.items.find(({ level, fields }) => level === "warn" && fields.version === 2)).toBeDefined();
  });

  test("is caught up with under the lock, so that the first one never writes over what it has not heard of", async () => {
    await using store = disposable(createMemoryStore());
    await using first = startNode1({ ...store, lookMs: 3_600_000 });
    await using second = startNode2({ ...store, lookMs: 3_600_000 });
    await first.tally("home").send.add({ by: 1 });
    const { ended } = readAll(await first.caller.watch(home));
    await second.tally("home").send.add({ amount: 2 });
    await expect(first.tally("home").send.add({ by: 3 })).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    await expect(ended).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    expect(versionsOf(await store.store.read(tallyRef("home"), 1, 9))).toEqual([1, 2]);
  });

  test("spoils no other command of a group, and each answer is its own", async () => {
    await using store = disposable(createMemoryStore());
    await using first = startNode1({ ...store, lookMs: 3_600_000 });
    await using second = startNode2({ ...store, lookMs: 3_600_000 });
    const tallies = Array.from({ length: 20 }, (_, index) => `tally-${index}`);
    await Promise.all(tallies.map((id) => first.tally(id).send.add({ by: 1 })));
    await second.tally("tally-7").send.add({ amount: 1 });
    const sent = await Promise.allSettled(tallies.map((id) => first.tally(id).send.add({ by: 1 })));
    expect(sent.flatMap(({ status }, index) => (status === "rejected" ? index : []))).toEqual([7]);
  });

  test("refuses the first one its snapshot alone, and its timers alone", async () => {
    await using store = disposable(createMemoryStore());
    {
      await using first = startNode1(store);
      await first.tally("home").send.add({ by: 1 });
    }
    const [event] = await store.store.read(tallyRef("home"), 1, 1);
    const known = await store.store.head(tallyRef("home"));
    const write = (more: object) =>
      store.store.transaction([{ topic: tallyRef("home"), known, commands: [] }], () => [
        { topic: tallyRef("home"), head: { offset: 1, at: event?.at ?? 0 }, events: [], records: [], ...more },
      ]);
    const timer = { name: "x", at: 1, due: 9e15, command: "ring", input: {}, armedAt: 1, attempts: 0, status: "armed" };
    await write({ timers: [{ ...timer, version: 2 }] });
    await using first = startNode1({ ...store, lookMs: 3_600_000 });
    const { frames, ended } = readAll(await first.caller.watch(home));
    await frames.count(1);
    await expect(first.tally("home").send.add({ by: 1 })).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    await expect(ended).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    await write({ timers: [], snapshot: { offset: 1, at: 0, state: { state: { total: 1 } }, version: 2 } });
    await using another = startNode1(store);
    await expect(another.tally("home").state()).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
  });

  test("keeps its due timer and its effects for newer nodes, however often an older one looks", async () => {
    await using store = disposable(createMemoryStore());
    {
      await using second = startNode2({ store: unseen(store.store), lookMs: 3_600_000 });
      await second.tally("home").send.arm({ at: Date.now() + 300 });
      await second.tally("hall").send.add({ amount: 1 });
    }
    const effects = [effectTo("yard", 2, { amount: 4 }), effectTo("hall", 1, { by: 2 })];
    await storeEffects(store.store, ...effects);
    {
      let looks = 0;
      const counted = varied(store.store, { look: (mark) => store.store.look(mark).finally(() => (looks += 1)) });
      await using first = startNode1({ store: counted });
      await first.realtime.open();
      await eventually(async () => (await store.store.look(null)).due.length === 1, "the timer is due");
      const from = looks;
      await eventually(() => looks > from + 20, "an older node looks often");
      expect((await store.store.look(null)).effects).toEqual(effects);
      expect(first.logged.items.filter(({ level }) => level === "error")).toEqual([]);
    }
    await using second = startNode2(store);
    await second.realtime.open();
    await eventually(async () => (await second.tally("home").state()).total === 7, "the timer has fired");
    await eventually(async () => (await second.tally("yard").state()).total === 4, "the effect has run");
    await eventually(async () => (await second.tally("hall").state()).total === 3, "the older effect has run");
  });

  test("is left alone by a node that could migrate, too", async () => {
    await using store = disposable(createMemoryStore());
    await using second = startNode2({ ...store, lookMs: 3_600_000 });
    await second.tally("home").send.add({ amount: 1 });
    const [event] = await store.store.read(tallyRef("home"), 1, 1);
    const known = await store.store.head(tallyRef("home"));
    const newer = { ...(event ?? assert.fail()), offset: 2, version: 3 };
    await store.store.transaction([{ topic: tallyRef("home"), known, commands: [] }], () => [
      { topic: tallyRef("home"), head: { offset: 2, at: newer.at }, events: [newer], records: [] },
    ]);
    await expect(second.tally("home").send.add({ amount: 1 })).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    await using another = startNode2(store);
    await expect(another.tally("home").state()).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    expect(another.logged.items.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("has answers that only newer nodes repeat", async () => {
    await using store = disposable(createMemoryStore());
    const sent = { ...home, amount: 500, commandId: "c1" };
    await using second = startNode2(store);
    expect(await second.caller.add(sent)).toMatchObject({ ok: false, reason: "TOO_MUCH" });
    await using first = startNode1(store);
    await expect(first.caller.name({ ...home, name: "x", commandId: "c1" })).rejects.toMatchObject({
      code: "CONFLICT",
    });
    await second.caller.poke({ ...home, commandId: "c2" });
    await expect(first.caller.poke({ ...home, commandId: "c2" })).rejects.toMatchObject({
      code: "SERVICE_UNAVAILABLE",
    });
    expect(await first.caller.add({ ...home, by: 1 })).toMatchObject({ ok: true, offset: 1 });
  });
});

/** A command for a tally, as a version wrote it down. */
function effectTo(tallyId: string, version: number, input: object): StoredEffect {
  const target = tallyRef(tallyId);
  const waiting = { due: 0, attempts: 0, status: "armed" } as const;
  return { ...waiting, id: `effect:${tallyId}`, source: `of ${tallyId}`, target, command: "add", input, version };
}

async function storeEffects(store: Store, ...effects: StoredEffect[]): Promise<void> {
  const topic = tallyRef("elsewhere");
  const known = await store.head(topic);
  await store.transaction([{ topic, known, commands: [] }], () => [
    { topic, head: { offset: 0, at: 0 }, events: [], records: [], effects },
  ]);
}

function versionsOf(events: readonly StoredEvent[]): readonly number[] {
  return events.map(({ version }) => version);
}

function disposable(store: ReturnType<typeof createMemoryStore>) {
  return { store, [Symbol.asyncDispose]: () => store.close() };
}
