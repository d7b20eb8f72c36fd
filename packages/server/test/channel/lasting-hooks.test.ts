import { setTimeout as delay } from "node:timers/promises";
import { createMemoryStore, serveChannel, system } from "@shoal/server";
import { testRealtime } from "@shoal/server/testing";
import { describe, expect, test } from "vitest";
import { aborted, dial, startDials } from "../support/dials.ts";
import { shared, varied } from "../support/nodes.ts";
import { eventually, inTime, turn } from "../support/recorder.ts";

const a = { dialId: "a" };

describe("`whileWatched`", () => {
  test("is called with the first subscriber of a topic, and its signal aborts when the last has gone", async () => {
    await using app = await startDials();
    await using ann = app.tab("ann");
    await using ben = app.tab("ben");
    await ann.watch().frames.count(1);
    await ben.watch().frames.count(1);
    await ann.watch("b").frames.count(1);
    await app.calls.count(2);
    expect(app.calls.items).toEqual(["watched a", "watched b"]);
    await ann.close();
    await app.calls.count(3);
    expect(app.calls.items).toEqual(["watched a", "watched b", "unwatched b"]);
    await ben.close();
    await app.calls.count(4);
    expect(app.calls.items.at(-1)).toBe("unwatched a");
  });

  test("hears of subscribers over SSE and of the server's own as of any", async () => {
    await using app = await startDials();
    const stream = await app.stream();
    await stream.events.count(1);
    await app.calls.first((call) => call === "watched a");
    const own = new AbortController();
    const frames = app.realtime.topic(dial, a).as(system).subscribe({ signal: own.signal })[Symbol.asyncIterator]();
    await frames.next();
    stream.drop();
    await eventually(() => app.connections().then((count) => count === 0), "the stream is gone");
    const next = frames.next();
    await app.realtime.topic(dial, a).as(system).send.turn();
    await next;
    expect(app.calls.items).toEqual(["watched a"]);
    own.abort();
    await app.calls.first((call) => call === "unwatched a");
  });

  test("has the topic in the system's hand, and its own subscription does not count", async () => {
    await using app = await startDials({
      async whileWatched({ topic, signal, calls }) {
        for await (const { frame } of topic.subscribe({ signal })) {
          calls.push(frame.kind);
          if (frame.kind === "snapshot") await topic.send.tick();
        }
        calls.push("ended");
      },
    });
    await using ann = app.tab("ann");
    await ann.watch().frames.count(2);
    await app.calls.count(2);
    await ann.close();
    await app.calls.first((call) => call === "ended");
    expect(app.calls.items).toEqual(["snapshot", "events", "ended"]);
    expect(await app.realtime.topic(dial, a).as(system).state()).toEqual({ turns: 1 });
  });

  test("goes on through a reload, and through a socket that is cut and comes back", async () => {
    await using app = await startDials({ unwatchedMs: 60_000 });
    const first = app.tab("ann");
    await first.watch().frames.count(1);
    await app.calls.count(1);
    await first.close();
    await eventually(() => app.handle.sockets.size === 0, "the first tab is gone");
    await using second = app.tab("ann");
    const { frames } = second.watch();
    await frames.count(1);
    app.cut();
    await frames.until((all) => all.length > 1);
    await turn();
    expect(app.calls.items).toEqual(["watched a"]);
  });

  test("begins again after a socket was killed whose client comes back later", async () => {
    await using app = await startDials();
    await using ann = app.tab("ann");
    await ann.watch().frames.count(1);
    await app.calls.count(1);
    app.cut();
    await app.calls.count(3);
    expect(app.calls.items).toEqual(["watched a", "unwatched a", "watched a"]);
  });

  test("never overlaps for one topic, however fast they come and go, and ends as they end", async () => {
    let running = 0;
    let most = 0;
    await using app = await startDials({
      async whileWatched({ signal, calls }) {
        running += 1;
        most = Math.max(most, running);
        calls.push("began");
        await aborted(signal);
        await turn();
        running -= 1;
        calls.push("ended");
      },
    });
    await using ann = app.tab("ann");
    await using ben = app.tab("ben");
    for (let round = 0; round < 40; round += 1) {
      const watching = [ann.watch(), ann.watch(), ben.watch()];
      if (round % 3 === 0) await watching[round % 2]?.frames.count(1);
      for (const { stop } of watching) stop();
    }
    const last = ann.watch();
    await last.frames.count(1);
    await eventually(() => running === 1, "it runs for who is there");
    last.stop();
    await eventually(() => running === 0, "it has ended");
    expect(most).toBe(1);
    const counts = ["began", "ended"].map((name) => app.calls.items.filter((call) => call === name).length);
    expect(counts[0]).toBe(counts[1]);
  });

  test("does not begin for who came and went while the one before it was not through", async () => {
    const gate = Promise.withResolvers<void>();
    await using app = await startDials({
      async whileWatched({ signal, calls }) {
        calls.push("began");
        await aborted(signal);
        calls.push("told");
        await gate.promise;
      },
    });
    await using ann = app.tab("ann");
    const first = ann.watch();
    await first.frames.count(1);
    first.stop();
    await app.calls.first((call) => call === "told");
    const second = ann.watch();
    await second.frames.count(1);
    second.stop();
    await using ben = app.tab("ben");
    const third = ben.watch();
    await third.frames.count(1);
    expect(app.calls.items).toEqual(["began", "told"]);
    gate.resolve();
    await app.calls.count(3);
    third.stop();
    await app.calls.count(4);
    expect(app.calls.items).toEqual(["began", "told", "began", "told"]);
  });

  test("is not called for whom the channel refuses", async () => {
    await using app = await startDials();
    await using nobody = app.tab("");
    await nobody.watch().errors.count(1);
    await using ann = app.tab("ann");
    await ann.watch("b").frames.count(1);
    await app.calls.count(1);
    expect(app.calls.items).toEqual(["watched b"]);
  });

  test("that throws is logged and harms nobody; what ends since it was aborted is no fault", async () => {
    await using app = await startDials({
      whileWatched({ params, signal, calls }) {
        calls.push(params.dialId);
        if (params.dialId === "a") throw new Error("no such dial");
        return delay(60_000, undefined, { signal });
      },
    });
    await using ann = app.tab("ann");
    const { frames, stop } = ann.watch("b");
    await frames.count(1);
    stop();
    await ann.watch().frames.count(1);
    await ann.trpc.turn.mutate(a);
    await app.logged.count(1);
    await app.realtime.close();
    expect(app.logged.items.filter(({ level }) => level === "error")).toMatchObject([
      { level: "error", fields: { hook: "dial.whileWatched", error: { message: "no such dial" } } },
    ]);
  });

  test("is ended when the node closes, which waits for it and commits what it sends", async () => {
    const memory = createMemoryStore();
    const app = await startDials({
      store: shared(memory),
      async whileWatched({ topic, signal, calls }) {
        calls.push("began");
        await aborted(signal);
        await topic.send.tick();
        calls.push("through");
      },
    });
    await using ann = app.tab("ann");
    await ann.watch().frames.count(1);
    await app.calls.count(1);
    await inTime(app.realtime.close(), "the end");
    expect(app.calls.items).toEqual(["began", "through"]);
    await app.handle.close();
    await using next = await startDials({ store: memory });
    expect(await next.realtime.topic(dial, a).as(system).state()).toEqual({ turns: 1 });
  });

  test("serves channels that are not durable", async () => {
    await using app = await startDials({ durable: false });
    await using ann = app.tab("ann");
    const { frames, stop } = ann.watch();
    await frames.count(1);
    stop();
    await app.calls.count(2);
    expect(app.calls.items).toEqual(["watched a", "unwatched a"]);
  });

  test("tells of the tenant", async () => {
    await using app = await startDials();
    const handle = app.realtime.topic(dial, a, { tenant: "acme" }).as(system);
    const frames = handle.subscribe()[Symbol.asyncIterator]();
    await frames.next();
    await app.calls.count(1);
    await frames.return?.();
    await app.calls.count(2);
    expect(app.calls.items).toEqual(["watched a of acme", "unwatched a"]);
  });

  test("works in the world of a test", async () => {
    const calls: string[] = [];
    const served = serveChannel(dial, {
      commands: { turn: () => {}, tick: ({ emit }) => emit("turned") },
      async whileWatched({ topic, signal }) {
        await topic.send.tick();
        calls.push("began");
        await aborted(signal);
        calls.push("ended");
      },
    });
    {
      await using world = testRealtime({ channels: [served] });
      const topic = await world.as({ id: "ann" }).topic(dial, a);
      await eventually(() => topic.state?.turns === 1, "it ticked");
    }
    expect(calls).toEqual(["began", "ended"]);
  });
});

