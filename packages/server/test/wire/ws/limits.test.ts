import { applyWSSHandler } from "@shoal/server/ws";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { startApp } from "../../support/app.ts";
import { openRawSocket } from "../../support/raw-socket.ts";
import { Recorder } from "../../support/recorder.ts";
import { listen } from "./support/listen.ts";
import { createPlainRouter } from "./support/plain-app.ts";

type Options = Omit<Parameters<typeof applyWSSHandler>[0], "wss" | "router" | "createContext">;

function start(options: Options) {
  const { router } = createPlainRouter();
  return listen((wss) => applyWSSHandler({ wss, router, createContext: () => ({ name: "ann" }), ...options }));
}

const subscribe = (id: number): string => `{"id":${id},"method":"subscription","params":{"path":"forever"}}`;
const asked = '{"id":9,"method":"query","params":{"path":"name"}}';

describe("A connection", () => {
  test("has so many subscriptions and no more, until one of them stops", async () => {
    await using app = await start({ maxSubscriptions: 2 });
    await using socket = await openRawSocket(app);
    for (const id of [1, 2, 3]) socket.send(subscribe(id));
    const refused = await socket.texts.first((text) => text.startsWith('{"id":3,'));
    expect(JSON.parse(refused)).toMatchObject({
      error: { message: expect.stringMatching(/2 subscriptions/), data: { code: "TOO_MANY_REQUESTS" } },
    });
    socket.send('{"id":1,"method":"subscription.stop"}');
    await socket.texts.first((text) => text.includes("stopped"));
    socket.send(subscribe(3));
    await socket.texts.first((text) => text === '{"id":3,"result":{"type":"started"}}');
  });

  test("is closed with 4000 after so many malformed messages in a row, each of which was answered", async () => {
    await using app = await start({ maxMalformed: 3 });
    await using socket = await openRawSocket(app);
    for (const text of ["a", "b", asked]) socket.send(text);
    await socket.texts.count(3);
    for (const text of ["a", "b", "c", asked]) socket.send(text);
    await socket.closed.count(1);
    expect(socket.closed.items).toEqual([4000]);
    expect(socket.texts.items.map((text) => JSON.parse(text).id)).toEqual([null, null, 9, null, null, null]);
  });

  test("is given up when it answers no ping", async () => {
    await using app = await start({ heartbeat: { pingMs: 20, pongMs: 20 } });
    const closed = new Recorder<number>();
    const client = new WebSocket(app.webSocketUrl, { autoPong: false });
    client.on("close", (code) => closed.push(code));
    await closed.count(1);
    expect(closed.items).toEqual([1006]);
  });

  test("is kept while it answers pings, though it says nothing", async () => {
    await using app = await start({ heartbeat: { pingMs: 20, pongMs: 2_000 } });
    const pings = new Recorder<string>();
    const client = new WebSocket(app.webSocketUrl);
    client.on("ping", () => pings.push("ping"));
    await pings.count(5);
    expect(client.readyState).toBe(WebSocket.OPEN);
  });

  test("is sent no ping when there must be none", async () => {
    await using app = await start({ heartbeat: false, keepAlive: { enabled: true, pingMs: 20, pongWaitMs: 20 } });
    const seen = new Recorder<string>();
    const client = new WebSocket(app.webSocketUrl);
    client.on("ping", () => seen.push("ping"));
    client.on("close", () => seen.push("closed"));
    expect(await seen.count(1)).toEqual(["closed"]);
  });
});

describe("serve", () => {
  test("takes a message in 64 fragments, and closes a connection that sends more", async () => {
    await using app = await startApp();
    const client = new WebSocket(app.webSocketUrl);
    const answers = new Recorder<string>();
    const closed = new Recorder<number>();
    client.on("message", (data) => answers.push(String(data)));
    client.on("close", (code) => closed.push(code));
    await new Promise((resolve) => client.once("open", resolve));
    const send = (fragments: number): void => {
      for (let sent = 1; sent < fragments; sent += 1) client.send(" ", { fin: false });
      client.send("5");
    };
    send(64);
    expect(await answers.count(1)).toEqual([expect.stringContaining("PARSE_ERROR")]);
    send(65);
    expect(await closed.count(1)).toEqual([1008]);
  });
});
