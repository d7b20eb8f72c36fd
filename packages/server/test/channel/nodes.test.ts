import { type Broker, createMemoryStore, type Store } from "@shoal/server";
import { describe, expect, test } from "vitest";
import { createApp } from "../support/app.ts";
import { losing, startNodes, varied } from "../support/nodes.ts";
import { readAll } from "../support/reader.ts";
import { eventually, inTime, Recorder, turn } from "../support/recorder.ts";

const home = { counterId: "home" };

describe("Two nodes on one store", () => {
  test("tell each other what was committed, at once", async () => {
    await using nodes = startNodes();
    const atA = readAll(await nodes.a.as("ann").counter.watch(home));
    const atB = readAll(await nodes.b.as("ben").counter.watch(home));
    await Promise.all([atA.frames.count(2), atB.frames.count(2)]);
    await nodes.a.as("ann").counter.add({ ...home, by: 1 });
    const [, , event] = await atB.frames.count(3);
    expect(event?.frame).toMatchObject({ kind: "events", from: 1, events: [{ data: { by: 1 } }] });
    expect(await nodes.b.as("ben").counter.add({ ...home, by: 2 })).toEqual({
      ok: true,
      offset: 2,
      result: { sum: 3 },
    });
    await atA.frames.count(4);
    const frames = (watch: typeof atA) =>
      watch.frames.items.slice(2).map(({ frame, position }) => ({ frame, position }));
    await atB.frames.count(4);
    expect(frames(atA)).toEqual(frames(atB));
  });

  test("give one order to what both decide at the same time", async () => {
    await using nodes = startNodes();
    const watches = [
      readAll(await nodes.a.as("ann").counter.watch(home)),
      readAll(await nodes.b.as("ben").counter.watch(home)),
    ];
    const numbers = Array.from({ length: 100 }, (_, index) => index + 1);
    const outcomes = await Promise.all(
      numbers.map((by) => (by % 2 ? nodes.a : nodes.b).as("ann").counter.add({ ...home, by })),
    );
    expect(outcomes.flatMap((outcome) => (outcome.ok ? outcome.offset : [])).toSorted((a, b) => a - b)).toEqual(
      numbers,
    );
    const orders = [];
    for (const { frames } of watches) {
      await frames.first(({ position }) => position.offset === 100);
      orders.push(
        frames.items.flatMap(({ frame }) =>
          frame.kind === "events" ? frame.events.map(({ offset, data }) => [offset, data]) : [],
        ),
      );
    }
    expect(orders[0]).toHaveLength(100);
    expect(orders[1]).toEqual(orders[0]);
  });

  test("know a command by its id, whichever of them it comes to", async () => {
    await using nodes = startNodes();
    const input = { ...home, by: 5, commandId: "c1" };
    const first = await nodes.a.as("ann").counter.add(input);
    expect(await nodes.b.as("ann").counter.add(input)).toEqual(first);
    const both = await Promise.all([nodes.a, nodes.b].map((node) => node.as("ben").counter.add(input)));
    expect(both[0]).toEqual(both[1]);
    expect(await nodes.a.as("ann").counter.sum(home)).toEqual({ sum: 10 });
  });

  test("carry a broadcast to who watches on either, once", async () => {
    await using nodes = startNodes();
    const watches = [
      readAll(await nodes.a.as("ann").counter.watch(home)),
      readAll(await nodes.b.as("ben").counter.watch(home)),
    ];
    for (const { frames } of watches) await frames.count(2);
    await nodes.a.as("ann").counter.broadcast({ ...home, name: "cheer", data: { emoji: "🐟" } });
    await nodes.a.as("ann").counter.add({ ...home, by: 1 });
    for (const { frames } of watches) {
      await frames.first(({ frame }) => frame.kind === "events");
      expect(frames.items.slice(2).map(({ frame }) => frame.kind)).toEqual(["broadcast", "events"]);
    }
  });
});

