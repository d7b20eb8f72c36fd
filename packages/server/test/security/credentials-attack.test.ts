import { TRPCError } from "@trpc/server";
import { applyWSSHandler as theirs } from "@trpc/server/adapters/ws";
import { describe, expect, test } from "vitest";
import { openRawSocket } from "../support/raw-socket.ts";
import { eventually, turn } from "../support/recorder.ts";
import { listen } from "../wire/ws/support/listen.ts";
import { board, createBoard, startBoard } from "./support/board-app.ts";

/** The sweeper looks often, so that a test need not wait. */
const limits = { heartbeat: { pingMs: 100, pongMs: 10_000 } };
const refresh = '{"id":null,"method":"refresh"}';
const ann = { id: "ann" };
const soon = () => Date.now() + 1_500;
const later = () => Date.now() + 60_000;

describe("Who brings credentials as an attack", () => {
  test("has one context made at a time and one a second, and the last one counts", async () => {
    let running = 0;
    let most = 0;
    let made = 0;
    await using app = await startBoard({
      limits,
      async beforeContext() {
        made += 1;
        running += 1;
        most = Math.max(most, running);
        await turn();
        running -= 1;
      },
    });
    const begun = Date.now();
    for (let index = 0; index <= 500; index += 1) app.sessions.set(`${index}`, { user: ann, expiresAt: later() });
    await using socket = await app.open("0");
    for (let index = 1; index <= 500; index += 1) socket.refresh(`${index}`);
    await eventually(async () => {
      socket.askToken(1);
      return socket.messages().some(({ result }) => result?.data === "500");
    }, "the last one is used");
    expect(most).toBe(1);
    expect(made).toBeLessThanOrEqual(3 + (Date.now() - begun) / 1_000);
  });

  test("gains nothing by bringing them before the first ones are taken", async () => {
    const gate = Promise.withResolvers<void>();
    await using app = await startBoard({
      limits,
      beforeContext: (token) => (token === "ann" ? gate.promise : undefined),
    });
    app.sessions.set("ann", { user: ann, expiresAt: later() });
    app.sessions.set("ben", { user: { id: "ben" }, expiresAt: later() });
    await using socket = await app.open("ann");
    socket.refresh("ben");
    socket.watch(1, "home");
    await turn();
    expect(socket.texts.items).toEqual([]);
    gate.resolve();
    expect(await socket.closed.count(1)).toEqual([4003]);
    expect(app.askedAbout()).not.toContain("ben");
  });

  test("is closed when they expire, whatever it has made meanwhile", async () => {
    await using app = await startBoard({
      limits,
      beforeContext: (token) => (token === "endless" ? new Promise(() => {}) : undefined),
    });
    app.sessions.set("short", { user: ann, expiresAt: soon() });
    await using socket = await app.open("short");
    socket.watch(1, "home");
    await socket.texts.first((text) => text === refresh);
    const over = app.sessions.get("short")?.expiresAt as number;
    await eventually(
      () => {
        socket.refresh("endless");
        return socket.closed.items.length > 0;
      },
      "it is closed",
      8_000,
    );
    expect(socket.closed.items).toEqual([4001]);
    expect(Date.now()).toBeLessThan(over + 5_000);
  }, 20_000);

  test("has nothing done for it that comes after it was closed", async () => {
    await using app = await startBoard({ limits });
    app.sessions.set("ann", { user: ann, expiresAt: later() }).set("ben", { user: { id: "ben" }, expiresAt: later() });
    await using socket = await app.open("ann");
    socket.watch(1, "home");
    await socket.frame(1, "snapshot");
    socket.pause();
    socket.refresh("ben");
    await eventually(() => [...app.handle.sockets].every(({ readyState }) => readyState !== 1), "it is closing");
    socket.call(2, "mutation", "realtime.board.say", { boardId: "home", line: "not any more" });
    await eventually(() => app.handle.sockets.size === 0, "it was given up");
    expect(await app.realtime.topic(board, { boardId: "home" }).as(ann).state()).toMatchObject({ lines: [] });
  });

  test("is refused what an application without realtime would refuse", async () => {
    await using listening = await listen((wss) => {
      const app = createBoard();
      return theirs({ wss, router: app.router, createContext: app.createContext });
    });
    await using socket = await openRawSocket(listening, "nobody");
    socket.send('{"method":"connectionParams","data":{"token":"nobody"}}');
    expect(await socket.texts.count(1)).toEqual([expect.stringContaining("PARSE_ERROR")]);
  });

  test("hears which error the application threw", async () => {
    await using app = await startBoard({
      limits,
      beforeContext(token) {
        if (token === "banned") throw new TRPCError({ code: "FORBIDDEN", message: "Not you." });
      },
    });
    app.sessions.set("ann", { user: ann, expiresAt: later() });
    await using socket = await app.open("ann");
    socket.refresh("banned");
    expect(await socket.error(null)).toMatchObject({ message: "Not you.", data: { code: "FORBIDDEN" } });
    expect(socket.closed.items).toEqual([]);
  });
});
