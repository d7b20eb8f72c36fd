import { applyWSSHandler } from "@shoal/server/ws";
import { describe, expect, test } from "vitest";
import { openRawSocket } from "../support/raw-socket.ts";
import { eventually } from "../support/recorder.ts";
import { listen } from "../wire/ws/support/listen.ts";
import { createPlainRouter } from "../wire/ws/support/plain-app.ts";
import { createBoard, openBoard, startBoard } from "./support/board-app.ts";

const ann = { id: "ann" };

describe("A user", () => {
  test("has so many connections and no more: the newest is refused, and told when to try again", async () => {
    await using app = await startBoard({ limits: { maxConnectionsPerUser: 2 } });
    app.sessions.set("a", { user: ann }).set("b", { user: { ...ann, role: "staff" } });
    app.sessions.set("acme", { user: { id: "ann", tenant: "acme" } });
    await using first = await app.open("a");
    await using second = await app.open("b");
    for (const socket of [first, second]) {
      socket.askToken(1);
      await socket.answer(1);
    }
    await using third = await app.open("a");
    third.askToken(1);
    expect(await third.closed.count(1)).toEqual([1013]);
    const error = { message: expect.stringMatching(/2 connections/), data: { code: "TOO_MANY_REQUESTS" } };
    expect(third.messages()).toMatchObject([
      { id: null, error: { ...error, data: { ...error.data, retryAfterMs: 5_000 } } },
      { id: 1, error },
    ]);
    for (const token of ["acme", "nobody", "nobody", "nobody"]) {
      const other = await app.open(token);
      other.askToken(1);
      await other.answer(1);
    }
    await first[Symbol.asyncDispose]();
    await eventually(async () => {
      await using again = await app.open("a");
      again.askToken(1);
      return !(await again.texts.count(1))[0]?.includes("error");
    }, "there is room again");
  });

  test("is counted over all handlers of a realtime, also where many come at once", async () => {
    await using app = createBoard();
    app.sessions.set("ann", { user: ann });
    const { router, createContext } = app;
    const apply = (wss: Parameters<typeof applyWSSHandler>[0]["wss"]) =>
      applyWSSHandler({ wss, router, createContext, maxConnectionsPerUser: 3 } as never);
    await using one = await listen(apply);
    await using other = await listen(apply);
    const sockets = await Promise.all(
      Array.from({ length: 10 }, (_, index) => openBoard(index % 2 ? one : other, "ann")),
    );
    for (const socket of sockets) socket.askToken(1);
    await Promise.all(sockets.map(({ texts }) => texts.count(1)));
    const admitted = sockets.filter(({ texts }) => !texts.items[0]?.includes("error"));
    expect(admitted).toHaveLength(3);
  });
});

describe("A node", () => {
  test("has so many connections and no more, until one of them ends", async () => {
    await using app = await startBoard({ limits: { maxConnections: 2 } });
    app.sessions.set("ann", { user: ann });
    const first = await app.open("ann");
    await using second = await app.open("nobody");
    for (const socket of [first, second]) {
      socket.askToken(1);
      await socket.answer(1);
    }
    await using third = await app.open("ann");
    expect(await third.closed.count(1)).toEqual([1013]);
    expect(third.messages()).toMatchObject([
      { id: null, error: { data: { code: "TOO_MANY_REQUESTS", retryAfterMs: 5_000 } } },
    ]);
    await first[Symbol.asyncDispose]();
    await eventually(async () => {
      await using again = await app.open("ann");
      again.askToken(1);
      return !(await again.texts.count(1))[0]?.includes("error");
    }, "there is room again");
  });

  test("counts what came and went right", async () => {
    await using app = await startBoard({ limits: { maxConnections: 1, maxConnectionsPerUser: 1 } });
    app.sessions.set("ann", { user: ann });
    for (let round = 0; round < 20; round += 1) {
      const socket = await app.open("ann");
      if (round % 2) {
        socket.askToken(1);
        await socket.answer(1);
      }
      await socket[Symbol.asyncDispose]();
      await eventually(() => app.handle.sockets.size === 0, "it is gone");
    }
  });

  test("takes as many as come where there is no realtime", async () => {
    const { router } = createPlainRouter();
    await using app = await listen((wss) =>
      applyWSSHandler({ wss, router, createContext: () => ({ name: "ann" }), maxConnections: 1 }),
    );
    for (const socket of [await openRawSocket(app), await openRawSocket(app)]) {
      socket.send('{"id":1,"method":"query","params":{"path":"name"}}');
      expect(await socket.texts.count(1)).toEqual(['{"id":1,"result":{"type":"data","data":"ann"}}']);
    }
  });
});