describe("A hint that was lost", () => {
  test("is made up for by the next one", async () => {
    const lost = { on: true };
    await using nodes = startNodes({ broker: losing(lost) });
    const { frames } = readAll(await nodes.b.as("ben").counter.watch(home));
    await frames.count(2);
    await nodes.a.as("ann").counter.add({ ...home, by: 1 });
    lost.on = false;
    await nodes.a.as("ann").counter.add({ ...home, by: 2 });
    await frames.first(({ position }) => position.offset === 2);
    expect(frames.items.slice(2).map(({ frame }) => frame)).toMatchObject([
      { kind: "events", from: 1, to: 2, events: [{ data: { by: 1 } }, { data: { by: 2 } }] },
    ]);
  });

  test("is made up for by the next command on the node that missed it", async () => {
    await using nodes = startNodes({ broker: losing({ on: true }) });
    const { frames } = readAll(await nodes.b.as("ben").counter.watch(home));
    await frames.count(2);
    await nodes.a.as("ann").counter.add({ ...home, by: 1 });
    await nodes.b.as("ben").counter.add({ ...home, by: 2 });
    await frames.first(({ position }) => position.offset === 2);
    expect(frames.items.slice(2).map(({ frame }) => frame)).toMatchObject([{ kind: "events", from: 1, to: 2 }]);
  });

  test("is made up for by the next look at the store, when nobody does anything", async () => {
    await using nodes = startNodes({ broker: losing({ on: true }), lookMs: 5 });
    const { frames } = readAll(await nodes.b.as("ben").counter.watch(home));
    await frames.count(2);
    await nodes.a.as("ann").counter.add({ ...home, by: 1 });
    await frames.first(({ frame }) => frame.kind === "events");
  });

  test("is made up for when somebody comes with a position that the node does not know yet", async () => {
    await using nodes = startNodes({ broker: losing({ on: true }) });
    const { frames } = readAll(await nodes.b.as("ben").counter.watch(home));
    await frames.count(2);
    const elsewhere = readAll(await nodes.a.as("ann").counter.watch(home));
    await nodes.a.as("ann").counter.add({ ...home, by: 1 });
    const { position } = await elsewhere.frames.first(({ frame }) => frame.kind === "events");
    const lastEventId = `${position.epoch}:${position.offset}:${position.audience}`;
    const moved = readAll(await nodes.b.as("ann").counter.watch({ ...home, lastEventId }));
    expect((await moved.frames.count(1))[0]?.frame).toEqual({ kind: "resumed", replayed: 0 });
    await frames.first(({ frame }) => frame.kind === "events");
  });

  test("while a topic is loaded is made up for by a look that happens meanwhile", async () => {
    const gate = gated(createMemoryStore());
    await using nodes = startNodes({ store: gate.store, broker: losing({ on: true }), lookMs: 5 });
    for (const node of [nodes.a, nodes.b]) await node.as("ann").counter.touch({ counterId: "elsewhere" });
    gate.hold();
    const opening = nodes.b.as("ben").counter.watch(home);
    await eventually(() => gate.held === 1, "a load is under way");
    // Node B has read what there was. Now node A writes, and B looks before its load is through.
    await gate.lift(() => nodes.a.as("ann").counter.add({ ...home, by: 1 }));
    const looks = gate.looks;
    await eventually(() => gate.looks > looks + 4, "both nodes looked");
    gate.release();
    const { frames } = readAll(await opening);
    await frames.first(({ position }) => position.offset === 1);
  });
});

