import { attach, type FrameSink, type SharedFrame, type Watch } from "@shoal/server";
import { applyWSSHandler as theirs } from "@trpc/server/adapters/ws";
import { describe, expect, test } from "vitest";
import { eventually, Recorder } from "../support/recorder.ts";
import { listen } from "../wire/ws/support/listen.ts";
import { board, createBoard, openBoard, startBoard } from "./support/board-app.ts";

/** The sweeper looks often, so that a test need not wait. */
const limits = { heartbeat: { pingMs: 100, pongMs: 10_000 } };
const refresh = '{"id":null,"method":"refresh"}';
const ann = { id: "ann" };
const soon = () => Date.now() + 1_500;
const later = () => Date.now() + 60_000;

describe("A client whose credentials expire", () => {
  test("is asked for new ones before that, once, and is closed with 4001 when it brings none", async () => {
    await using app = await startBoard({ limits });
    app.sessions.set("short", { user: ann, expiresAt: soon() });
    await using socket = await app.open("short");
    socket.watch(1, "home");
    await socket.frame(1, "snapshot");
    await socket.texts.first((text) => text === refresh);
    expect(await socket.closed.count(1)).toEqual([4001]);
    expect(socket.texts.items.filter((text) => text === refresh)).toHaveLength(1);
    expect(socket.texts.items.filter((text) => text.includes("error"))).toEqual([]);
  });

  test("goes on with new ones on the same socket, its watches and later calls with it", async () => {
    await using app = await startBoard({ limits });
    app.sessions.set("short", { user: ann, expiresAt: soon() }).set("long", { user: ann, expiresAt: later() });
    await using socket = await app.open("short");
    socket.watch(1, "home");
    await socket.texts.first((text) => text === refresh);
    socket.refresh("long");
    await eventually(async () => {
      socket.askToken(2);
      return socket.messages().some(({ id, result }) => id === 2 && result.data === "long");
    }, "calls have the new context");
    const over = app.sessions.get("short")?.expiresAt as number;
    await eventually(() => Date.now() > over + 1_000, "the old credentials are over");
    await app.as(ann).say({ boardId: "home", line: "still here" });
    await socket.frame(1, "events");
    expect(socket.closed.items).toEqual([]);
    expect(socket.texts.items.filter((text) => text === refresh)).toHaveLength(1);
  });

  test("may bring new ones without being asked", async () => {
    await using app = await startBoard({ limits });
    app.sessions.set("a", { user: ann, expiresAt: later() }).set("b", { user: ann, expiresAt: later() });
    await using socket = await app.open("a");
    socket.refresh("b");
    await eventually(async () => {
      socket.askToken(2);
      return socket.messages().some(({ result }) => result?.data === "b");
    }, "calls have the new context");
  });

  test("is closed with 4003 when they are another user's, of another tenant, or nobody's", async () => {
    await using app = await startBoard({ limits });
    app.sessions.set("ann", { user: ann, expiresAt: later() });
    app.sessions.set("ben", { user: { id: "ben" }, expiresAt: later() });
    app.sessions.set("acme", { user: { id: "ann", tenant: "acme" }, expiresAt: later() });
    for (const [before, after] of [
      ["ann", "ben"],
      ["ann", "acme"],
      ["ann", "nobody"],
      ["nobody", "ann"],
    ] as const) {
      await using socket = await app.open(before);
      socket.watch(1, "home");
      await socket.frame(1, "snapshot");
      socket.refresh(after);
      expect(await socket.closed.count(1)).toEqual([4003]);
      expect(socket.texts.items.filter((text) => text.includes("error"))).toEqual([]);
    }
  });

  test("stays who it was while it is nobody", async () => {
    await using app = await startBoard({ limits });
    await using socket = await app.open("nobody");
    socket.refresh("nobody");
    socket.askToken(1);
    expect(await socket.answer(1)).toContain("nobody");
    expect(socket.closed.items).toEqual([]);
  });

  test("is told when they cannot be used, and goes on with the old ones until those expire", async () => {
    await using app = await startBoard({ limits });
    app.sessions.set("short", { user: ann, expiresAt: soon() + 1_000 });
    await using socket = await app.open("short");
    socket.watch(1, "home");
    await socket.frame(1, "snapshot");
    socket.refresh("forged");
    expect(await socket.error(null)).toMatchObject({
      data: { code: "UNAUTHORIZED" },
      message: "forged is no session.",
    });
    socket.askToken(2);
    expect(await socket.answer(2)).toContain("short");
    await app.as(ann).say({ boardId: "home", line: "still here" });
    await socket.frame(1, "events");
    expect(await socket.closed.count(1)).toEqual([4001]);
  });

  test("is told when they are no credentials, or have expired already", async () => {
    await using app = await startBoard({ limits });
    app.sessions.set("ann", { user: ann, expiresAt: later() }).set("old", { user: ann, expiresAt: Date.now() - 1 });
    await using socket = await app.open("ann");
    socket.refresh({ not: "a text" });
    expect(await socket.error(null)).toMatchObject({ data: { code: "PARSE_ERROR" } });
    socket.refresh("old");
    await socket.texts.first((text) => text.includes("has expired"));
    socket.askToken(2);
    expect(await socket.answer(2)).toContain("ann");
  });

  test("is closed with 4001 when they had expired before it came", async () => {
    await using app = await startBoard({ limits });
    app.sessions.set("old", { user: ann, expiresAt: Date.now() - 1 });
    await using socket = await app.open("old");
    socket.askToken(1);
    expect(await socket.closed.count(1)).toEqual([4001]);
    expect(socket.messages()).toMatchObject([
      { id: null, error: { data: { code: "UNAUTHORIZED" } } },
      { id: 1, error: { data: { code: "UNAUTHORIZED" } } },
    ]);
  });

  test("is asked for nothing where nothing expires, and its credentials are taken once", async () => {
    await using app = await startBoard({ limits, expires: false });
    app.sessions.set("ann", { user: ann, expiresAt: soon() });
    await using socket = await app.open("ann");
    socket.refresh("nobody");
    expect(await socket.error(null)).toMatchObject({ data: { code: "PARSE_ERROR" } });
    socket.askToken(1);
    expect(await socket.answer(1)).toContain("ann");
  });
});

