import { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import { getWSConnectionHandler, applyWSSHandler as ours } from "@shoal/server/ws";
import { applyWSSHandler as theirs } from "@trpc/server/adapters/ws";
import { describe, expect, test } from "vitest";
import type { ServerOptions, WebSocket, WebSocketServer } from "ws";
import { createApp, startApp } from "../../support/app.ts";
import { openRawSocket } from "../../support/raw-socket.ts";
import { Recorder, turn } from "../../support/recorder.ts";
import { openBlobs, startBlobs } from "./support/blob-app.ts";
import { listen } from "./support/listen.ts";
import { createPlainRouter } from "./support/plain-app.ts";

const watch = (id: unknown, counterId: string, more: object = {}): string =>
  JSON.stringify({
    id,
    method: "subscription",
    params: { path: "realtime.counter.watch", input: { json: { counterId, ...more } } },
  });

const encoder = {
  encode: (data: unknown) => new TextEncoder().encode(JSON.stringify(data)),
  decode: (data: unknown) => JSON.parse(String(data)),
};

/** The application behind a handler, and what the server writes to its sockets. */
async function start(apply = ours, options: object = {}, server: ServerOptions = {}) {
  const app = createApp();
  const written = new Recorder<Buffer>();
  const listening = await listen((wss: WebSocketServer) => {
    apply({ wss, router: app.router, createContext: () => ({ user: { id: "ann" } }), ...options });
    wss.on("connection", (_client, { socket }) => {
      const write = socket.write.bind(socket);
      socket.write = ((chunk: Buffer, ...rest: []) => {
        written.push(chunk);
        return write(chunk, ...rest);
      }) as typeof socket.write;
    });
  }, server);
  return { ...app, ...listening, written };
}

describe("A watch", () => {
  test.each<[string, unknown, { jsonrpc?: string; experimental_encoder?: typeof encoder }]>([
    ["under a number", 1, {}],
    ["under a text", "home", {}],
    ["with the version of JSON-RPC", 1, { jsonrpc: "2.0" }],
    ["with an encoder of the application", 1, { experimental_encoder: encoder }],
  ])("arrives byte for byte as by tRPC's handler, %s", async (_what, id, { jsonrpc, ...options }) => {
    await using app = await start(ours, options);
    await using other = await listen((wss: WebSocketServer) =>
      theirs({ wss, router: app.router, createContext: () => ({ user: { id: "ann" } }), ...options }),
    );
    await using pushed = await openRawSocket(app);
    await using pulled = await openRawSocket(other);
    for (const socket of [pushed, pulled]) {
      socket.send(JSON.stringify({ ...JSON.parse(watch(id, "home")), jsonrpc }));
      await socket.texts.count(3);
    }
    for (const by of [1, 2, 3]) await app.as("ben").counter.add({ counterId: "home", by });
    await app.as("ben").counter.broadcast({ counterId: "home", name: "cheer", data: { emoji: "🐟" } });
    await app.realtime.close();
    const texts = await pushed.texts.count(9);
    expect(texts).toEqual(await pulled.texts.count(9));
    expect(texts[0]).toContain('"started"');
    expect(texts[8]).toContain('"stopped"');
  });

  test("leaves in one write for a tick, put together once for all who get the same", async () => {
    await using app = await start();
    await using ann = await openRawSocket(app);
    await using ben = await openRawSocket(app);
    await using cid = await openRawSocket(app);
    for (const socket of [ann, ben]) {
      socket.send(watch(1, "home"));
      socket.send(watch(2, "work"));
      await socket.texts.count(6);
    }
    cid.send(watch(7, "home"));
    await cid.texts.count(3);
    app.written.items.length = 0;
    const cheer = (counterId: string) =>
      app.as("dan").counter.broadcast({ counterId, name: "cheer", data: { emoji: "👏" } });
    await Promise.all(["home", "work", "home", "home", "work"].map(cheer));
    await turn();
    const [first, second, third, ...more] = app.written.items;
    expect(more).toEqual([]);
    expect(first).toBe(second);
    expect(third).not.toBe(first);
    await ann.texts.count(11);
    await ben.texts.count(11);
    expect(ann.texts.items.slice(6)).toEqual(ben.texts.items.slice(6));
    expect(ann.texts.items.slice(6).map((text) => JSON.parse(text).id)).toEqual([1, 2, 1, 1, 2]);
    expect((await cid.texts.count(6)).slice(3).map((text) => JSON.parse(text).id)).toEqual([7, 7, 7]);
  });

  test("shares its writes with the answers to commands, in the order in which they were sent", async () => {
    await using app = await start();
    await using ann = await openRawSocket(app);
    ann.send(watch(1, "home"));
    await ann.texts.count(3);
    app.written.items.length = 0;
    const adds = Array.from({ length: 32 }, (_, index) => ({
      id: 100 + index,
      method: "mutation",
      params: { path: "realtime.counter.add", input: { json: { counterId: "home", by: 1 } } },
    }));
    ann.send(JSON.stringify(adds));
    await ann.texts.until((texts) => texts.filter((text) => text.includes('"ok":true')).length === 32);
    expect(app.written.items.length).toBeLessThan(8);
    const ids = ann.texts.items.map((text) => JSON.parse(text).id).filter((id) => id >= 100);
    expect(ids).toEqual(adds.map(({ id }) => id));
  });

  test("that is stopped before it began never does", async () => {
    await using app = await startApp();
    await using socket = await openRawSocket(app, "ann");
    socket.ask(1, "subscription", "realtime.mischief.watch", '{"place":"hanging"}');
    socket.send('{"id":1,"method":"subscription.stop"}');
    expect(await socket.texts.count(1)).toEqual(['{"id":1,"result":{"type":"stopped"}}']);
    socket.ask(1, "subscription", "realtime.mischief.watch", '{"place":"open"}');
    await socket.texts.first((text) => text.includes('"snapshot"'));
  });

  test("leaves the topic when it is stopped and when its connection ends", async () => {
    await using app = await startApp();
    await using ann = await openRawSocket(app, "ann");
    await using ben = await openRawSocket(app, "ben");
    await using cid = await openRawSocket(app, "cid");
    ann.send(watch(1, "home"));
    for (const socket of [ben, cid]) {
      socket.send(watch(1, "home", { presence: { typing: false }, clientId: "tab" }));
      await socket.texts.first((text) => text.includes('"full"'));
    }
    ben.send('{"id":1,"method":"subscription.stop"}');
    await ann.texts.first((text) => text.includes('"left":["ben"]'));
    await cid[Symbol.asyncDispose]();
    await ann.texts.first((text) => text.includes('"left":["cid"]'));
  });
});

describe("A message", () => {
  test.each([43, 125, 126, 127, 16_384, 65_535, 65_536, 65_537, 200_000])(
    "of %i bytes arrives whole, alone and beside others",
    async (length) => {
      const { router } = createPlainRouter();
      await using app = await listen((wss: WebSocketServer) =>
        ours({ wss, router, createContext: () => ({ name: "ann" }) }),
      );
      await using socket = await openRawSocket(app);
      const around = '{"id":1,"result":{"type":"data","data":""}}';
      const inputs = ["a".repeat(length - around.length), "é".repeat((length - around.length) >> 1), "🐟"];
      const asked = inputs.map((input) => ({ id: 1, method: "query", params: { path: "echo", input } }));
      socket.send(JSON.stringify(asked[0]));
      const [alone = ""] = await socket.texts.count(1);
      expect(Buffer.byteLength(alone)).toBe(length);
      socket.send(JSON.stringify(asked));
      const answers = await socket.texts.count(4);
      expect(answers.map((text) => JSON.parse(text).result.data)).toEqual([inputs[0], ...inputs]);
    },
  );

  test("that is large and goes to many is read by each, under its own id", async () => {
    await using app = await startBlobs({});
    const last = "é".repeat(100_000);
    await app.put("home", last);
    await using ann = await openBlobs(app);
    await using ben = await openBlobs(app);
    ann.watch(1, "home");
    ben.watch(200, "home");
    for (const { texts } of [ann, ben]) await texts.count(2);
    await app.put("home", last);
    for (const [{ texts }, id] of [[ann, 1] as const, [ben, 200] as const]) {
      const [started, snapshot, events] = (await texts.count(3)).map((text) => JSON.parse(text));
      expect(started).toEqual({ id, result: { type: "started" } });
      expect(snapshot).toMatchObject({ id, result: { data: { data: { kind: "snapshot", state: { last } } } } });
      expect(events).toMatchObject({
        id,
        result: { data: { data: { kind: "events", events: [{ data: { text: last } }] } } },
      });
    }
  });

  test("is compressed where that was agreed on", async () => {
    await using app = await start(ours, {}, { perMessageDeflate: { threshold: 0 } });
    await using ann = await openRawSocket(app);
    ann.send(watch(1, "home"));
    await ann.texts.count(3);
    app.written.items.length = 0;
    for (const by of [1, 2]) await app.as("ben").counter.add({ counterId: "home", by });
    const texts = await ann.texts.count(5);
    expect(texts.slice(3).map((text) => JSON.parse(text).result.data.json.data.to)).toEqual([1, 2]);
    expect(app.written.items.some(([first]) => first === 0xc1)).toBe(true);
  });

  test("goes through whatever has the methods of a WebSocket", async () => {
    const app = createApp();
    const sent = new Recorder<unknown>();
    const client = Object.assign(new EventEmitter(), { readyState: 1, send: (data: unknown) => sent.push(data) });
    const connect = getWSConnectionHandler({
      wss: undefined as never,
      router: app.router,
      createContext: () => ({ user: { id: "ann" } }),
    });
    connect(client as unknown as WebSocket, { url: "/", headers: {} } as IncomingMessage);
    client.emit("message", Buffer.from(watch(1, "home")), false);
    await sent.count(3);
    expect(sent.items[0]).toBe('{"id":1,"result":{"type":"started"}}');
    client.emit("close");
    await app.realtime.close();
  });
});

describe("Control frames", () => {
  test("stand between messages and never within one", async () => {
    await using app = await start();
    await using ann = await openRawSocket(app);
    ann.send(watch(1, "home"));
    await ann.texts.count(3);
    const pongs = new Recorder<string>();
    for (const client of app.wss.clients) client.on("pong", () => pongs.push("pong"));
    for (let by = 1; by <= 100; by += 1) {
      for (const client of app.wss.clients) client.ping();
      await app.as("ben").counter.add({ counterId: "home", by, times: 10 });
    }
    const texts = await ann.texts.count(103);
    await pongs.count(100);
    expect(texts.slice(3).map((text) => JSON.parse(text).result.data.json.data.to)).toEqual(
      Array.from({ length: 100 }, (_, index) => (index + 1) * 10),
    );
    expect(ann.closed.items).toEqual([]);
  });
});
