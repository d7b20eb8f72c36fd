import { ShoalError } from "@shoal/contract";
import { createMemoryStore, system } from "@shoal/server";
import { describe, expect, test } from "vitest";
import { varied } from "../support/nodes.ts";
import { eventually, inTime, Recorder, turn } from "../support/recorder.ts";
import { type BoardApp, type BoardOptions, board, createBoard, type Person, startBoard } from "./support/board-app.ts";
import { watching } from "./support/watching.ts";

const home = { boardId: "home" };
const ann = { id: "ann" };
const often = 200;

const watch = (app: BoardApp, user: Person | null, input: object = {}) => watching(app, user, { ...home, ...input });

describe("It is asked whether a user may watch", () => {
  test("once for all who ask at the same time, and for each topic and each other user by itself", async () => {
    const gate = Promise.withResolvers<boolean>();
    await using app = createBoard({ authorize: () => gate.promise });
    const watches = [
      ...[1, 2, 3].map(() => watch(app, ann)),
      watch(app, { ...ann, role: "staff" }),
      watch(app, { ...ann, tenant: "acme" }),
      watch(app, { id: "ben" }),
      watch(app, ann, { boardId: "attic" }),
      ...[1, 2].map(() => watch(app, null)),
    ];
    await app.asked.count(7);
    await turn();
    expect(app.asked.items).toHaveLength(7);
    gate.resolve(true);
    await Promise.all(watches.map(({ frames }) => frames.count(1)));
    expect(app.asked.items).toHaveLength(7);
  });

  test("each time without a position, and by an answer of not long ago with one", async () => {
    await using app = createBoard();
    const first = watch(app, ann);
    const [{ id } = { id: "" }] = await first.frames.count(1);
    await watch(app, ann).frames.count(1);
    expect(app.askedAbout()).toEqual(["ann", "ann"]);
    first.stop();
    await watch(app, ann, { ...home, lastEventId: id }).frames.count(1);
    expect(app.askedAbout()).toEqual(["ann", "ann"]);
  });

  test("with a position that is not of the topic, and with one after a while", async () => {
    await using app = createBoard({ authorizeMs: often });
    const first = watch(app, ann);
    const [{ id } = { id: "" }] = await first.frames.count(1);
    const [epoch, , audience] = id.split(":");
    for (const lastEventId of [`${epoch}:7:${audience}`, `AAAAAAAAAAAAAAAA:0:${audience}`]) {
      await watch(app, ann, { ...home, lastEventId }).frames.count(1);
    }
    expect(app.askedAbout()).toHaveLength(3);
    first.stop();
    await eventually(async () => {
      const before = app.asked.items.length;
      const again = watch(app, ann, { ...home, lastEventId: id });
      await again.frames.count(1);
      again.stop();
      await turn();
      return app.asked.items.length > before;
    }, "it is asked again");
  });

  test("anew while it is being asked of an older state", async () => {
    const gates = [Promise.withResolvers<boolean>(), Promise.withResolvers<boolean>()];
    await using app = createBoard({
      authorize: ({ action, state }) => (action === "watch" ? (gates[state.lines.length]?.promise ?? true) : true),
    });
    const first = watch(app, ann);
    await app.asked.count(1);
    await app.as({ id: "ben" }).say({ ...home, line: "ann is banned" });
    const second = watch(app, ann);
    await app.asked.first(({ action, state }) => action === "watch" && state.lines.length === 1);
    gates[1]?.resolve(false);
    expect(await second.errors.count(1)).toMatchObject([{ code: "FORBIDDEN" }]);
    gates[0]?.resolve(true);
    await first.frames.count(1);
  });

  test("for nobody together whose users are no plain data, since they may differ where nobody sees it", async () => {
    await using app = createBoard();
    const rights = (...names: string[]) => ({ ...ann, rights: new Set(names) });
    await Promise.all([watch(app, rights("all")).frames.count(1), watch(app, rights()).frames.count(1)]);
    expect(app.askedAbout()).toEqual(["ann", "ann"]);
  });

  test("in vain where it never answers: it fails as retryable, and the next one asks anew", {
    timeout: 20_000,
  }, async () => {
    let answers = false;
    await using app = createBoard({ authorize: () => answers || new Promise(() => {}) });
    const stuck = watch(app, ann);
    await eventually(() => stuck.errors.items.length === 1, "it was given up", 15_000);
    expect(stuck.errors.items).toMatchObject([{ code: "TIMEOUT" }]);
    answers = true;
    await watch(app, ann).frames.count(1);
  });
});

