import { TRPCError } from "@trpc/server";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { openRawSocket } from "../support/raw-socket.ts";
import { eventually, turn } from "../support/recorder.ts";
import { openBoard, startBoard } from "./support/board-app.ts";

const ann = { id: "ann" };
const announced = ({ webSocketUrl }: { readonly webSocketUrl: string }) =>
  openRawSocket({ webSocketUrl: `${webSocketUrl}?connectionParams=1` });

describe("A client that says who it is", () => {
  test("is answered nothing before that is known, and everything afterwards", async () => {
    const gate = Promise.withResolvers<void>();
    await using app = await startBoard({ beforeContext: () => gate.promise });
    app.sessions.set("ann", { user: ann });
    await using socket = await app.open("ann");
    socket.askToken(1);
    socket.watch(2, "home");
    socket.call(3, "mutation", "realtime.board.say", { boardId: "home", line: "hello" });
    await eventually(() => app.handle.sockets.size === 1, "it is connected");
    await turn();
    expect(socket.texts.items).toEqual([]);
    expect(app.asked.items).toEqual([]);
    gate.resolve();
    await Promise.all([socket.answer(1), socket.frame(2, "snapshot"), socket.answer(3)]);
  });

  test("and announces it, is closed with 4001 when it does not do so in time", async () => {
    await using app = await startBoard({ limits: { authenticateMs: 50 } });
    app.sessions.set("ann", { user: ann });
    await using silent = await announced(app);
    await using talking = await app.open("ann");
    expect(await silent.closed.count(1)).toEqual([4001]);
    talking.askToken(1);
    await talking.answer(1);
    expect(talking.closed.items).toEqual([]);
  });

  test("gains no time by pings", async () => {
    await using app = await startBoard({ limits: { authenticateMs: 50 } });
    await using socket = await announced(app);
    await eventually(() => {
      socket.send("PING");
      return socket.closed.items.length > 0;
    }, "it is closed");
    expect(socket.closed.items).toEqual([4001]);
    expect(new Set(socket.texts.items)).toEqual(new Set(["PONG"]));
  });

  test.each([
    ["UNAUTHORIZED", 4001],
    ["FORBIDDEN", 4003],
    ["TOO_MANY_REQUESTS", 1013],
    ["INTERNAL_SERVER_ERROR", 1005],
  ] as const)("and is refused with %s is told so, and closed with %i", async (code, closing) => {
    await using app = await startBoard({
      beforeContext() {
        throw new TRPCError({ code, message: "Not you." });
      },
    });
    await using socket = await app.open("ann");
    socket.askToken(1);
    expect(await socket.closed.count(1)).toEqual([closing]);
    expect(socket.messages()).toMatchObject([
      { id: null, error: { message: "Not you.", data: { code } } },
      { id: 1, error: { message: "Not you.", data: { code } } },
    ]);
  });

  test("stays connected when the base procedure refuses it, and is refused whatever it asks for", async () => {
    await using app = await startBoard({ isProtected: true });
    await using socket = await app.open("nobody");
    socket.watch(1, "home");
    expect(await socket.error(1)).toMatchObject({ data: { code: "UNAUTHORIZED" } });
    expect(socket.closed.items).toEqual([]);
  });

  test("is read no further while more calls wait for its context than may, and then goes on", async () => {
    const gate = Promise.withResolvers<void>();
    await using app = await startBoard({ beforeContext: () => gate.promise, limits: { maxCalls: 10 } });
    app.sessions.set("ann", { user: ann });
    await using socket = await app.open("ann");
    const line = "x".repeat(1_000);
    for (let id = 1; id <= 100; id += 1) socket.call(id, "mutation", "realtime.board.say", { boardId: "home", line });
    const paused = () => [...app.handle.sockets].every(({ isPaused }) => isPaused);
    await eventually(() => app.handle.sockets.size === 1 && paused(), "it is not read");
    gate.resolve();
    await socket.texts.until((texts) => texts.filter((text) => text.includes('"ok":true')).length === 100);
    expect(paused()).toBe(false);
  });

  test("and goes while it is found out leaves nothing behind", async () => {
    const gate = Promise.withResolvers<void>();
    await using app = await startBoard({ beforeContext: () => gate.promise, limits: { maxConnectionsPerUser: 1 } });
    app.sessions.set("ann", { user: ann });
    const first = await app.open("ann");
    await first[Symbol.asyncDispose]();
    await eventually(() => app.handle.sockets.size === 0, "it is gone");
    gate.resolve();
    await using second = await app.open("ann");
    second.askToken(1);
    expect(await second.answer(1)).toContain("ann");
  });
});

describe("A client that is closed because of who it is", () => {
  test("is given up when it does not close its side", async () => {
    await using app = await startBoard({ limits: { authenticateMs: 50 } });
    const client = new WebSocket(`${app.webSocketUrl}?connectionParams=1`);
    client.on("error", () => {});
    await new Promise((resolve) => client.once("open", resolve));
    client.pause();
    await eventually(() => app.handle.sockets.size === 0, "its socket is gone");
    client.terminate();
  });

  test("does not keep others out: its place is free at once", async () => {
    await using app = await startBoard({ limits: { authenticateMs: 50, maxConnections: 1 } });
    app.sessions.set("ann", { user: ann });
    await using silent = await announced(app);
    silent.pause();
    await eventually(() => [...app.handle.sockets].every(({ readyState }) => readyState !== 1), "it is closing");
    await using next = await openBoard(app, "ann");
    next.askToken(1);
    expect(await next.answer(1)).toContain("ann");
  });
});
