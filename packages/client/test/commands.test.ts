import { describe, expect, test, vi } from "vitest";
import { connect } from "./support/connect.ts";
import { counter } from "./support/counter.ts";
import { goOffline } from "./support/go-offline.ts";
import { startServer } from "./support/server.ts";
import { until } from "./support/until.ts";
import { watched } from "./support/watched.ts";

const home = { counterId: "home" };

function doNothing(): void {}

describe("a command", () => {
  test("is accepted with the offset of its event", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    expect(await ann.counter(home).send.addQuietly({ by: 3 })).toEqual({ ok: true, offset: 1 });
    expect(await ann.counter(home).send.add({ by: 4 })).toEqual({ ok: true, offset: 2 });
  });

  test("is shown before the server knows of it, and once when it has come back", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const topic = ann.counter(home);
    await until(topic, ({ status }) => status === "live");
    topic.subscribe(doNothing);
    const sent = topic.send.add({ by: 3 });
    expect(topic.current).toMatchObject({ offset: 0, pending: 1, state: { history: [3] } });
    await sent;
    await until(topic, ({ pending }) => pending === 0);
    expect(topic.current).toMatchObject({ offset: 1, state: { history: [3] } });
  });

  test("is taken back when it is rejected, and says why", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const topic = ann.counter(home);
    await until(topic, ({ status }) => status === "live");
    const sent = topic.send.add({ by: 101 });
    expect(topic.current.state).toMatchObject({ value: 101 });
    expect(await sent).toEqual({ ok: false, reason: "TOO_LARGE", limit: 100 });
    expect(topic.current).toMatchObject({ pending: 0, state: { value: 0, history: [] } });
  });

  test("is taken back when it fails, and throws what the server said", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const topic = ann.counter(home);
    await until(topic, ({ status }) => status === "live");
    const sent = topic.send.add({ by: 0.5 });
    expect(topic.current.state).toMatchObject({ value: 0.5 });
    await expect(sent).rejects.toMatchObject({ name: "ShoalError", code: "BAD_REQUEST" });
    expect(topic.current).toMatchObject({ pending: 0, state: { value: 0 } });
  });

  test("has one effect under one id, however often it is sent", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const { send } = ann.counter(home);
    const first = await send.add({ by: 3 }, { commandId: "one" });
    expect(await send.add({ by: 3 }, { commandId: "one" })).toEqual(first);
    expect(await send.add({ by: 1 })).toEqual({ ok: true, offset: 2 });
  });

  test("may leave out an input without fields", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    expect(await ann.counter(home).send.reset()).toEqual({ ok: true, offset: 1 });
  });

  test("waits for the connection when there is none, and shows its prediction meanwhile", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const topic = await watched(ann.counter(home));
    await goOffline(ann, server);
    const sent = topic.send.add({ by: 3 });
    expect(topic.current).toMatchObject({ status: "reconnecting", pending: 1, state: { value: 3 } });
    ann.network.online = true;
    expect(await sent).toEqual({ ok: true, offset: 1 });
    expect(await until(topic, ({ pending }) => pending === 0)).toMatchObject({ offset: 1, state: { value: 3 } });
  });

  test("does not hurry the next attempt to connect", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const { send } = ann.counter(home);
    await send.add({ by: 1 });
    const random = vi.spyOn(Math, "random").mockReturnValue(0.8);
    server.cut();
    await until(ann.connection, ({ status }) => status === "reconnecting");
    const lost = performance.now();
    await send.add({ by: 1 });
    expect(performance.now() - lost).toBeGreaterThan(350);
    random.mockRestore();
  });

  test("is no longer pending when it was answered and nobody watches for its event any more", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann", { keepAlive: 0 });
    const topic = ann.counter(home);
    const leave = topic.subscribe(doNothing);
    await until(topic, ({ status }) => status === "live");
    ann.network.lose = ({ kind }) => kind === "events";
    expect(await topic.send.add({ by: 3 })).toMatchObject({ ok: true });
    expect(topic.current).toMatchObject({ offset: 0, pending: 1 });
    leave();
    await expect.poll(() => topic.current.pending, { timeout: 4_000 }).toBe(0);
  });

  test("is no longer pending when it was answered and its topic has failed", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const topic = await watched(ann.counter({ counterId: "home" }));
    ann.network.lose = ({ kind }) => kind === "events";
    await topic.send.add({ by: 5 });
    expect(topic.current).toMatchObject({ status: "live", pending: 1 });
    await server.realtime.revoke({ userId: "ann", channel: counter, params: { counterId: "home" } });
    await until(topic, ({ status }) => status === "failed");
    expect(topic.current.pending).toBe(0);
  });

  test("can be given up while it waits", async () => {
    await using ann = connect({ url: "http://localhost:2/trpc" }, "ann");
    const controller = new AbortController();
    const sent = ann.counter(home).send.add({ by: 3 }, { signal: controller.signal });
    controller.abort(new Error("changed my mind"));
    await expect(sent).rejects.toThrow("changed my mind");
    expect(ann.counter(home).current.pending).toBe(0);
  });

  test("is answered late and done once when the connection ends before the answer", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const { send } = ann.counter(home);
    await send.add({ by: 1 });
    const sent = send.add({ by: 1 });
    await until(ann.network.asked, () => ann.network.inputs("realtime.counter.add").length === 2);
    server.cut();
    expect(await sent).toEqual({ ok: true, offset: 2 });
    const [, first, ...again] = ann.network.inputs("realtime.counter.add");
    for (const input of again) expect(input).toEqual(first);
    expect(await send.add({ by: 1 })).toEqual({ ok: true, offset: 3 });
  });

  test("waits with others of its topic while there is no connection, and all are sent in their order", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const topic = await watched(ann.counter(home));
    await goOffline(ann, server);
    const before = Date.now();
    const sent = [1, 2, 3].map((by) => topic.send.add({ by }));
    const { queued, oldest } = await until(ann.queue, (queue) => queue.queued > 0);
    expect(queued).toBe(3);
    expect(oldest).toBeGreaterThanOrEqual(before);
    ann.network.online = true;
    expect(await Promise.all(sent)).toEqual([1, 2, 3].map((offset) => ({ ok: true, offset })));
    expect(await until(topic, ({ pending }) => pending === 0)).toMatchObject({ state: { history: [1, 2, 3] } });
    expect(ann.queue.current).toEqual({ queued: 0, held: 0, oldest: undefined });
  });

  test("that makes a topic waits for the connection, too", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    ann.network.online = false;
    const made = ann.rooms.send.create({ name: "Kitchen" });
    await until(ann.queue, ({ queued }) => queued === 1);
    ann.network.online = true;
    expect(await made).toMatchObject({ ok: true, params: { roomId: expect.any(String) } });
  });

  test("is what it was when it was given, whatever becomes of its input", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const topic = ann.counter(home);
    const input = { by: 3 };
    const sent = topic.send.add(input);
    input.by = 4;
    await sent;
    expect(await until(topic, ({ offset }) => offset === 1)).toMatchObject({ state: { value: 3 } });
  });

  test("that is too many is refused and taken back", async () => {
    await using ann = connect({ url: "http://localhost:2/trpc" }, "ann", { maxQueued: 1 });
    const topic = ann.counter(home);
    topic.hydrate({ state: { value: 0, history: [] }, offset: 0, position: "x:0:all" });
    const [first, second] = [topic.send.add({ by: 1 }), topic.send.add({ by: 2 })];
    await expect(second).rejects.toMatchObject({ name: "ShoalError", code: "TOO_MANY_REQUESTS" });
    expect(topic.current).toMatchObject({ pending: 1, state: { value: 1 } });
    await ann.close();
    await expect(first).rejects.toMatchObject({ code: "CLOSED" });
  });

  test("that becomes too old is refused and taken back", async () => {
    await using ann = connect({ url: "http://localhost:2/trpc" }, "ann", { maxQueuedMs: 20 });
    const topic = ann.counter(home);
    topic.hydrate({ state: { value: 0, history: [] }, offset: 0, position: "x:0:all" });
    await expect(topic.send.add({ by: 1 })).rejects.toMatchObject({ name: "ShoalError", code: "TIMEOUT" });
    expect(topic.current).toMatchObject({ pending: 0, state: { value: 0 } });
  });

  test("that is given up when the server has it is shown until its effect has arrived", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const topic = await watched(ann.counter(home));
    const controller = new AbortController();
    const sent = topic.send.add({ by: 3 }, { signal: controller.signal });
    await until(ann.network.asked, () => ann.network.inputs("realtime.counter.add").length === 1);
    controller.abort(new Error("changed my mind"));
    await expect(sent).rejects.toThrow("changed my mind");
    expect(topic.current).toMatchObject({ state: { value: 3 } });
    expect(await until(topic, ({ pending }) => pending === 0)).toMatchObject({ offset: 1, state: { value: 3 } });
  });

  test("of a topic that many others were asked for since is not forgotten while it waits", () => {
    const ann = connect({ url: "/trpc" }, "ann");
    const topic = ann.counter(home);
    const sent = topic.send.add({ by: 3 });
    for (let n = 0; n < 200; n += 1) ann.counter({ counterId: String(n) });
    expect(ann.counter(home)).toBe(topic);
    sent.catch(doNothing);
  });
});

