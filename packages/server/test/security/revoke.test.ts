import { attach, createMemoryStore, type FrameSink, system, type Watch } from "@shoal/server";
import { describe, expect, test } from "vitest";
import { varied } from "../support/nodes.ts";
import { eventually, Recorder, turn } from "../support/recorder.ts";
import { board, createBoard, startBoard } from "./support/board-app.ts";
import { watching } from "./support/watching.ts";

const home = { boardId: "home" };
const attic = { boardId: "attic" };
const ann = { id: "ann" };
const ben = { id: "ben" };
const forbidden = { data: { code: "FORBIDDEN" } };

describe("realtime.revoke", () => {
  test("ends everything of a user before it is through, and closes their connections", async () => {
    await using app = await startBoard();
    app.sessions.set("ann", { user: ann }).set("ben", { user: ben });
    await using first = await app.open("ann");
    await using second = await app.open("ann");
    await using bystander = await app.open("ben");
    for (const socket of [first, second, bystander]) {
      socket.watch(1, "home");
      await socket.frame(1, "snapshot");
    }
    await app.realtime.revoke({ userId: "ann" });
    await app.as(ben).say({ ...home, line: "ann must not hear this" });
    await bystander.texts.first((text) => text.includes("ann must not hear this"));
    for (const socket of [first, second]) {
      expect(await socket.closed.count(1)).toEqual([4003]);
      expect(await socket.error(1)).toMatchObject(forbidden);
      expect(socket.texts.items.join()).not.toContain("must not hear");
    }
    expect(bystander.closed.items).toEqual([]);
  });

  test("of a channel, or of a topic, leaves the connection open and the rest as it is", async () => {
    await using app = await startBoard();
    app.sessions.set("ann", { user: ann });
    await using socket = await app.open("ann");
    socket.watch(1, "home");
    socket.watch(2, "attic");
    for (const id of [1, 2]) await socket.frame(id, "snapshot");
    await app.realtime.revoke({ userId: "ann", channel: board, params: home });
    expect(await socket.error(1)).toMatchObject(forbidden);
    await app.as(ben).say({ ...attic, line: "hello" });
    await socket.frame(2, "events");
    await app.realtime.revoke({ userId: "ann", channel: board });
    expect(await socket.error(2)).toMatchObject(forbidden);
    socket.askToken(3);
    expect(await socket.answer(3)).toContain("ann");
    socket.watch(4, "home");
    await socket.frame(4, "snapshot");
  });

  test("concerns the user of a tenant, and no other one of that name", async () => {
    await using app = await startBoard();
    const ofAcme = { ...ann, tenant: "acme" };
    app.sessions.set("ann", { user: ann }).set("acme", { user: ofAcme });
    await using plain = await app.open("ann");
    await using acme = await app.open("acme");
    for (const socket of [plain, acme]) {
      socket.watch(1, "home");
      await socket.frame(1, "snapshot");
    }
    await app.realtime.revoke({ userId: "ann", tenant: "acme" });
    expect(await acme.closed.count(1)).toEqual([4003]);
    await app.as(ann).say({ ...home, line: "hello" });
    await plain.frame(1, "events");
    await app.realtime.revoke({ userId: "ann" });
    expect(await plain.closed.count(1)).toEqual([4003]);
  });

  test("ends what is iterated and what the server subscribed to for the user, and not what the system did", async () => {
    await using app = createBoard();
    const watch = watching(app, ann, home);
    await watch.frames.count(2);
    const topic = app.realtime.topic(board, home);
    const [subscribed, ofSystem] = [topic.as(ann), topic.as(system)].map((one) =>
      one.subscribe()[Symbol.asyncIterator](),
    );
    for (const one of [subscribed, ofSystem]) await one?.next();
    const ended = watch.errors.count(1);
    await app.realtime.revoke({ userId: "ann" });
    expect(await ended).toMatchObject([{ code: "FORBIDDEN" }]);
    await expect(subscribed?.next()).rejects.toMatchObject({ code: "FORBIDDEN" });
    await app.as(ben).say({ ...home, line: "hello" });
    while ((await ofSystem?.next())?.value?.frame.kind !== "events");
    await ofSystem?.return?.();
  });

  test("lets no member of a topic stay there", async () => {
    await using app = await startBoard();
    app.sessions.set("ann", { user: ann }).set("ben", { user: ben });
    await using left = await app.open("ann");
    await using stays = await app.open("ben");
    for (const socket of [left, stays]) {
      socket.watch(1, "home", { presence: {}, clientId: "tab" });
      await socket.texts.first((text) => text.includes('"joined"') || text.includes('"updated"'));
    }
    await app.realtime.revoke({ userId: "ann", channel: board });
    await stays.texts.first((text) => text.includes('"left":["ann"]'));
  });

  test("is once: whether the user may come back is for `authorize` to say", async () => {
    let isBanned = false;
    let looks = 0;
    const store = createMemoryStore();
    await using app = await startBoard({
      lookMs: 10,
      store: varied(store, {
        look(...given: Parameters<typeof store.look>) {
          looks += 1;
          return store.look(...given);
        },
      }),
      authorize: ({ user }) => !isBanned || user?.id !== "ann",
    });
    app.sessions.set("ann", { user: ann });
    await using socket = await app.open("ann");
    socket.watch(1, "home");
    await socket.frame(1, "snapshot");
    await app.realtime.revoke({ userId: "ann", channel: board });
    await socket.error(1);
    socket.watch(2, "home");
    await socket.frame(2, "snapshot");
    // The node finds what it wrote itself, and passes over it.
    const before = looks;
    await eventually(() => looks > before + 2, "the node has looked");
    await app.as(ben).say({ ...home, line: "hello" });
    await socket.frame(2, "events");
    isBanned = true;
    await app.realtime.revoke({ userId: "ann", channel: board });
    await socket.error(2);
    socket.watch(3, "home");
    expect(await socket.error(3)).toMatchObject(forbidden);
  });

  test("is refused when it makes no sense, and when the channel is not served here", async () => {
    await using app = createBoard();
    const refused = (who: object, code: string) =>
      expect(app.realtime.revoke(who as never)).rejects.toMatchObject({ code });
    await refused({}, "BAD_REQUEST");
    await refused({ userId: "" }, "BAD_REQUEST");
    await refused({ userId: 5 }, "BAD_REQUEST");
    await refused({ userId: "ann", tenant: 5 }, "BAD_REQUEST");
    await refused({ userId: "ann", params: home }, "BAD_REQUEST");
    await refused({ userId: "ann", channel: board, params: { boardId: 5 } }, "BAD_REQUEST");
    await refused({ userId: "ann", channel: { name: "nowhere" } }, "NOT_FOUND");
  });

  test("has happened here even when other nodes cannot be told, which it says", async () => {
    const store = createMemoryStore();
    let isAway = true;
    await using app = createBoard({
      store: varied(store, {
        async revoke(...given: Parameters<typeof store.revoke>) {
          if (isAway) throw new Error("the store is away");
          await store.revoke(...given);
        },
      }),
    });
    const watch = watching(app, ann, home);
    await watch.frames.count(1);
    await expect(app.realtime.revoke({ userId: "ann" })).rejects.toThrow("the store is away");
    expect(await watch.errors.count(1)).toMatchObject([{ code: "FORBIDDEN" }]);
    isAway = false;
    await app.realtime.revoke({ userId: "ann" });
  });
});

