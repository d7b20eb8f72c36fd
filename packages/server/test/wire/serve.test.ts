import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type ServeHandle, serve } from "@shoal/server";
import { TRPCError } from "@trpc/server";
import { describe, expect, test } from "vitest";
import { createApp, startApp } from "../support/app.ts";
import { connectBySocket, follow } from "../support/connect.ts";
import { openRawSocket } from "../support/raw-socket.ts";
import { inTime } from "../support/recorder.ts";

const home = { counterId: "home" };

describe("serve", () => {
  test("takes a free port, and answers 404 to what is not its own", async () => {
    await using app = await startApp();
    expect(app.handle.port).toBeGreaterThan(0);
    for (const path of ["/", "/trpcs", "/other/trpc", "/trpc%2F"]) {
      const response = await fetch(`${app.handle.url}${path}`);
      expect(response.status).toBe(404);
      await response.body?.cancel();
    }
  });

  test("lives under another path, beside pages of the application", async () => {
    await using app = createApp();
    const handle = await serve({
      router: app.router,
      port: 0,
      path: "/api",
      createContext: () => ({ user: { id: "ann" } }),
      fallback: (_req, res) => res.end("a page"),
    });
    const text = async (path: string) => await (await fetch(`${handle.url}${path}`)).text();
    expect(await text("/trpc/realtime.counter.limit")).toBe("a page");
    expect(await text("/api/realtime.counter.limit")).toContain("1000");
    await using client = connectBySocket({ url: "", webSocketUrl: `ws://localhost:${handle.port}/api` }, null);
    expect(await client.trpc.counter.limit.query()).toBe(1_000);
    await handle.close();
  });

  test("refuses a WebSocket elsewhere", async () => {
    await using app = await startApp();
    const elsewhere = { ...app, webSocketUrl: `ws://localhost:${app.handle.port}/other` };
    await expect(openRawSocket(elsewhere)).rejects.toThrow("404");
  });

  describe("where the context cannot be made", () => {
    const brokenOver = {
      WebSocket: async ({ port }: ServeHandle) => {
        await using socket = await openRawSocket({ webSocketUrl: `ws://localhost:${port}/trpc` });
        await socket.texts.first((text) => text.includes('"error"'));
      },
      HTTP: async ({ url }: ServeHandle) => await (await fetch(`${url}/trpc/realtime.counter.limit`)).text(),
      SSE: async ({ url }: ServeHandle) => {
        const input = encodeURIComponent('{"json":{"counterId":"home"}}');
        await (await fetch(`${url}/trpc/realtime.counter.watch?input=${input}`)).text();
      },
    };

    test.each(Object.entries(brokenOver))("logs why, and tells onError: over %s", async (_over, ask) => {
      await using app = createApp();
      const told: string[] = [];
      const handle = await serve({
        router: app.router,
        port: 0,
        createContext: () => {
          throw new Error("The users are away.");
        },
        onError: ({ error }) => told.push(error.message),
      });
      await ask(handle);
      expect(app.logged.errors()).toEqual(["`createContext` threw"]);
      expect(app.logged.items[0]?.fields.error).toMatchObject({ message: "The users are away." });
      expect(told).toContain("The users are away.");
      await handle.close();
    });

    test("logs nothing where that is what the application decided", async () => {
      await using app = createApp();
      const handle = await serve({
        router: app.router,
        port: 0,
        createContext: () => {
          throw new TRPCError({ code: "UNAUTHORIZED" });
        },
      });
      for (const ask of Object.values(brokenOver)) await ask(handle);
      expect(app.logged.errors()).toEqual([]);
      await handle.close();
    });
  });

  test("tells onError what a procedure throws", async () => {
    await using app = createApp();
    const told: unknown[] = [];
    const handle = await serve({
      router: app.router,
      port: 0,
      createContext: () => ({ user: null }),
      onError: ({ error, path }) => told.push([path, error.code]),
    });
    await (await fetch(`${handle.url}/trpc/realtime.counter.limit`)).text();
    expect(told).toEqual([["realtime.counter.limit", "UNAUTHORIZED"]]);
    await handle.close();
  });

  test("fails when its port is taken", async () => {
    await using app = await startApp();
    await expect(startApp({ port: app.handle.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });

  test("ends open connections when it closes, and leaves its port to another", async () => {
    const app = await startApp();
    await using ann = connectBySocket(app, "ann");
    const { frames } = follow(ann.trpc.counter.watch, home);
    await frames.count(1);
    expect(app.handle.sockets.size).toBe(1);
    await inTime(app.close(), "the server to close");
    await using again = await startApp({ port: app.handle.port });
    expect(again.handle.port).toBe(app.handle.port);
  });

  test("does not wait for who says nothing, be it a WebSocket, a stream or half a request", async () => {
    const app = await startApp();
    const { port } = app.handle;
    const webSocket = await send(port, [
      "GET /trpc HTTP/1.1",
      "Host: localhost",
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "",
      "",
    ]);
    await inTime(once(webSocket, "data"), "the handshake");
    const input = encodeURIComponent('{"json":{"counterId":"home"}}');
    const stream = await send(port, [
      `GET /trpc/realtime.counter.watch?input=${input} HTTP/1.1`,
      "Host: localhost",
      "Accept: text/event-stream",
      "Authorization: Bearer ann",
      "",
      "",
    ]);
    await inTime(once(stream, "data"), "the stream");
    await send(port, ["POST /trpc/realtime.counter.touch HTTP/1.1", "Host: localhost"]);
    await inTime(app.close(), "the server to close");
  });
});

/** A connection that sends these lines and then nothing. */
async function send(port: number, lines: readonly string[]): Promise<Socket> {
  const socket = connect(port, "localhost");
  socket.on("error", () => {});
  await inTime(once(socket, "connect"), "a connection");
  socket.write(lines.join("\r\n"));
  return socket;
}
