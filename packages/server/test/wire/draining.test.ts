import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { createMemoryStore, serve, system } from "@shoal/server";
import { createHTTPHandler } from "@shoal/server/sse";
import { applyWSSHandler, getWSConnectionHandler } from "@shoal/server/ws";
import { createHTTPHandler as createTRPCHandler } from "@trpc/server/adapters/standalone";
import { describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { createApp, startApp, userOf } from "../support/app.ts";
import { connectByHttp, connectBySocket, follow, refusal } from "../support/connect.ts";
import { counter } from "../support/counter.ts";
import { listenAt } from "../support/listen-at.ts";
import { shared, varied } from "../support/nodes.ts";
import { openRawSocket } from "../support/raw-socket.ts";
import { eventually, inTime, Recorder } from "../support/recorder.ts";
import { upgrade } from "../support/upgrade.ts";

const home = { counterId: "home" };
const reconnect = '{"id":null,"method":"reconnect"}';
const away = { code: "SERVICE_UNAVAILABLE", message: "The server is shutting down. Try again." };

const health = async (app: { readonly handle: { readonly url: string } }, what: string) => {
  const response = await fetch(`${app.handle.url}/health/${what}`);
  return [
    response.status,
    ((await response.json()) as { status: string }).status,
    response.headers.get("cache-control"),
  ];
};

/** An `authorize` that waits for the test before it lets a command through. */
function gate() {
  const waiting = new Recorder<() => void>();
  const authorize = ({ action }: { readonly action: string }) =>
    action !== "touch" || new Promise<boolean>((resolve) => waiting.push(() => resolve(true)));
  return { authorize, waiting };
}

describe("A server that drains", () => {
  test("says that it is not ready, and that it lives", async () => {
    const { authorize, waiting } = gate();
    await using app = await startApp({ authorize });
    expect(await health(app, "ready")).toEqual([200, "ready", "no-store"]);
    expect(await health(app, "live")).toEqual([200, "live", "no-store"]);
    expect(app.realtime.ready).toBe(true);
    const held = app.as("ann").counter.touch(home);
    await waiting.count(1);
    const drained = app.realtime.drain();
    expect(app.realtime.ready).toBe(false);
    expect(await health(app, "ready")).toEqual([503, "draining", "no-store"]);
    expect(await health(app, "live")).toEqual([200, "live", "no-store"]);
    waiting.items[0]?.();
    expect(await held).toMatchObject({ ok: true });
    await inTime(drained, "the end of the draining");
    expect(await health(app, "ready")).toEqual([503, "draining", "no-store"]);
  });

  test("refuses what is new as retryable, and answers what is under way before its client is sent away", async () => {
    const { authorize, waiting } = gate();
    await using app = await startApp({ authorize });
    await using http = connectByHttp(app, "ben");
    await using socket = await openRawSocket(app, "ann");
    socket.ask(1, "subscription", "realtime.counter.watch", '{"counterId":"home"}');
    await socket.texts.count(3);
    socket.ask(2, "mutation", "realtime.counter.touch", '{"counterId":"home"}');
    await waiting.count(1);
    const drained = app.realtime.drain();
    socket.ask(3, "mutation", "realtime.counter.add", '{"counterId":"home","by":1}');
    socket.ask(4, "query", "realtime.counter.limit", "{}");
    socket.ask(5, "subscription", "realtime.counter.watch", '{"counterId":"hall"}');
    for (const id of [3, 4, 5])
      expect(JSON.parse(await socket.answer(id)).error.json).toMatchObject({ data: { code: away.code } });
    expect(await refusal(http.trpc.counter.add.mutate({ ...home, by: 1 }))).toEqual(away);
    expect(
      await refusal(http.trpc.counter.presence.mutate({ ...home, clientId: "tab", state: { typing: true } })),
    ).toEqual(away);
    expect(await upgrade(app.webSocketUrl)).toMatchObject({ status: 503 });
    expect(socket.texts.items).not.toContain(reconnect);
    waiting.items[0]?.();
    expect(JSON.parse(await socket.answer(2))).toMatchObject({ result: { data: { json: { ok: true } } } });
    await socket.texts.first((text) => text === reconnect);
    await inTime(drained, "the end of the draining");
  });

  test("goes on in its own hand until it is closed, and then closes at once", async () => {
    await using app = await startApp();
    await app.realtime.drain();
    const topic = app.realtime.topic(counter, home);
    expect(await topic.as(system).send.add({ by: 2 })).toMatchObject({ ok: true });
    expect(await topic.as({ id: "ann" }).state()).toEqual({ added: [2] });
    await app.realtime.close();
    await app.realtime.drain();
  });

  test("opens nothing when it was never used", async () => {
    let opened = false;
    const store = varied(createMemoryStore(), {
      open: async () => {
        opened = true;
      },
    });
    await using app = createApp({ store });
    await app.realtime.drain();
    expect(opened).toBe(false);
  });

  test("closes a client that stays with 4012, and cuts one off that does not answer even that", async () => {
    await using app = await startApp();
    await using socket = await openRawSocket(app, "ann");
    const mute = await openMute(app.handle.port);
    const cutOff = once(mute, "close");
    await eventually(() => app.handle.sockets.size === 2, "both are connected");
    await inTime(app.realtime.drain(), "the end of the draining");
    expect(socket.texts.items).toContain(reconnect);
    expect(await socket.closed.count(1)).toEqual([4012]);
    expect(app.handle.sockets.size).toBe(0);
    await inTime(cutOff, "the end of the mute one");
  });
});

describe("A stock client of a server that drains", () => {
  test("goes on at another one over a WebSocket, and misses nothing", async () => {
    const store = createMemoryStore();
    const options = { store: shared(store), lookMs: 5 };
    await using old = await startApp(options);
    await using next = await startApp(options);
    const now = { webSocketUrl: old.webSocketUrl, url: old.url };
    await using ann = connectBySocket(now, "ann", () => now.webSocketUrl);
    const { frames, errors } = follow(ann.trpc.counter.watch, home);
    await frames.count(2);
    await ann.trpc.counter.add.mutate({ ...home, by: 1 });
    await frames.first(({ data }) => data.kind === "events");
    now.webSocketUrl = next.webSocketUrl;
    await inTime(old.realtime.drain(), "the end of the draining");
    expect(await ann.trpc.counter.add.mutate({ ...home, by: 2 })).toMatchObject({ ok: true, offset: 2 });
    await frames.first(({ data }) => data.kind === "events" && data.to === 2);
    expect(frames.items.map(({ data }) => data.kind).filter((kind) => kind !== "presence")).toEqual(
      expect.arrayContaining(["snapshot", "events", "resumed"]),
    );
    const offsets = frames.items.flatMap(({ data }) =>
      data.kind === "events" ? data.events.map(({ offset }) => offset) : [],
    );
    expect(offsets).toEqual([1, 2]);
    expect(errors.items).toEqual([]);
  });

  test.each([
    ["Shoal's handler", createHTTPHandler],
    ["tRPC's own", createTRPCHandler as typeof createHTTPHandler],
  ])("is told over SSE by an error after which it comes again, by %s", async (_whose, create) => {
    await using app = createApp();
    const createContext = ({ req }: { readonly req: IncomingMessage }) => ({
      user: userOf(req.headers.authorization?.replace("Bearer ", "")),
    });
    await using own = await listenAt(createServer(create({ router: app.router, createContext, basePath: "/trpc/" })));
    await using ann = connectByHttp(own, "ann");
    const { frames, errors } = follow(ann.trpc.counter.watch, home);
    await frames.count(2);
    await inTime(app.realtime.drain(), "the end of the draining");
    await eventually(() => ann.texts.join("").includes("event: serialized-error"), "the stream has ended");
    expect(ann.texts.join("")).toContain('"code":"SERVICE_UNAVAILABLE"');
    // Its own code takes this one for passing, and it is not done.
    expect(errors.items).toEqual([]);
  });
});

describe("The sockets of a server of one's own", () => {
  const createContext = () => ({ user: { id: "ann" } });

  test.each([
    [
      "applyWSSHandler",
      (wss: WebSocketServer, router: ReturnType<typeof createApp>["router"]) =>
        applyWSSHandler({ wss, router, createContext }),
    ],
    [
      "getWSConnectionHandler",
      (wss: WebSocketServer, router: ReturnType<typeof createApp>["router"]) =>
        wss.on("connection", getWSConnectionHandler({ wss, router, createContext })),
    ],
  ])("drain with the realtime, and new ones are closed with 4012: %s", async (_name, apply) => {
    await using app = createApp();
    await using own = await listenAt(createServer());
    apply(new WebSocketServer({ server: own.server, path: "/trpc" }), app.router);
    await using socket = await openRawSocket(own);
    socket.send(
      JSON.stringify({
        id: 1,
        method: "subscription",
        params: { path: "realtime.counter.watch", input: { json: home } },
      }),
    );
    await socket.texts.count(3);
    await inTime(app.realtime.drain(), "the end of the draining");
    expect(socket.texts.items.at(-1)).toBe(reconnect);
    expect(await socket.closed.count(1)).toEqual([4012]);
    await using late = await openRawSocket(own);
    expect(await late.closed.count(1)).toEqual([4012]);
  });

  test("drain by hand where there is no realtime", async () => {
    await using app = createApp();
    await using own = await listenAt(createServer());
    const handler = applyWSSHandler({
      wss: new WebSocketServer({ server: own.server, path: "/trpc" }),
      router: app.router,
      createContext,
    });
    await using socket = await openRawSocket(own);
    await inTime(handler.drain({ spreadMs: 0, deadlineMs: 3_000, graceMs: 20 }), "the end of the draining");
    expect(await socket.closed.count(1)).toEqual([4012]);
    expect(await app.as("ann").counter.add({ ...home, by: 1 })).toMatchObject({ ok: true });
  });
});

describe("serve", () => {
  test("drains when it closes, once however often it is asked", async () => {
    const app = await startApp();
    await using socket = await openRawSocket(app, "ann");
    const [first, second] = [app.handle.close(), app.handle.close()];
    expect(second).toBe(first);
    await inTime(first, "the server to close");
    expect(socket.texts.items).toContain(reconnect);
    expect(await socket.closed.count(1)).toEqual([4012]);
    expect(app.realtime.ready).toBe(false);
    await app.close();
  });

  test("answers for its health elsewhere, or not at all", async () => {
    await using app = createApp();
    const options = { router: app.router, port: 0, createContext: () => ({ user: null }) };
    const [elsewhere, nowhere] = [
      await serve({ ...options, health: "/status" }),
      await serve({ ...options, health: false }),
    ];
    const status = async (url: string, init?: RequestInit) => (await fetch(url, init)).status;
    expect(await status(`${elsewhere.url}/status/ready`)).toBe(200);
    expect(await status(`${elsewhere.url}/status/ready?probe=1`, { method: "HEAD" })).toBe(200);
    for (const path of ["/health/ready", "/status", "/status/other"])
      expect(await status(elsewhere.url + path)).toBe(404);
    expect(await status(`${elsewhere.url}/status/ready`, { method: "POST" })).toBe(404);
    expect(await status(`${nowhere.url}/health/live`)).toBe(404);
    await Promise.all([elsewhere.close(), nowhere.close()]);
  });
});

/** A WebSocket that never says anything after its handshake. */
async function openMute(port: number) {
  const socket = connect(port, "localhost");
  socket.on("error", () => {});
  socket.on("data", () => {});
  socket.write(
    "GET /trpc HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  await inTime(once(socket, "data"), "the handshake");
  return socket;
}