describe("After a revocation nothing is handed on", () => {
  test("of what was pushed in the same turn and not yet written", async () => {
    await using app = await startBoard();
    app.sessions.set("ann", { user: ann }).set("ben", { user: ben });
    await using socket = await app.open("ann");
    await using bystander = await app.open("ben");
    for (const one of [socket, bystander]) {
      one.watch(1, "home");
      one.watch(2, "attic");
      await one.frame(1, "snapshot");
      await one.frame(2, "snapshot");
    }
    // The frames of both topics are in the sockets' batches when the command is answered here, and leave with the end of the turn.
    await Promise.all([app.as(ben).say({ ...home, line: "secret" }), app.as(ben).say({ ...attic, line: "public" })]);
    await app.realtime.revoke({ userId: "ann", channel: board, params: home });
    await socket.texts.first((text) => text.includes("public"));
    await bystander.texts.first((text) => text.includes("secret"));
    await socket.error(1);
    expect(socket.texts.items.join()).not.toContain("secret");
  });

  test("of what waits for a client that does not read", async () => {
    const long = "x".repeat(50_000);
    await using app = await startBoard({ limits: { maxBufferedBytes: 100_000 } });
    app.sessions.set("ann", { user: ann });
    await using socket = await app.open("ann");
    socket.watch(1, "home");
    await socket.frame(1, "snapshot");
    socket.pause();
    const [onServer] = app.handle.sockets;
    for (let line = 0; (onServer?.bufferedAmount ?? 0) < 100_000; line += 1) {
      await app.as(ben).say({ ...home, line: `${line} ${long}` });
      await turn();
    }
    for (let line = 0; line < 5; line += 1) await app.as(ben).say({ ...home, line: "secret" });
    await app.realtime.revoke({ userId: "ann", channel: board });
    socket.resume();
    expect(await socket.error(1)).toMatchObject(forbidden);
    expect(socket.texts.items.join()).not.toContain("secret");
  });

  test("by an answer that was kept, or was asked for before", async () => {
    let isBanned = false;
    const gate = Promise.withResolvers<boolean>();
    let isSlow = false;
    await using app = createBoard({
      async authorize() {
        const answer = !isBanned;
        if (isSlow) await gate.promise;
        return answer;
      },
    });
    const first = watching(app, ann, home);
    const [{ id } = { id: "" }] = await first.frames.count(1);
    first.stop();
    isSlow = true;
    const asking = watching(app, ann, attic);
    await app.asked.first(({ params }) => params.boardId === "attic");
    isBanned = true;
    await app.realtime.revoke({ userId: "ann" });
    isSlow = false;
    gate.resolve(true);
    expect(await asking.errors.count(1)).toMatchObject([{ code: "FORBIDDEN" }]);
    expect(asking.frames.items).toEqual([]);
    const back = watching(app, ann, { ...home, lastEventId: id } as typeof home);
    expect(await back.errors.count(1)).toMatchObject([{ code: "FORBIDDEN" }]);
  });

  test("to a watch that was let in and has not begun, unless it may", async () => {
    let isBanned = false;
    await using app = createBoard({ authorize: () => !isBanned });
    const begin = async () => (await app.as(ann).watch(home)) as unknown as Watch;
    const [refused, admitted] = [await begin(), await begin()];
    await app.realtime.revoke({ userId: "ann" });
    const frames = new Recorder<unknown>();
    const sink: FrameSink = { push: ({ frame }) => frames.push(frame), fail: () => {} };
    await admitted[attach](sink);
    isBanned = true;
    await app.realtime.revoke({ userId: "ann" });
    const count = frames.items.length;
    await expect(refused[attach](sink)).rejects.toMatchObject({ code: "FORBIDDEN" });
    expect(frames.items).toHaveLength(count);
  });

  test("to a watch that is about to begin", async () => {
    const store = createMemoryStore();
    const gate = Promise.withResolvers<void>();
    const reading = new Recorder<true>();
    await using app = createBoard({
      ring: 1,
      store: varied(store, {
        async read(...given: Parameters<typeof store.read>) {
          reading.push(true);
          await gate.promise;
          return await store.read(...given);
        },
      }),
    });
    const first = watching(app, ann, home);
    const [{ id } = { id: "" }] = await first.frames.count(1);
    first.stop();
    for (const line of ["one", "two", "three"]) await app.as(ben).say({ ...home, line });
    const told = new Recorder<string>();
    const sink: FrameSink = { push: ({ frame }) => told.push(frame.kind), fail: ({ code }) => told.push(code) };
    const watch = (await app.as(ann).watch({ ...home, lastEventId: id })) as unknown as Watch;
    const attaching = watch[attach](sink);
    attaching.catch(() => {});
    await reading.count(1);
    await app.realtime.revoke({ userId: "ann" });
    gate.resolve();
    await expect(attaching).rejects.toMatchObject({ code: "FORBIDDEN" });
    expect(told.items).toEqual(["FORBIDDEN"]);
  });

  test("on a connection that was being made: it is closed with 4001, and may come again", async () => {
    const gate = Promise.withResolvers<void>();
    await using app = await startBoard({ beforeContext: () => gate.promise });
    app.sessions.set("ann", { user: ann });
    await using socket = await app.open("ann");
    socket.watch(1, "home");
    await eventually(() => app.handle.sockets.size === 1, "it is connected");
    await turn();
    await app.realtime.revoke({ userId: "ann" });
    gate.resolve();
    expect(await socket.closed.count(1)).toEqual([4001]);
    expect(socket.frames(1)).toEqual([]);
    await using again = await app.open("ann");
    again.watch(1, "home");
    await again.frame(1, "snapshot");
  });

  test("though a sink cannot even be told", async () => {
    await using app = createBoard();
    const watch = (await app.as(ann).watch(home)) as unknown as Watch;
    const frames = new Recorder<unknown>();
    await watch[attach]({
      push: ({ frame }) => frames.push(frame),
      fail() {
        throw new Error("this sink is broken");
      },
    });
    const second = watching(app, ann, home);
    await second.frames.count(1);
    const before = frames.items.length;
    await app.realtime.revoke({ userId: "ann" });
    await second.errors.count(1);
    await app.as(ben).say({ ...home, line: "hello" });
    expect(frames.items).toHaveLength(before);
    expect(app.logged.items).toContainEqual(expect.objectContaining({ level: "error" }));
  });
});