describe("A message that repeats, is late or is wrong", () => {
  const tampering = (tamper: (send: () => void, delayed: (() => void)[]) => void) => {
    const delayed: (() => void)[] = [];
    const broker = (one: Broker): Broker => ({
      ...one,
      publish: (topicId, message) => tamper(() => one.publish(topicId, message), delayed),
    });
    return { broker, delayed };
  };

  test("shows no event twice", async () => {
    const { broker } = tampering((send) => {
      send();
      send();
    });
    await using nodes = startNodes({ broker });
    const { frames } = readAll(await nodes.b.as("ben").counter.watch(home));
    await frames.count(2);
    for (const by of [1, 2, 3]) await nodes.a.as("ann").counter.add({ ...home, by });
    await frames.first(({ position }) => position.offset === 3);
    await turn();
    expect(frames.items.slice(2).map(({ frame }) => frame)).toMatchObject([
      { from: 1 },
      { from: 2 },
      { from: 3, to: 3 },
    ]);
  });

  test("shows no event out of its order", async () => {
    const { broker, delayed } = tampering((send, late) => late.unshift(send));
    await using nodes = startNodes({ broker });
    const { frames } = readAll(await nodes.b.as("ben").counter.watch(home));
    await frames.count(2);
    for (const by of [1, 2, 3]) await nodes.a.as("ann").counter.add({ ...home, by });
    for (const send of delayed) send();
    await frames.first(({ position }) => position.offset === 3);
    await turn();
    const offsets = frames.items.flatMap(({ frame }) =>
      (frame.kind === "events" ? frame.events : []).map((one) => one.offset),
    );
    expect(offsets).toEqual([1, 2, 3]);
  });

  test("of another generation makes a node look again, and believe the store", async () => {
    const others = new Recorder<() => void>();
    await using nodes = startNodes({
      broker: (one) => ({
        ...one,
        publish: (topicId, message) =>
          others.push(() =>
            one.publish(topicId, message.kind === "events" ? { ...message, epoch: "another" } : message),
          ),
      }),
    });
    const { frames } = readAll(await nodes.b.as("ben").counter.watch(home));
    await frames.count(2);
    await nodes.a.as("ann").counter.add({ ...home, by: 1 });
    for (const send of others.items) send();
    await frames.count(3);
    expect(frames.items.slice(2).map(({ frame }) => frame)).toMatchObject([{ kind: "events", from: 1, to: 1 }]);
  });
});

describe("A broker that fails", () => {
  test("costs no command its answer, and nobody on its own node anything", async () => {
    const broker: Broker = {
      publish: () => {
        throw new Error("the broker is gone");
      },
      subscribe: () => () => {},
      close: async () => {},
    };
    await using app = createApp({ broker });
    const { frames } = readAll(await app.as("ann").counter.watch(home));
    await frames.count(2);
    // Of who is not signed in nothing is recorded: were it tried again, it would happen twice.
    const behave = (place: string) => app.as(null).mischief.behave({ place });
    const answers = Promise.all([app.as("ann").counter.add({ ...home, by: 1 }), behave("here"), behave("there")]);
    expect(await inTime(answers, "the answers")).toMatchObject([{ offset: 1 }, { offset: 1 }, { offset: 1 }]);
    await frames.first(({ frame }) => frame.kind === "events");
    expect(await behave("here")).toEqual({ ok: true, offset: 2 });
    expect(app.logged.items).toContainEqual(expect.objectContaining({ level: "error" }));
  });
});

/** A store whose loads wait at a gate after they have read, and which tells how often it was looked at. */
function gated(store: Store) {
  let gate: (() => void)[] | undefined;
  const self = {
    looks: 0,
    held: 0,
    hold: () => {
      gate = [];
    },
    release: () => {
      for (const open of gate ?? []) open();
      gate = undefined;
    },
    /** Lets loads through for as long as it runs. */
    async lift<R>(run: () => Promise<R>): Promise<R> {
      const waiting = gate;
      gate = undefined;
      const result = await run();
      gate = waiting;
      return result;
    },
    store: varied(store, {
      async load(topic: Parameters<Store["load"]>[0]) {
        const stored = await store.load(topic);
        const waiting = gate;
        if (!waiting) return stored;
        self.held += 1;
        await new Promise<void>((open) => waiting.push(open));
        return stored;
      },
      async look(mark: string | null) {
        self.looks += 1;
        return await store.look(mark);
      },
    }),
  };
  return self;
}
