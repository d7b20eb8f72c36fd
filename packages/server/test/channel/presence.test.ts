import { createMemoryStore } from "@shoal/server";
import { describe, expect, test } from "vitest";
import { type App, createApp, startApp } from "../support/app.ts";
import { connectBySocket, follow } from "../support/connect.ts";
import { varied } from "../support/nodes.ts";
import { Reader, type Received, readAll } from "../support/reader.ts";
import { eventually, turn } from "../support/recorder.ts";

const home = { counterId: "home" };
const idle = { typing: false };
const typing = { typing: true };

const tab = (clientId: string, presence = idle) => ({ ...home, presence, clientId });
const client = (state = idle) => ({ id: expect.any(String), state });
const ann = (...clients: unknown[]) => ({ id: "ann", name: "ANN", clients });

/** Somebody who only looks on, and the presence frames that they get after the opening. */
async function lookOn(app: App) {
  const { frames, end } = readAll(await app.as("onlooker").counter.watch(home));
  await frames.count(2);
  const changes = () => frames.items.slice(2).map(({ frame }) => frame);
  return { frames, changes, end };
}

/** A watch that was opened and is read no further. */
async function open(app: App, who: string | null, input: ReturnType<typeof tab>) {
  const reader = new Reader(await app.as(who).counter.watch(input));
  await reader.take(2);
  return reader;
}

const isPresence = ({ frame }: Received) => frame.kind === "presence";

