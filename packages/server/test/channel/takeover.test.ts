import { createMemoryHub, createMemoryStore, createSqliteStore, type Store } from "@shoal/server";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../durability/temporary-folder.ts";
import { createApp } from "../support/app.ts";
import { varied } from "../support/nodes.ts";
import { readAll } from "../support/reader.ts";
import { inTime, turn } from "../support/recorder.ts";

const home = { counterId: "home" };
const unavailable = { code: "SERVICE_UNAVAILABLE" };

/** A store of which one can tell whether it is open, and which holds commits back while `gate` is set. */
function watchedStore() {
  const memory = createMemoryStore();
  const calls = { opened: 0, closed: 0 };
  const held: { gate?: Promise<void>; reached?: () => void } = {};
  const store: Store = varied(memory, {
    async open() {
      calls.opened += 1;
      await memory.open();
    },
    async close() {
      calls.closed += 1;
      await memory.close();
    },
    async transaction(...given) {
      held.reached?.();
      await held.gate;
      await memory.transaction(...given);
    },
  });
  return { store, calls, held };
}

let names = 0;

/** Evaluations of one module: realtimes of one name on one store. */
function module(store: Store) {
  names += 1;
  const instance = `module ${names}`;
  return { evaluate: () => createApp({ store, instance }) };
}

describe("A realtime that is made again under its name", () => {
  test("leaves the one before it alone until it is used", async () => {
    const { store } = watchedStore();
    const { evaluate } = module(store);
    await using first = evaluate();
    const { frames } = readAll(await first.as("ann").counter.watch(home));
    await frames.count(1);
    await using _second = evaluate();
    await turn();
    expect(await first.as("ann").counter.add({ ...home, by: 1 })).toMatchObject({ ok: true });
    await frames.first(({ frame }) => frame.kind === "events");
  });

  test("ends the subscriptions of the one before it as what may be tried again, and goes on from where they were", async () => {
    const { store, calls } = watchedStore();
    const { evaluate } = module(store);
    await using first = evaluate();
    await using second = evaluate();
    await first.as("ann").counter.add({ ...home, by: 1 });
    const { frames, ended } = readAll(await first.as("ann").counter.watch(home));
    const [opening] = await frames.count(1);
    await second.realtime.open();
    await expect(inTime(ended, "the end")).rejects.toMatchObject({
      ...unavailable,
      message: "The server is shutting down.",
    });
    await expect(first.as("ann").counter.touch(home)).rejects.toMatchObject(unavailable);
    await expect(first.realtime.open()).rejects.toMatchObject(unavailable);
    await second.as("ann").counter.add({ ...home, by: 2 });
    const lastEventId = `${opening?.position.epoch}:1:all`;
    const resumed = readAll(await second.as("ann").counter.watch({ ...home, lastEventId }));
    expect((await resumed.frames.count(2))[0]?.frame).toEqual({ kind: "resumed", replayed: 1 });
    expect(calls).toEqual({ opened: 1, closed: 0 });
  });

  test("waits until the commands that are under way on the one before it are answered", async () => {
    const { store, held } = watchedStore();
    const { evaluate } = module(store);
    await using first = evaluate();
    await using second = evaluate();
    await first.as("ann").counter.touch(home);
    const reached = new Promise<void>((resolve) => {
      held.reached = resolve;
    });
    const gate = Promise.withResolvers<void>();
    held.gate = gate.promise;
    const answers: string[] = [];
    const sent = first
      .as("ann")
      .counter.add({ ...home, by: 1 })
      .then(() => answers.push("the first"));
    await reached;
    const opened = second.realtime.open().then(() => answers.push("the second"));
    await turn();
    gate.resolve();
    await Promise.all([sent, opened]);
    expect(answers).toEqual(["the first", "the second"]);
    expect(await second.as("ann").counter.sum(home)).toEqual({ sum: 1 });
  });

  test("keeps the store and the broker, though the one before it is cleaned up, and closes them at its end", async () => {
    const { store, calls } = watchedStore();
    const broker = { ...createMemoryHub()(), close: async () => void ends.push("broker") };
    const ends: string[] = [];
    const evaluate = () => createApp({ store, broker, instance: "cleaned up" });
    const [first, second] = [evaluate(), evaluate()];
    await first.realtime.open();
    await second.realtime.open();
    await first.realtime.close();
    expect([calls.closed, ends]).toEqual([0, []]);
    expect(await second.as("ann").counter.add({ ...home, by: 1 })).toMatchObject({ ok: true });
    await second.realtime.close();
    expect([calls.closed, ends]).toEqual([1, ["broker"]]);
  });

  test("starts though the one before it could not be closed", async () => {
    const { store } = watchedStore();
    const fault = new Error("it is closed badly");
    const broker = { ...createMemoryHub()(), close: () => Promise.reject(fault) };
    const first = createApp({ store, broker, instance: "closed badly" });
    await using second = createApp({ store, instance: "closed badly" });
    await first.realtime.open();
    await second.realtime.open();
    expect(await second.as("ann").counter.touch(home)).toMatchObject({ ok: true });
    await expect(first.realtime.close()).rejects.toBe(fault);
  });

  test("that cannot start leaves the one before it as it is", async () => {
    const { store } = watchedStore();
    await using first = createApp({ store, instance: "unable" });
    await first.realtime.open();
    const unable = varied(store, { open: () => Promise.reject(new Error("no such file")) });
    await using second = createApp({ store: unable, instance: "unable" });
    await expect(second.realtime.open()).rejects.toThrow("no such file");
    expect(await first.as("ann").counter.touch(home)).toMatchObject({ ok: true });
  });

  test("follows nobody where the one before it was closed", async () => {
    const { store } = watchedStore();
    const { evaluate } = module(store);
    await using first = evaluate();
    await using second = evaluate();
    await using third = evaluate();
    const told = () => [first, second, third].map(({ logged }) => logged.items.filter(({ level }) => level === "info"));
    await first.realtime.open();
    await first.realtime.close();
    await second.realtime.open();
    expect(told()).toEqual([[], [], []]);
    await third.realtime.open();
    expect(told()).toMatchObject([[], [], [{ message: expect.stringContaining("goes on in its place") }]]);
  });

  test("is followed by a third, though it has not yet followed the first", async () => {
    const { store, calls } = watchedStore();
    const { evaluate } = module(store);
    const apps = [evaluate(), evaluate(), evaluate()] as const;
    await apps[0].realtime.open();
    await Promise.all([apps[1].realtime.open(), apps[2].realtime.open()]);
    for (const old of apps.slice(0, 2))
      await expect(old.as("ann").counter.touch(home)).rejects.toMatchObject(unavailable);
    expect(await apps[2].as("ann").counter.touch(home)).toMatchObject({ ok: true });
    for (const app of apps) await app.realtime.close();
    expect(calls).toEqual({ opened: 1, closed: 1 });
  });
});

describe("Realtimes on one SQLite file", () => {
  test("live side by side under different names, or none", async () => {
    await using folder = await temporaryFolder();
    const store = () => createSqliteStore({ path: folder.file("shoal.db") });
    await using a = createApp({ store: store(), instance: "a" });
    await using b = createApp({ store: store(), instance: "b" });
    await using free = createApp({ store: store(), instance: false });
    for (const app of [a, b, free]) await app.as("ann").counter.add({ ...home, by: 1 });
    for (const app of [a, b, free]) expect(await app.as("ann").counter.touch(home)).toMatchObject({ ok: true });
  });
});