describe("a query", () => {
  test("answers with its output", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    expect(await ann.counter.query.double({ of: 4 })).toEqual({ result: 8 });
  });

  test("pages through what a topic's state does not hold", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const room = ann.rooms({ roomId: "lobby" });
    for (const text of ["one", "two", "three"]) await room.send.post({ text });
    const newest = await ann.rooms.query.history({ roomId: "lobby", limit: 2 });
    expect(newest.items).toMatchObject([{ text: "three" }, { text: "two" }]);
    const rest = await ann.rooms.query.history({ roomId: "lobby", cursor: newest.nextCursor ?? 0 });
    expect(rest).toMatchObject({ items: [{ text: "one" }], nextCursor: null });
  });

  test("fails when no answer comes in time", async () => {
    await using ann = connect({ url: "http://localhost:2/trpc" }, "ann", { timeoutMs: 20 });
    await expect(ann.counter.query.double({ of: 4 })).rejects.toMatchObject({ name: "ShoalError", code: "TIMEOUT" });
  });

  test("can be given up", async () => {
    await using ann = connect({ url: "http://localhost:2/trpc" }, "ann");
    const asked = ann.counter.query.double({ of: 4 }, { signal: AbortSignal.abort(new Error("changed my mind")) });
    await expect(asked).rejects.toThrow("changed my mind");
  });

  test("throws what the server refuses it with", async () => {
    await using server = await startServer();
    await using ann = connect(server, null);
    await expect(ann.counter.query.double({ of: 4 })).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  });
});