describe("Who is here", () => {
  test("is told to who comes, without those who only look on", async () => {
    await using app = createApp();
    await lookOn(app);
    await open(app, "ann", tab("tab"));
    const reader = new Reader(await app.as("ben").counter.watch(home));
    expect((await reader.take(2))[1]).toEqual({ kind: "presence", full: [ann(client())] });
  });

  test("is one member for each user, with the state of each client", async () => {
    await using app = createApp();
    const onlooker = await lookOn(app);
    await open(app, "ann", tab("tab-1"));
    await onlooker.frames.count(3);
    const second = await open(app, "ann", tab("tab-2", typing));
    await onlooker.frames.count(4);
    await second.end();
    await onlooker.frames.count(5);
    expect(onlooker.changes()).toEqual([
      { kind: "presence", joined: [ann(client())] },
      { kind: "presence", updated: [ann(client(), client(typing))] },
      { kind: "presence", updated: [ann(client())] },
    ]);
  });

  test("is here with 50 clients and no more, until one of them has gone", async () => {
    await using app = createApp();
    const tabs = await Promise.all(Array.from({ length: 50 }, (_, index) => open(app, "ann", tab(`tab-${index}`))));
    const again = () => open(app, "ann", tab("one more"));
    await expect(again()).rejects.toMatchObject({ code: "TOO_MANY_REQUESTS" });
    await open(app, "ann", tab("tab-0"));
    await open(app, "ben", tab("tab"));
    await tabs[1]?.end();
    await again();
  });

  test("is one client for each clientId, however often it watches, and with its last state", async () => {
    await using app = createApp();
    const onlooker = await lookOn(app);
    const first = await open(app, "ann", tab("tab"));
    const second = await open(app, "ann", tab("tab", typing));
    const reader = new Reader(await app.as("ben").counter.watch(home));
    expect((await reader.take(2))[1]).toEqual({ kind: "presence", full: [ann(client(typing))] });
    await first.end();
    await turn();
    await second.end();
    const last = await onlooker.frames.first(({ frame }) => frame.kind === "presence" && frame.left !== undefined);
    expect(last.frame).toEqual({ kind: "presence", left: ["ann"] });
    expect(onlooker.changes().filter((frame) => frame.kind === "presence" && frame.left)).toHaveLength(1);
  });

  test("is shown by an id that is not the clientId, so that nobody else can speak for the client", async () => {
    await using app = createApp();
    const onlooker = await lookOn(app);
    await open(app, "ann", tab("a-secret-of-ann"));
    await onlooker.frames.count(3);
    expect(JSON.stringify(onlooker.changes())).not.toContain("a-secret-of-ann");
  });

  test("is shown with what the schema leaves of a state", async () => {
    await using app = createApp();
    await open(app, "ann", tab("tab", { ...typing, password: "hunter2" } as typeof typing));
    const reader = new Reader(await app.as("ben").counter.watch(home));
    expect((await reader.take(2))[1]).toEqual({ kind: "presence", full: [ann(client(typing))] });
  });

  test("may be somebody who is not signed in: each client for itself, and without a name", async () => {
    await using app = createApp({ authorize: () => true });
    await open(app, null, tab("tab-1"));
    await open(app, null, tab("tab-2"));
    const reader = new Reader(await app.as("ben").counter.watch(home));
    const [, presence] = await reader.take(2);
    const anonymous = { id: expect.stringMatching(/^anonymous-/), clients: [client()] };
    expect(presence).toEqual({ kind: "presence", full: [anonymous, anonymous] });
  });

  test("changes with what a client says of itself, and only as long as it is here", async () => {
    await using app = createApp();
    const onlooker = await lookOn(app);
    const reader = await open(app, "ann", tab("tab"));
    await onlooker.frames.count(3);
    await app.as("ann").counter.presence({ ...home, clientId: "tab", state: typing });
    await onlooker.frames.count(4);
    expect(onlooker.changes()[1]).toEqual({ kind: "presence", updated: [ann(client(typing))] });
    await reader.end();
    const late = app.as("ann").counter.presence({ ...home, clientId: "tab", state: idle });
    await expect(late).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("What changes in one turn of the event loop", () => {
  test("leaves as one frame", async () => {
    await using app = createApp();
    const onlooker = await lookOn(app);
    const watches = await Promise.all(["ann", "ben", "cid"].map((who) => app.as(who).counter.watch(tab(`of-${who}`))));
    const readers = watches.map((watch) => new Reader(watch));
    await Promise.all(readers.map((reader) => reader.take(1)));
    await onlooker.frames.count(3);
    const say = (state: typeof idle) => app.as("ann").counter.presence({ ...home, clientId: "of-ann", state });
    await Promise.all([say(typing), say(idle), say(typing), readers[2]?.end()]);
    await onlooker.frames.count(4);
    await turn();
    expect(onlooker.changes()).toEqual([
      { kind: "presence", joined: ["ann", "ben", "cid"].map((id) => expect.objectContaining({ id })) },
      { kind: "presence", updated: [ann(client(typing))], left: ["cid"] },
    ]);
  });

  test("leaves nobody behind who came and went in it", async () => {
    await using app = createApp();
    const passing = new Reader(await app.as("ann").counter.watch(tab("tab")));
    const watch = await app.as("ben").counter.watch(home);
    // The microtasks of one turn: ann is here, ben is told so, ann is gone.
    const told = passing.ask().then(() => new Reader(watch));
    const reader = await told;
    const [, full] = await reader.take(2);
    await passing.end();
    expect(full).toMatchObject({ full: [{ id: "ann" }] });
    expect(await reader.take(1)).toMatchObject([{ kind: "presence", left: ["ann"] }]);
  });
});

describe("A tab that loses its connection", () => {
  test("is gone when its watch ends", async () => {
    await using app = createApp();
    const onlooker = await lookOn(app);
    const reader = await open(app, "ann", tab("tab"));
    await onlooker.frames.count(3);
    await reader.end();
    await onlooker.frames.count(4);
    expect(onlooker.changes()[1]).toEqual({ kind: "presence", left: ["ann"] });
  });

  test("is gone when its socket is cut", async () => {
    await using app = await startApp();
    const onlooker = await lookOn(app);
    await using socket = connectBySocket(app, "ann");
    const { frames, stop } = follow(socket.trpc.counter.watch, tab("tab"));
    await frames.count(2);
    await onlooker.frames.first(({ frame }) => frame.kind === "presence" && frame.joined !== undefined);
    stop();
    app.cut();
    await onlooker.frames.first(({ frame }) => frame.kind === "presence" && frame.left !== undefined);
  });

  test("and comes back before that is noticed was never away", async () => {
    await using app = createApp();
    const onlooker = await lookOn(app);
    const dead = await open(app, "ann", tab("tab"));
    await onlooker.frames.count(3);
    const alive = await open(app, "ann", tab("tab"));
    await turn();
    await dead.end();
    await turn();
    await app.as("ann").counter.presence({ ...home, clientId: "tab", state: typing });
    await onlooker.frames.first(({ frame }) => JSON.stringify(frame).includes("true"));
    const changes = onlooker.frames.items.slice(3).filter(isPresence);
    for (const { frame } of changes)
      expect(frame).toEqual({ kind: "presence", updated: [ann(client(expect.anything()))] });
    await alive.end();
  });

  test("and comes back in the turn in which that is noticed was never away", async () => {
    await using app = createApp();
    const onlooker = await lookOn(app);
    const dead = await open(app, "ann", tab("tab"));
    await onlooker.frames.count(3);
    const watch = await app.as("ann").counter.watch(tab("tab"));
    await Promise.all([dead.end(), new Reader(watch).take(2)]);
    await turn();
    for (const frame of onlooker.changes().slice(1))
      expect(frame).toEqual({ kind: "presence", updated: [ann(client())] });
  });

  test("and cannot come back since the store fails is not taken for one who is here", async () => {
    const failing = { now: false };
    const memory = createMemoryStore();
    const read = async (...args: Parameters<typeof memory.read>) => {
      if (failing.now) throw new Error("the disk is gone");
      return await memory.read(...args);
    };
    await using app = createApp({ ring: 0, store: varied(memory, { read }) });
    const first = await new Reader(await app.as("ann").counter.watch(home)).next();
    await app.as("ann").counter.add({ ...home, by: 1 });
    failing.now = true;
    const lastEventId = `${first?.position.epoch}:0:all`;
    const coming = new Reader(await app.as("ann").counter.watch({ ...tab("tab"), lastEventId }));
    await expect(coming.next()).rejects.toMatchObject({ code: "INTERNAL_SERVER_ERROR" });
    await coming.end();
    failing.now = false;
    const members = async () => {
      const reader = new Reader(await app.as("ben").counter.watch(home));
      const [, presence] = await reader.take(2);
      await reader.end();
      return presence?.kind === "presence" ? presence.full : undefined;
    };
    await eventually(async () => (await members())?.length === 0, "nobody is here");
  });
});
