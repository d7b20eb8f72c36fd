import { once } from "node:events";
import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { eventually, inTime } from "../../support/recorder.ts";
import { askHttp, httpRequest } from "./support/ask-http.ts";
import { dial } from "./support/dial.ts";
import { handshake, openPeer, request } from "./support/peer.ts";
import { useWorld } from "./support/use-world.ts";
import { opcode, wireFrame } from "./support/wire-frame.ts";
import { startWorld } from "./support/world.ts";

const world = useWorld();

const watch = request(
  1,
  "subscription",
  "counter.watch",
  '{"counterId":"left","presence":{"typing":true},"clientId":"tab"}',
);
const command = request(2, "mutation", "counter.add", '{"counterId":"left","by":1}');
const body = '{"json":{"counterId":"left","by":1}}';

/** Where clients stop, and say nothing more. */
const standstills: readonly (readonly [where: string, said: string | Buffer])[] = [
  ["before they say anything", ""],
  ["in the method", "GE"],
  ["in a header", "GET /trpc HTTP/1.1\r\nHost: loc"],
  ["before the last line's end", httpRequest("GET /trpc", handshake).slice(0, -2)],
  [
    "in a body",
    httpRequest("POST /trpc/realtime.counter.add", ["Content-Type: application/json", "Content-Length: 100"], "{"),
  ],
  [
    "in the size of a chunk",
    httpRequest(
      "POST /trpc/realtime.counter.add",
      ["Content-Type: application/json", "Transfer-Encoding: chunked"],
      "1",
    ),
  ],
  ["after a handshake", httpRequest("GET /trpc", handshake)],
  ["after a handshake that announces params", httpRequest("GET /trpc?connectionParams=1", handshake)],
  ["in the head of a frame", Buffer.concat([Buffer.from(httpRequest("GET /trpc", handshake)), Buffer.from([0x81])])],
  [
    "in the mask of a frame",
    Buffer.concat([Buffer.from(httpRequest("GET /trpc", handshake)), wireFrame(opcode.text, watch).subarray(0, 5)]),
  ],
  [
    "in the payload of a frame",
    Buffer.concat([Buffer.from(httpRequest("GET /trpc", handshake)), wireFrame(opcode.text, watch).subarray(0, 40)]),
  ],
  [
    "between two fragments",
    Buffer.concat([Buffer.from(httpRequest("GET /trpc", handshake)), wireFrame(opcode.text, "{", { fin: false })]),
  ],
];

describe("Fifty clients that stand still", () => {
  test.each(standstills)("%s hold up nobody, and leave nothing when they go", async (_where, said) => {
    const sockets = await Promise.all(Array.from({ length: 50 }, () => dial(world.port)));
    for (const socket of sockets) socket.write(said);
    await using peer = await world.open();
    peer.say(request(1, "query", "counter.limit"));
    expect(await peer.answer(1)).toContain("1000");
    await Promise.all(sockets.map((socket) => socket[Symbol.asyncDispose]()));
  });

  test("do not keep a server from closing, wherever they stand", async () => {
    await using other = await startWorld();
    await using stack = new AsyncDisposableStack();
    const sockets = await Promise.all(
      standstills.map(async ([, said]) => {
        const socket = stack.use(await dial(other.port));
        socket.write(said);
        return socket;
      }),
    );
    await eventually(async () => (await other.connections()) === standstills.length, "all are there");
    const ended = sockets.map((socket) => ending(socket));
    await inTime(other.app.close(), "the server to close");
    await Promise.all(ended);
  });
});

describe("A client that says a byte at a time", () => {
  test("is answered when it has said all, and holds up nobody meanwhile", async () => {
    const said = Buffer.from(httpRequest("GET /trpc/realtime.counter.limit"));
    await using socket = await dial(world.port);
    const answered = once(socket, "data");
    for (const [index, byte] of said.entries()) {
      socket.write(Buffer.from([byte]));
      if (index % 40 === 0) {
        const [answer] = await askHttp(world.port, httpRequest("GET /trpc/realtime.counter.limit"));
        expect(answer?.status).toBe(200);
      }
    }
    expect(String(await answered)).toContain("HTTP/1.1 200");
  });
});

describe("A client that closes its half of the connection", () => {
  test("right after its handshake is let go", async () => {
    await using peer = await world.open();
    peer.socket.end();
    await peer.ended();
  });

  test("while it watches leaves, and is told nothing more", async () => {
    await using other = await world.open();
    other.say(request(1, "subscription", "counter.watch", '{"counterId":"left"}'));
    await other.texts.first((text) => text.includes('"full"'));
    await using peer = await world.open();
    peer.say(watch);
    await other.texts.first((text) => text.includes('"joined"'));
    peer.socket.end();
    await other.texts.first((text) => text.includes('"left":["ann"]'));
    await peer.ended();
  });

  test("right after a command has sent it, and it is done once", async () => {
    const before = await world.sumOf("left");
    await using peer = await world.open();
    peer.say(command);
    peer.socket.end();
    await peer.ended();
    await eventually(async () => (await world.sumOf("left")) === before + 1, "the command was committed");
  });

  test("after half a command has sent none", async () => {
    const before = await world.sumOf("left");
    await using peer = await world.open();
    peer.write(wireFrame(opcode.text, command).subarray(0, 50));
    peer.socket.end();
    await peer.ended();
    expect(await world.sumOf("left")).toBe(before);
  });

  test("after a request over HTTP is answered", async () => {
    await using socket = await dial(world.port);
    const answered = once(socket, "data");
    const headers = ["Content-Type: application/json", `Content-Length: ${body.length}`];
    socket.end(httpRequest("POST /trpc/realtime.counter.add", headers, body));
    expect(String(await answered)).toContain("HTTP/1.1 200");
  });
});

describe("A client that resets its connection", () => {
  test.each([
    ["while it watches", (said: string) => said],
    ["in the midst of a frame", (said: string) => said.slice(0, 30)],
  ])("%s leaves nothing", async (_when, cut) => {
    for (let times = 0; times < 20; times += 1) {
      const peer = await openPeer(world.port);
      peer.write(wireFrame(opcode.text, cut(watch)));
      peer.socket.resetAndDestroy();
      await once(peer.socket, "close");
    }
  });

  test("in the midst of a body leaves nothing", async () => {
    for (let times = 0; times < 20; times += 1) {
      const socket = await dial(world.port);
      socket.write(
        httpRequest("POST /trpc/realtime.counter.add", ["Content-Type: application/json", "Content-Length: 1000"], "{"),
      );
      socket.resetAndDestroy();
      await once(socket, "close");
    }
  });
});

/** The other side has closed its half, or all of it. */
function ending(socket: Socket): Promise<void> {
  socket.resume();
  return inTime(
    new Promise((resolve) => {
      socket.once("end", resolve);
      socket.once("close", () => resolve());
    }),
    "the server to end a connection",
  );
}