describe("A watch", () => {
  test("ends with UNAUTHORIZED when what its user signed in with expires, over SSE", async () => {
    await using app = await startBoard();
    app.sessions.set("short", { user: ann, expiresAt: soon() });
    const input = encodeURIComponent(JSON.stringify({ boardId: "home" }));
    const url = `http://localhost:${app.handle.port}/trpc/realtime.board.watch?input=${input}`;
    const { body } = await fetch(url, { headers: { authorization: "short" } });
    let text = "";
    for await (const chunk of body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.includes("UNAUTHORIZED")) break;
    }
    expect(text).toMatch(/"kind":"snapshot"[\s\S]*event: serialized-error[\s\S]*has expired/);
  });

  test("ends so over tRPC's own WebSocket handler, and is refused afterwards", async () => {
    await using app = createBoard();
    const { router, createContext } = app;
    await using listening = await listen((wss) => theirs({ wss, router, createContext }));
    app.sessions.set("short", { user: ann, expiresAt: soon() });
    await using socket = await openBoard(listening, "short");
    socket.watch(1, "home");
    await socket.frame(1, "snapshot");
    expect(await socket.error(1)).toMatchObject({ data: { code: "UNAUTHORIZED" } });
    socket.watch(2, "home");
    expect(await socket.error(2)).toMatchObject({ data: { code: "UNAUTHORIZED" } });
    expect(socket.closed.items).toEqual([]);
  });

  test("of the server's own hand does not expire", async () => {
    await using app = createBoard();
    const frames = app.realtime.topic(board, { boardId: "home" }).as(ann).subscribe()[Symbol.asyncIterator]();
    expect((await frames.next()).value).toMatchObject({ frame: { kind: "snapshot" } });
    await frames.return?.();
  });

  test("is refused with a fault, which the log explains, when `expiresAt` returns seconds", async () => {
    await using app = await startBoard();
    app.sessions.set("wrong", { user: ann, expiresAt: Math.floor(later() / 1_000) });
    await using socket = await app.open("wrong");
    socket.watch(1, "home");
    expect(await socket.error(1)).toMatchObject({ data: { code: "INTERNAL_SERVER_ERROR" } });
    const { fields } = await app.logged.first(({ level }) => level === "error");
    expect(JSON.stringify(fields.error)).toMatch(/multiply the seconds of a token's `exp` by 1000/);
  });
});