describe("`whileOpen`", () => {
  test("is called once when the realtime has opened, and not before", async () => {
    await using app = await startDials({
      async whileOpen({ topic, signal, calls }) {
        calls.push("opened");
        await topic(a).send.tick();
        await topic(a, { tenant: "acme" }).send.tick();
        calls.push("ticked");
        await aborted(signal);
        await topic(a).send.tick();
        calls.push("closed");
      },
    });
    await turn();
    expect(app.calls.items).toEqual([]);
    await Promise.all([app.realtime.open(), app.realtime.topic(dial, a).as(system).state()]);
    await app.realtime.open();
    await app.calls.count(2);
    const tenant = app.realtime.topic(dial, a, { tenant: "acme" }).as(system);
    expect(await tenant.state()).toEqual({ turns: 1 });
    await app.realtime.close();
    expect(app.calls.items).toEqual(["opened", "ticked", "closed"]);
  });

  test("is not called where nothing was opened, and what it throws is logged", async () => {
    const never = await startDials({ whileOpen: ({ calls }) => calls.push("opened") });
    await never.realtime.close();
    await never.handle.close();
    expect(never.calls.items).toEqual([]);
    await using app = await startDials({ whileOpen: () => Promise.reject(new Error("no power")) });
    await app.realtime.open();
    const line = await app.logged.first(({ level }) => level === "error");
    expect(line.fields).toMatchObject({ hook: "dial.whileOpen", error: { message: "no power" } });
    expect(await app.realtime.topic(dial, a).as(system).send.turn()).toMatchObject({ ok: true });
  });

  test("begins with the opening that succeeds", async () => {
    const memory = createMemoryStore();
    let failures = 1;
    const store = varied(memory, {
      async open() {
        if (failures > 0) {
          failures -= 1;
          throw new Error("not yet");
        }
        await memory.open();
      },
    });
    await using app = await startDials({ store, whileOpen: ({ calls }) => calls.push("opened") });
    await expect(app.realtime.open()).rejects.toThrow("not yet");
    expect(app.calls.items).toEqual([]);
    await app.realtime.open();
    await app.calls.count(1);
    await turn();
    expect(app.calls.items).toEqual(["opened"]);
  });
});
