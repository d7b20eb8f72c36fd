import { ShoalError } from "@shoal/contract";
import { describe, expect, test } from "vitest";
import { connect } from "./support/connect.ts";
import { counter } from "./support/counter.ts";
import { stateAfter } from "./support/frames.ts";
import { startServer } from "./support/server.ts";
import { heard, until } from "./support/until.ts";

const watch = "realtime.counter.watch";
const home = { counterId: "home" };

function doNothing(): void {}

describe("a topic", () => {
  test("converges with the topic of another client, both of which send at the same time", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    await using bob = connect(server, "bob");
    const [one, other] = [ann.counter(home), bob.counter(home)];
    const sends = [1, 2, 3, 4, 5].flatMap((by) => [one.send.add({ by }), other.send.addQuietly({ by: by * 10 })]);
    const settled = (topic: typeof one) =>
      until(topic, ({ status, offset, pending }) => status === "live" && offset === 10 && pending === 0);
    const [left, right] = await Promise.all([settled(one), settled(other), ...sends]);
    expect(left.state).toEqual(right.state);
    expect(left.state).toMatchObject({ value: 165 });
  });

  test("is connecting and has no state until the first snapshot, and is then live", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const topic = ann.counter(home);
    expect(topic.current).toMatchObject({ status: "connecting", state: undefined, offset: undefined });
    const live = await until(topic, ({ status }) => status === "live");
    expect(live).toEqual({
      status: "live",
      stale: false,
      state: { value: 0, history: [] },
      offset: 0,
      error: undefined,
      members: [],
      pending: 0,
    });
  });

  test("keeps the reference of what it shows until that changes, and tells its listeners once for each change", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const topic = ann.counter(home);
    await until(topic, ({ status }) => status === "live");
    const seen: unknown[] = [];
    topic.subscribe(() => seen.push(topic.current));
    expect(topic.current).toBe(topic.current);
    await topic.send.add({ by: 1 });
    await until(topic, ({ offset, pending }) => offset === 1 && pending === 0);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toHaveLength(2);
  });

  test("goes on where it was after a cut, with each missed event once and in order", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    await using bob = connect(server, "bob");
    const topic = ann.counter(home);
    topic.subscribe(doNothing);
    await bob.counter(home).send.add({ by: 1 });
    await until(topic, ({ offset }) => offset === 1);
    ann.network.online = false;
    server.cut();
    const bobKnows = until(bob.connection, ({ status }) => status === "reconnecting");
    const behind = await until(topic, ({ status }) => status === "reconnecting");
    await bobKnows;
    expect(behind.state).toEqual({ value: 1, history: [1] });
    for (const by of [2, 3, 4]) await bob.counter(home).send.add({ by });
    ann.network.online = true;
    const again = await until(topic, ({ status }) => status === "live");
    expect(again).toMatchObject({ offset: 4, state: { value: 10, history: [1, 2, 3, 4] } });
    expect(ann.network.frames.current.filter((kind) => kind === "snapshot")).toHaveLength(1);
    expect(ann.network.frames.current).toContain("resumed");
  });

  test("asks for a snapshot when a frame is missing, and never shows a state with a hole", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    await using bob = connect(server, "bob");
    const topic = ann.counter(home);
    const shown: unknown[] = [];
    topic.subscribe(() => shown.push(topic.current.state?.history));
    await until(topic, ({ status }) => status === "live");
    let lost = 0;
    ann.network.lose = ({ kind }) => kind === "events" && lost++ === 0;
    await bob.counter(home).send.add({ by: 1 });
    await bob.counter(home).send.add({ by: 2 });
    await until(topic, ({ offset }) => offset === 2);
    expect(shown).not.toContainEqual([2]);
    expect(ann.network.inputs(watch).map((input) => "lastEventId" in input)).toEqual([false, false]);
    expect(ann.network.frames.current.filter((kind) => kind === "snapshot")).toHaveLength(2);
  });

  test("starts over by a snapshot when the server has lost everything", async () => {
    const first = await startServer();
    await using ann = connect(first, "ann");
    const topic = ann.counter(home);
    topic.subscribe(doNothing);
    await topic.send.add({ by: 1 });
    await until(topic, ({ offset }) => offset === 1);
    await first.close();
    await until(topic, ({ status }) => status === "reconnecting");
    await using second = await startServer({ port: first.port });
    expect(await until(topic, ({ status }) => status === "live")).toMatchObject({ offset: 0, state: { value: 0 } });
    expect(second.port).toBe(first.port);
  });

  test("is one for the same params, whatever their order, and has one watch for all who use it", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const topic = ann.counter({ counterId: "home", page: 1 });
    expect(ann.counter({ page: 1, counterId: "home" })).toBe(topic);
    expect(ann.topic(counter, { page: 1, counterId: "home" })).toBe(topic);
    expect(ann.counter({ counterId: "home", page: 2 })).not.toBe(topic);
    topic.subscribe(doNothing);
    topic.subscribe(doNothing)();
    await until(topic, ({ status }) => status === "live");
    expect(ann.network.inputs(watch)).toHaveLength(1);
  });

  test("is no longer watched after its last subscriber has left, and then goes on from its position", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann", { keepAlive: 0 });
    const topic = ann.counter(home);
    const leave = topic.subscribe(doNothing);
    await topic.send.add({ by: 1 });
    await until(topic, ({ offset }) => offset === 1);
    leave();
    await expect.poll(() => topic.current.status, { timeout: 4_000 }).toBe("reconnecting");
    await topic.send.add({ by: 2 });
    expect(topic.current).toMatchObject({ offset: 1, pending: 0, state: { value: 1 } });
    expect(await until(topic, ({ status }) => status === "live")).toMatchObject({ offset: 2, state: { value: 3 } });
    expect(ann.network.inputs(watch)).toEqual([
      { ...home, version: 1 },
      { ...home, version: 1, lastEventId: expect.any(String) },
    ]);
  });

  test("carries broadcasts to those who listen, with who sent them", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    await using bob = connect(server, "bob");
    const topic = ann.counter(home);
    const cheered = heard(topic.onBroadcast, ({ name }) => name === "cheer");
    await until(topic, ({ status }) => status === "live");
    await bob.counter(home).broadcast.cheer({ emoji: "🎉" });
    expect(await cheered).toMatchObject({ data: { emoji: "🎉" }, from: { id: "bob", name: "BOB" } });
  });

  test("fails with the server's reason when it may not be watched, and can be tried again", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const topic = ann.counter({ counterId: "secret" });
    const { error } = await until(topic, ({ status }) => status === "failed");
    expect(error).toMatchObject({ name: "ShoalError", code: "FORBIDDEN" });
    topic.subscribe(doNothing);
    topic.retry();
    expect(topic.current.status).toBe("connecting");
    await until(topic, ({ status }) => status === "failed");
    expect(ann.network.inputs(watch)).toHaveLength(2);
  });

  test("is watched again when the server says so, where it was asked for too often", async () => {
    const askedAt: number[] = [];
    await using server = await startServer({
      onAsked(action) {
        if (action === "watch" && askedAt.push(performance.now()) < 3)
          throw new ShoalError("TOO_MANY_REQUESTS", "Not so often.", { retryAfterMs: 700 });
      },
    });
    await using ann = connect(server, "ann");
    const topic = ann.counter(home);
    topic.subscribe(doNothing);
    await until(topic, ({ error }) => error?.code === "TOO_MANY_REQUESTS");
    // It belongs to the next one, and does not hurry it.
    topic.presence.set({ typing: true });
    await until(topic, ({ members }) => members.length === 1);
    const pauses = askedAt.slice(1).map((at, index) => at - (askedAt[index] ?? 0));
    expect(Math.min(...pauses)).toBeGreaterThan(695);
  });

  test("stays the topic of its params when the object that had them is used for another one", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const params = { counterId: "home" };
    const topic = ann.counter(params);
    params.counterId = "attic";
    await until(topic, ({ status }) => status === "live");
    expect(ann.network.inputs(watch)).toMatchObject([home]);
    expect(ann.counter(home)).toBe(topic);
  });

  test("fails when its params are none", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const topic = ann.rooms({ roomId: "not a room!" });
    expect(await until(topic, ({ status }) => status === "failed")).toMatchObject({ error: { code: "BAD_REQUEST" } });
  });

  test("fails when its contract cannot apply what the server sends", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const old = ann.topic({ ...counter, apply: { ...counter.apply, added: undefined as never } }, home);
    old.subscribe(doNothing);
    await until(old, ({ status }) => status === "live");
    await old.send.addQuietly({ by: 1 });
    const { error, state } = await until(old, ({ status }) => status === "failed");
    expect(error).toMatchObject({
      code: "INTERNAL_SERVER_ERROR",
      cause: { message: expect.stringContaining('"added"') },
    });
    expect(state).toEqual({ value: 0, history: [] });
  });

  test("is forgotten once a hundred others have been asked for since, unless it is in use", () => {
    const ann = connect({ url: "/trpc" }, "ann");
    const ask = (from: number, to: number) => {
      for (let n = from; n < to; n += 1) ann.counter({ counterId: String(n) });
    };
    const [used, unused] = [ann.counter({ counterId: "used" }), ann.counter({ counterId: "unused" })];
    for (const topic of [used, unused]) topic.hydrate({ state: stateAfter([]), offset: 0, position: "x:0:all" });
    const leave = used.subscribe(doNothing);
    ask(0, 99);
    expect(ann.counter({ counterId: "unused" })).toBe(unused);
    ask(99, 200);
    expect(ann.counter({ counterId: "unused" })).not.toBe(unused);
    expect(unused.current.state).toBeUndefined();
    expect(ann.counter({ counterId: "used" })).toBe(used);
    expect(used.current.state).toEqual(stateAfter([]));
    leave();
  });
});