describe("While watches run, it is asked again", () => {
  test("with the state as it is then, and a no ends all of the user's watches of the topic", async () => {
    await using app = createBoard({
      authorizeMs: often,
      authorize: ({ user, state, action }) =>
        action !== "watch" || !state.lines.includes(`${user?.id ?? "nobody"} out`),
    });
    const annas = [watch(app, ann), watch(app, ann)];
    const others = [watch(app, { id: "ben" }), watch(app, ann, { boardId: "attic" })];
    const stranger = watch(app, null);
    const subscribed = app.realtime.topic(board, home).as(ann).subscribe()[Symbol.asyncIterator]();
    const ofSystem = app.realtime.topic(board, home).as(system).subscribe()[Symbol.asyncIterator]();
    for (const frames of [subscribed, ofSystem]) await frames.next();
    for (const { frames } of [...annas, ...others, stranger]) await frames.count(1);
    await app.as(ann).say({ ...home, line: "ann out" });
    for (const { errors } of annas) expect(await errors.count(1)).toMatchObject([{ code: "FORBIDDEN" }]);
    await expect(async () => {
      for (;;) await subscribed.next();
    }).rejects.toMatchObject({ code: "FORBIDDEN" });
    await app.as(ann).say({ ...home, line: "nobody out" });
    expect(await stranger.errors.count(1)).toMatchObject([{ code: "UNAUTHORIZED" }]);
    for (const { errors } of others) expect(errors.items).toEqual([]);
    while ((await ofSystem.next()).value?.frame.kind !== "events");
    await ofSystem.return?.();
  });

  test("and an error that refuses is a no", async () => {
    let isOut = false;
    await using app = createBoard({
      authorizeMs: often,
      authorize() {
        if (isOut) throw new ShoalError("FORBIDDEN", "You were sent out.");
        return true;
      },
    });
    const { frames, errors } = watch(app, ann);
    await frames.count(1);
    isOut = true;
    expect(await errors.count(1)).toMatchObject([{ code: "FORBIDDEN", message: "You were sent out." }]);
    expect(app.logged.items.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("and a failure is logged once for all users, and forgiven when the next answer is yes", async () => {
    const users = Array.from({ length: 20 }, (_, index) => ({ id: `user-${index}` }));
    const failed = new Set<string | undefined>();
    let failing = false;
    await using app = createBoard({
      authorizeMs: often,
      authorize({ user }) {
        if (!failing || failed.has(user?.id)) return true;
        failed.add(user?.id);
        throw new Error("the database is away");
      },
    });
    const watches = users.map((user) => watch(app, user));
    for (const { frames } of watches) await frames.count(1);
    failing = true;
    await eventually(() => failed.size === users.length, "it failed for all");
    app.asked.items.length = 0;
    await app.asked.until((items) => new Set(items.map(({ user }) => user?.id)).size === users.length);
    await app.realtime.topic(board, home).as(system).send.say({ line: "hello" });
    for (const { frames } of watches) await frames.first(({ kind }) => kind === "events");
    const errors = app.logged.items.filter(({ level }) => level === "error");
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.length).toBeLessThan(users.length);
    expect(errors[0]).toMatchObject({ fields: { channel: "board" } });
  });

  test("and two failures in a row end the watch as retryable", async () => {
    let failing = false;
    await using app = createBoard({
      authorizeMs: often,
      async authorize() {
        if (failing) throw new Error("the database is away");
        return true;
      },
    });
    const { frames, errors } = watch(app, ann);
    await frames.count(1);
    const before = app.asked.items.length;
    failing = true;
    expect(await errors.count(1)).toMatchObject([{ code: "SERVICE_UNAVAILABLE" }]);
    expect(app.asked.items.length).toBeGreaterThanOrEqual(before + 2);
  });

  test("and never where the channel has no `authorize`, or nobody watches any more", async () => {
    await using app = createBoard({ authorizeMs: often });
    const first = watch(app, ann);
    await first.frames.count(1);
    await app.asked.count(3);
    first.stop();
    await first.ended;
    app.asked.items.length = 0;
    const other = watch(app, { id: "ben" });
    await eventually(() => app.asked.items.length >= 5, "it is asked about ben again and again");
    expect(app.askedAbout()).not.toContain("ann");
    other.stop();
  });

  test("once for each user in each round, however many tabs they have, spread over the time", {
    timeout: 60_000,
  }, async () => {
    const users = 1_000;
    const tabs = 10;
    const everyMs = 3_000;
    let underWay = 0;
    let most = 0;
    let rounds = false;
    await using app = createBoard({
      authorizeMs: everyMs,
      async authorize() {
        if (!rounds) return true;
        underWay += 1;
        most = Math.max(most, underWay);
        await turn();
        underWay -= 1;
        return true;
      },
    });
    const watches = Array.from({ length: users * tabs }, (_, index) => watch(app, { id: `user-${index % users}` }));
    for (const { frames } of watches) await inTime(frames.count(1), "the opening", 30_000);
    rounds = true;
    app.asked.items.length = 0;
    const begun = performance.now();
    const asked = () => new Set(app.askedAbout());
    await eventually(() => asked().size === users, "each user was asked about", 20_000);
    const passed = performance.now() - begun;
    // Each question once in that time, and some of them once more, since the first and the last one are not of one round.
    expect(app.asked.items.length).toBeLessThanOrEqual(users * (passed / everyMs + 1));
    expect(most).toBeLessThanOrEqual(64);
    const perUser = new Map<string | undefined, number>();
    for (const id of app.askedAbout()) perUser.set(id, (perUser.get(id) ?? 0) + 1);
    expect(Math.max(...perUser.values())).toBeLessThanOrEqual(Math.ceil(passed / everyMs) + 1);
    for (const { stop } of watches) stop();
  });

  test("no sooner than at least every 100 milliseconds", () => {
    for (const authorizeMs of [0, 99, -1, Number.NaN]) {
      const making = () => createBoard({ authorizeMs } as BoardOptions);
      expect(making).toThrow(expect.objectContaining({ code: "BAD_REQUEST" }));
    }
  });
});

describe("A no that comes while the store is slow", () => {
  test("ends the watch before anything of the topic was handed to it", async () => {
    const store = createMemoryStore();
    const gate = Promise.withResolvers<void>();
    const reading = new Recorder<true>();
    let isOut = false;
    await using app = createBoard({
      authorizeMs: often,
      ring: 1,
      store: varied(store, {
        async read(...given: Parameters<typeof store.read>) {
          reading.push(true);
          await gate.promise;
          return await store.read(...given);
        },
      }),
      authorize: ({ action }) => action !== "watch" || !isOut,
    });
    const first = watch(app, ann);
    const [{ id } = { id: "" }] = await first.frames.count(1);
    first.stop();
    for (const line of ["one", "two", "three"]) await app.as(ann).say({ ...home, line });
    const late = watch(app, ann, { ...home, lastEventId: id });
    await reading.count(1);
    isOut = true;
    const refused = app.asked.items.length;
    await app.asked.until((items) => items.slice(refused).some(({ action }) => action === "watch"));
    gate.resolve();
    expect(await late.errors.count(1)).toMatchObject([{ code: "FORBIDDEN" }]);
    expect(late.frames.items).toEqual([]);
  });
});

describe("Over a WebSocket", () => {
  test("a watch ends in its turn with what the client asked under, and the others go on", async () => {
    let isOut = false;
    await using app = await startBoard({
      authorizeMs: often,
      authorize: ({ params, action }) => action !== "watch" || !isOut || params.boardId !== "home",
    });
    app.sessions.set("ann", { user: ann });
    await using socket = await app.open("ann");
    socket.watch(1, "home");
    socket.watch(2, "attic");
    await socket.frame(1, "snapshot");
    await socket.frame(2, "snapshot");
    isOut = true;
    expect(await socket.error(1)).toMatchObject({ data: { code: "FORBIDDEN", path: "realtime.board.watch" } });
    await socket.texts.first((text) => text === '{"id":1,"result":{"type":"stopped"}}');
    await app.as(ann).say({ boardId: "attic", line: "hello" });
    await socket.frame(2, "events");
    isOut = false;
    socket.watch(1, "home");
    await eventually(
      () => socket.frames(1).filter(({ kind }) => kind === "snapshot").length === 2,
      "it is let in again",
    );
  });
});
