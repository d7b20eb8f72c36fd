import { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import { getWSConnectionHandler, applyWSSHandler as ours } from "@shoal/server/ws";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { WebSocket } from "ws";
import { startApp } from "../../support/app.ts";
import { connectBySocket } from "../../support/connect.ts";
import { openRawSocket } from "../../support/raw-socket.ts";
import { eventually } from "../../support/recorder.ts";
import { createPlainRouter, startPlain } from "./support/plain-app.ts";

const echo = (id: number) => ({ id, method: "query", params: { path: "echo", input: id } });

describe("A client that sends more than it may", () => {
  test("is closed with 4008, and nothing that it still sends is served", async () => {
    await using app = await startPlain(ours, { maxMessagesPerSecond: 10 } as object);
    await using socket = await openRawSocket(app);
    for (let id = 1; id <= 150; id += 1) socket.send(JSON.stringify(echo(id)));
    expect(await socket.closed.count(1)).toEqual([4008]);
    const answered = socket.texts.items.map((text) => JSON.parse(text).id);
    expect(answered.length).toBeLessThanOrEqual(101);
    expect(Math.max(0, ...answered)).toBeLessThanOrEqual(101);
  });

  test("is closed for the requests of an array as for as many messages", async () => {
    await using app = await startPlain(ours, { maxMessagesPerSecond: 10 } as object);
    await using socket = await openRawSocket(app);
    const batch = (from: number, count: number) =>
      JSON.stringify(Array.from({ length: count }, (_, index) => echo(from + index)));
    socket.send(batch(1, 60));
    await socket.texts.count(60);
    socket.send(batch(61, 60));
    expect(await socket.closed.count(1)).toEqual([4008]);
    expect(socket.texts.items).toHaveLength(60);
  });

  test("is closed for pongs that nobody asked for as for as many messages", async () => {
    await using app = await startPlain(ours, { maxMessagesPerSecond: 10, heartbeat: false } as object);
    await using socket = await openRawSocket(app);
    for (let count = 0; count < 150; count += 1) socket.control("pong");
    expect(await socket.closed.count(1)).toEqual([4008]);
  });

  test("is closed for pings, though it waits for each answer", async () => {
    await using app = await startPlain(ours, { maxMessagesPerSecond: 10 } as object);
    await using socket = await openRawSocket(app);
    for (let count = 1; socket.closed.items.length === 0; count += 1) {
      socket.control("ping");
      await Promise.race([socket.pongs.count(count), socket.closed.count(1)]);
    }
    expect(socket.closed.items).toEqual([4008]);
  });

  test("takes nothing from anybody else", async () => {
    await using app = await startApp();
    await using ann = connectBySocket(app, "ann");
    await using socket = await openRawSocket(app, "mallory");
    for (let count = 0; count < 12_000; count += 1) socket.send("PING");
    expect(await socket.closed.count(1)).toEqual([4008]);
    expect(await ann.trpc.counter.limit.query()).toBe(1_000);
    await eventually(() => app.handle.sockets.size === 1, "only the other one is left");
  });

  test("is served when it may send whatever it likes", async () => {
    await using app = await startPlain(ours, { maxMessagesPerSecond: 0 } as object);
    await using socket = await openRawSocket(app);
    for (let count = 0; count < 10_000; count += 1) socket.send("PING");
    await socket.texts.count(10_000);
    expect(socket.closed.items).toEqual([]);
  });
});

describe("A client that was silent", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test("may send those of ten seconds at once, and then those of each second", async () => {
    vi.useFakeTimers();
    const { router } = createPlainRouter();
    const closed: unknown[] = [];
    const client = Object.assign(new EventEmitter(), {
      readyState: 1,
      send: () => {},
      close(code: number) {
        closed.push(code);
        client.readyState = 2;
      },
    });
    const connect = getWSConnectionHandler({
      wss: undefined as never,
      router,
      createContext: () => ({ name: "ann" }),
      maxMessagesPerSecond: 10,
    });
    connect(client as unknown as WebSocket, { url: "/", headers: {} } as IncomingMessage);
    const ping = (times: number) => {
      for (let time = 0; time < times; time += 1) client.emit("message", Buffer.from("PING"), false);
    };
    ping(100);
    for (let second = 0; second < 30; second += 1) {
      vi.advanceTimersByTime(1_000);
      ping(10);
    }
    expect(closed).toEqual([]);
    ping(1);
    expect(closed).toEqual([4008]);
  });
});