describe("What is asked with a context that has expired", () => {
  const longAgo = () => Date.now() - 60_000;

  test("is refused with UNAUTHORIZED over HTTP, and nothing is done", async () => {
    await using app = await startBoard();
    app.sessions.set("old", { user: ann, expiresAt: longAgo() });
    const url = `http://localhost:${app.handle.port}/trpc/realtime.board.say`;
    const headers = { authorization: "old", "content-type": "application/json" };
    const body = JSON.stringify({ boardId: "home", line: "too late" });
    const answer = await fetch(url, { method: "POST", headers, body });
    expect(answer.status).toBe(401);
    expect(await answer.text()).toContain("has expired");
    expect(await app.realtime.topic(board, { boardId: "home" }).as(ann).state()).toMatchObject({ lines: [] });
  });

  test("is refused so whether it is a command, a change of presence, or sent over tRPC's own WebSocket handler", async () => {
    await using app = createBoard();
    const { router, createContext } = app;
    await using listening = await listen((wss) => theirs({ wss, router, createContext }));
    app.sessions.set("old", { user: ann, expiresAt: longAgo() });
    await using socket = await openBoard(listening, "old");
    socket.call(1, "mutation", "realtime.board.say", { boardId: "home", line: "too late" });
    socket.call(2, "mutation", "realtime.board.presence", { boardId: "home", clientId: "c", state: {} });
    for (const id of [1, 2]) expect(await socket.error(id)).toMatchObject({ data: { code: "UNAUTHORIZED" } });
  });

  test("is done while the credentials of its connection may still be renewed", async () => {
    await using app = createBoard();
    const caller = app.router.createCaller({ user: ann, token: "just over", expiresAt: Date.now() - 1 });
    expect(await caller.realtime.board.say({ boardId: "home", line: "in time" })).toMatchObject({ ok: true });
  });
});

describe("After new credentials", () => {
  test("a watch goes on from a snapshot where its user is of another audience, and sees no more of the old one", async () => {
    await using app = await startBoard({ limits });
    app.sessions.set("staff", { user: { ...ann, role: "staff" }, expiresAt: later() });
    app.sessions.set("fired", { user: { ...ann, role: "none" }, expiresAt: later() });
    await using socket = await app.open("staff");
    socket.watch(1, "home");
    await app.as(ann).note({ boardId: "home", note: "first" });
    await socket.texts.first((text) => text.includes("first"));
    socket.refresh("fired");
    await socket.texts.first((text) => text.includes('"reason":"audience"'));
    await app.as(ann).note({ boardId: "home", note: "second" });
    await app.as(ann).say({ boardId: "home", line: "third" });
    await socket.texts.first((text) => text.includes("third"));
    const frames = socket.frames(1);
    const from = frames.findIndex(({ reason }) => reason === "audience");
    expect(frames[from]).toMatchObject({ state: { notes: [] } });
    expect(JSON.stringify(frames.slice(from))).not.toMatch(/first|second/);
  });

  test("it is asked anew whether a user may watch who is another one to the application", async () => {
    await using app = await startBoard({ limits, authorize: ({ user }) => user?.role !== "banned" });
    app.sessions.set("good", { user: ann, expiresAt: later() });
    app.sessions.set("banned", { user: { ...ann, role: "banned" }, expiresAt: later() });
    await using socket = await app.open("good");
    await using other = await app.open("good");
    for (const one of [socket, other]) {
      one.watch(1, "home");
      await one.frame(1, "snapshot");
    }
    socket.refresh("banned");
    expect(await socket.error(1)).toMatchObject({ data: { code: "FORBIDDEN" } });
    await app.as(ann).say({ boardId: "home", line: "hello" });
    await other.frame(1, "events");
  });

  test("a watch that was asked for with the old ones ends with the new ones, attached or not", async () => {
    await using app = createBoard();
    const expiresAt = soon();
    const caller = app.router.createCaller({ user: ann, token: "short", expiresAt });
    const renewed = { user: ann, ctx: undefined, expiresAt: later() };
    const [before, after] = [new Sink(), new Sink()];
    const watch = await watched(caller.realtime.board.watch({ boardId: "home" }));
    const attachment = await watch[attach](before);
    attachment.renew(renewed);
    watch.renew(renewed);
    await watch[attach](after);
    const old = new Sink();
    await (await watched(caller.realtime.board.watch({ boardId: "home" })))[attach](old);
    expect(await old.failures.count(1)).toMatchObject([{ code: "UNAUTHORIZED" }]);
    await app.as(ann).say({ boardId: "home", line: "still here" });
    for (const sink of [before, after]) await sink.frames.first(({ kind }) => kind === "events");
    expect(old.frames.items.map(({ kind }) => kind)).not.toContain("events");
  });
});

/** What `watch` returns, by its own type. */
async function watched(watch: Promise<unknown>): Promise<Watch> {
  return (await watch) as Watch;
}

class Sink implements FrameSink {
  readonly frames = new Recorder<{ readonly kind: string }>();
  readonly failures = new Recorder<unknown>();

  push({ frame }: SharedFrame): void {
    this.frames.push(frame);
  }

  fail(error: unknown): void {
    this.failures.push(error);
  }
}
