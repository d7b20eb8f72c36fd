import { createMemoryStore, quantileOf, type RealtimeStats, system } from "@shoal/server";
import { describe, expect, test } from "vitest";
import { startApp } from "../support/app.ts";
import { connectByHttp, connectBySocket, follow } from "../support/connect.ts";
import { counter } from "../support/counter.ts";
import { eventually } from "../support/recorder.ts";
import { openStream } from "../wire/sse/support/open-stream.ts";
import { startStreams, watchPath } from "../wire/sse/support/stream-app.ts";
import { openBlobs, startBlobs } from "../wire/ws/support/blob-app.ts";
import { openCounting } from "./support/count-bytes.ts";

const home = { counterId: "home" };
const none = { initial: 0, expired: 0, epoch: 0, ahead: 0, audience: 0, overflow: 0 };

function of({ channels }: RealtimeStats, name = "counter") {
  const channel = channels[name];
  if (!channel) throw new Error(`There is no ${name}.`);
  return channel;
}

describe("The stats of a node", () => {
  test("are plain JSON, and begin with every channel at nothing", async () => {
    await using app = await startApp();
    const stats = app.realtime.stats();
    expect(JSON.parse(JSON.stringify(stats))).toEqual(stats);
    expect(Object.keys(stats.channels).toSorted()).toEqual(["counter", "mischief", "rooms"]);
    expect(stats).toMatchObject({
      connections: { now: 0, total: 0 },
      streams: { now: 0, total: 0 },
      users: 0,
      sent: { frames: 0, messages: 0, bytes: 0 },
      sentAway: { slow: 0, floods: 0 },
      logged: { errors: 0, warnings: 0 },
    });
    expect(of(stats)).toMatchObject({ topics: 0, subscribers: 0, watches: { opened: 0, refused: 0 }, snapshots: none });
  });

  test("count connections, users, topics and subscribers, as they come and go", async () => {
    await using app = await startApp({ idleMs: 0 });
    const ann = connectBySocket(app, "ann");
    const again = connectBySocket(app, "ann");
    await using ben = connectBySocket(app, "ben");
    await follow(ann.trpc.counter.watch, home).frames.count(1);
    await follow(again.trpc.counter.watch, home).frames.count(1);
    await follow(ben.trpc.counter.watch, { counterId: "other" }).frames.count(1);
    const full = app.realtime.stats();
    expect(full).toMatchObject({ connections: { now: 3, total: 3 }, users: 2 });
    expect(of(full)).toMatchObject({ topics: 2, subscribers: 3, watches: { opened: 3, refused: 0 } });
    expect(of(full).snapshots).toEqual({ ...none, initial: 3 });
    await ann[Symbol.asyncDispose]();
    await again[Symbol.asyncDispose]();
    await eventually(() => app.realtime.stats().users === 1, "ann is gone");
    await eventually(() => of(app.realtime.stats()).topics === 1, "the topic is let go");
    const rest = app.realtime.stats();
    expect(rest).toMatchObject({ connections: { now: 1, total: 3 } });
    expect(of(rest)).toMatchObject({ subscribers: 1, watches: { opened: 3 } });
  });

  test("tell how many bytes and messages went to a WebSocket, to the byte", async () => {
    await using app = await startApp();
    using socket = await openCounting(app.webSocketUrl);
    const input = { json: { roomId: "lobby" } };
    socket.send({ id: 1, method: "query", params: { path: "realtime.counter.limit" } });
    socket.send({ id: 2, method: "subscription", params: { path: "realtime.rooms.watch", input } });
    await socket.texts.count(2);
    const large = app.realtime.topic(counter, { counterId: "ü".repeat(200) }).as(system);
    await large.send.add({ by: 1, times: 1_000 });
    expect(socket.texts.items.length).toBeGreaterThan(1);
    const { sent } = app.realtime.stats();
    await eventually(() => socket.bytes() === sent.bytes, "all has arrived");
    expect(sent.messages).toBe(socket.texts.items.length);
  });

  test("tell how many frames, events and bytes went to streams", async () => {
    await using app = await startStreams();
    const stream = await openStream(`${app.url}${watchPath("a")}`);
    await stream.events.count(3);
    await app.put("a", "one");
    const events = await stream.events.count(4);
    const stats = app.realtime.stats();
    expect(stats).toMatchObject({ streams: { now: 1, total: 1 }, connections: { now: 0, total: 0 }, users: 1 });
    expect(stats.sent.messages).toBe(events.length);
    expect(stats.sent.frames).toBe(events.length - 1);
    // Each event is followed by an empty line, and stands in a chunk: its length in hexadecimal, and two ends of a line.
    const bytes = events.map((event) => Buffer.byteLength(event) + 3);
    const chunks = bytes.map((length) => length + length.toString(16).length + 4);
    expect(stats.sent.bytes).toBe(chunks.reduce((sum, length) => sum + length, 0));
    stream.drop();
    await eventually(() => app.realtime.stats().streams.now === 0, "it is gone");
    expect(app.realtime.stats()).toMatchObject({ streams: { now: 0, total: 1 }, users: 0 });
  });

  test("tell commands by what became of them, and how long they took", async () => {
    await using app = await startApp({ rates: { commandsPerMinute: 5 } });
    await using ann = connectBySocket(app, "ann");
    await using stranger = connectByHttp(app, null);
    for (const by of [1, 2, 3]) await ann.trpc.counter.add.mutate({ ...home, by });
    await ann.trpc.counter.add.mutate({ ...home, by: 5_000 });
    await expect(ann.trpc.counter.add.mutate({ ...home, by: "5" } as never)).rejects.toThrow();
    await expect(stranger.trpc.counter.add.mutate({ ...home, by: 1 })).rejects.toThrow();
    await expect(ann.trpc.counter.add.mutate({ ...home, by: 1 })).rejects.toThrow("Too many");
    await app.realtime.topic(counter, home).as(system).send.clear();
    await expect(app.realtime.topic(counter, home).as(null).send.touch()).rejects.toThrow();
    const { commands, rateLimited } = of(app.realtime.stats());
    expect(commands).toMatchObject({ accepted: 4, rejected: 1, refused: 4, failed: 0 });
    expect(rateLimited).toBe(1);
    expect(commands.latency.counts.reduce((sum, count) => sum + count, 0)).toBe(5);
    expect(commands.latency.sum).toBeGreaterThan(0);
    const p99 = quantileOf(commands.latency, 0.99) ?? 0;
    expect(p99).toBeGreaterThan(0);
    expect(p99).toBeLessThanOrEqual(5_000);
  });

  test("tell a command that fails from one that is refused, and count what is logged", async () => {
    const memory = createMemoryStore();
    const store = Object.assign(Object.create(memory), {
      transaction: () => Promise.reject(new Error("the disk is full")),
    });
    await using app = await startApp({ store });
    await using ann = connectBySocket(app, "ann");
    await expect(ann.trpc.counter.touch.mutate(home)).rejects.toThrow();
    const stats = app.realtime.stats();
    expect(of(stats).commands).toMatchObject({ accepted: 0, refused: 0, failed: 1 });
    expect(stats.logged.errors).toBe(app.logged.errors().length);
    expect(stats.logged.errors).toBeGreaterThan(0);
    const warnings = app.logged.items.filter(({ level }) => level === "warn").length;
    expect(stats.logged.warnings).toBe(warnings);
  });

  test("tell watches that are refused, and how others began and went on", async () => {
    await using app = await startApp({ maxReplay: 2 });
    await using ann = connectBySocket(app, "ann");
    await using nobody = connectBySocket(app, null);
    await follow(nobody.trpc.counter.watch, home).errors.count(1);
    const first = follow(ann.trpc.counter.watch, home);
    const [opening] = await first.frames.count(1);
    first.stop();
    const lastEventId = (opening as { id: string }).id;
    const resumed = follow(ann.trpc.counter.watch, { ...home, lastEventId });
    await resumed.frames.count(1);
    resumed.stop();
    for (const by of [1, 2, 3]) await ann.trpc.counter.add.mutate({ ...home, by });
    await follow(ann.trpc.counter.watch, { ...home, lastEventId }).frames.count(1);
    const { watches, resumed: went, snapshots } = of(app.realtime.stats());
    expect(watches).toEqual({ opened: 3, refused: 1 });
    expect(went).toBe(1);
    expect(snapshots).toEqual({ ...none, initial: 1, expired: 1 });
  });

  test("tell what was dropped for who reads slowly, and who was sent away for it", async () => {
    await using app = await startBlobs({ maxBufferedBytes: 16 * 1024, queue: 1, slowMs: 200 });
    await using slow = await openBlobs(app);
    slow.watch(1, "home");
    await slow.texts.count(2);
    slow.pause();
    const text = "a".repeat(200_000);
    for (let put = 0; !slow.onServer.isPaused || put < 40; put += 1) await app.put("home", text);
    await eventually(() => app.realtime.stats().sentAway.slow === 1, "it was sent away");
    await using quick = await openBlobs(app);
    quick.watch(1, "home");
    await quick.texts.count(2);
    quick.pause();
    for (let put = 0; !quick.onServer.isPaused || put < 40; put += 1) await app.put("home", text);
    quick.resume();
    await eventually(() => of(app.realtime.stats(), "blob").snapshots.overflow > 0, "it was resynchronised");
    expect(app.realtime.stats().sentAway).toEqual({ slow: 1, floods: 0 });
  });

  test("tell who was sent away for sending too much", async () => {
    await using app = await startApp({ limits: { maxMessagesPerSecond: 1 } });
    using socket = await openCounting(app.webSocketUrl);
    for (let id = 1; id < 20; id += 1) {
      socket.send({ id, method: "query", params: { path: "realtime.counter.limit" } });
    }
    await eventually(() => app.realtime.stats().sentAway.floods === 1, "it was sent away");
  });
});

describe("A quantile of a histogram", () => {
  const bounds = [1, 10, 100];

  test("lies within its bucket, and is of what came since another reading", () => {
    const before = { bounds, counts: [100, 0, 0, 0], sum: 50 };
    const after = { bounds, counts: [100, 10, 10, 0], sum: 600 };
    expect(quantileOf(after, 0.5)).toBeCloseTo(0.6, 5);
    expect(quantileOf(after, 0.5, before)).toBeCloseTo(10, 5);
    expect(quantileOf(after, 0.75, before)).toBeCloseTo(55, 5);
  });

  test("is the highest bound above all of them, and nothing where there is nothing", () => {
    expect(quantileOf({ bounds, counts: [0, 0, 0, 4], sum: 4_000 }, 0.5)).toBe(100);
    expect(quantileOf({ bounds, counts: [0, 0, 0, 0], sum: 0 }, 0.5)).toBeNull();
  });
});
