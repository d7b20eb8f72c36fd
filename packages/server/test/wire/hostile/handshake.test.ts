import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { eventually } from "../../support/recorder.ts";
import { askHttp, httpRequest } from "./support/ask-http.ts";
import { dial } from "./support/dial.ts";
import { handshake, openPeer, request } from "./support/peer.ts";
import { useWorld } from "./support/use-world.ts";
import { opcode, takeFrames, wireFrame } from "./support/wire-frame.ts";
import { expectNoInside } from "./support/world.ts";

const world = useWorld();

const get = "GET /trpc";
const asked = wireFrame(opcode.text, request(1, "query", "counter.limit"));

/** The handshake with one of its headers said otherwise, or left out. */
function but(name: string, value?: string): readonly string[] {
  const others = handshake.filter((line) => !line.startsWith(`${name}:`));
  return value === undefined ? others : [...others, `${name}: ${value}`];
}

const key = "Sec-WebSocket-Key";
const version = "Sec-WebSocket-Version";

const refused: readonly (readonly [what: string, status: number, line: string, headers: readonly string[]])[] = [
  ["is elsewhere", 404, "GET /other", handshake],
  ["leaves the path on its way", 404, "GET /trpc/../other", handshake],
  ["leaves the path on its way, in disguise", 404, "GET /trpc/%2e%2e/other", handshake],
  ["names another host in its URL", 404, "GET http://evil.example/trpc", handshake],
  ["has no host in its URL after two slashes", 404, "GET //trpc", handshake],
  ["is for the server itself", 404, "OPTIONS *", handshake],
  ["posts", 405, "POST /trpc", [...handshake, "Content-Length: 0"]],
  ["only looks", 405, "HEAD /trpc", handshake],
  ["has no key", 400, get, but(key)],
  ["has a key that is too short", 400, get, but(key, "c2hvcnQ=")],
  ["has a key that is no base64", 400, get, but(key, "!!!!!!!!!!!!!!!!!!!!!!==")],
  ["has two keys", 400, get, [...handshake, `${key}: AQIDBAUGBwgJCgsMDQ4PEA==`]],
  ["has no version", 400, get, but(version)],
  ["has a version before all", 400, get, but(version, "7")],
  ["has a version after all", 400, get, but(version, "14")],
  ["has a version that is no number", 400, get, but(version, "13, 8")],
  ["upgrades to something else", 400, get, but("Upgrade", "h2c")],
  ["upgrades to two things", 400, get, but("Upgrade", "websocket, h2c")],
  ["has protocols without a name", 400, get, [...handshake, "Sec-WebSocket-Protocol: ,,"]],
  ["has the same protocol twice", 400, get, [...handshake, "Sec-WebSocket-Protocol: trpc, trpc"]],
  ["has more headers than a server takes", 431, get, [...handshake, `X-More: ${"a".repeat(20_000)}`]],
  ["has a header with a NUL", 400, get, [...handshake, "X-More: a\0b"]],
  ["has a header with a bare CR", 400, get, [...handshake, "X-More: a\rX-Other: b"]],
];

const taken: readonly (readonly [what: string, line: string, headers: readonly string[]])[] = [
  ["offers a compression that nobody knows", get, [...handshake, "Sec-WebSocket-Extensions: x-huge; level=99"]],
  ["offers a compression in garbage", get, [...handshake, "Sec-WebSocket-Extensions: permessage-deflate; ==,"]],
  [
    "asks for a window beyond all",
    get,
    [...handshake, "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99"],
  ],
  [
    "writes its headers in capitals",
    get,
    handshake.map((line) => line.toUpperCase().replace(/(?<=KEY: ).*/, "dGhlIHNhbXBsZSBub25jZQ==")),
  ],
];

describe("A handshake", () => {
  test.each(refused)("that %s is answered with %i, and the connection ends", async (_what, status, line, headers) => {
    const [answer] = await askHttp(world.port, httpRequest(line, headers));
    expect(answer).toMatchObject({ status });
    expect(answer?.head).toMatch(/^connection: close$/im);
    expectNoInside(answer?.body ?? "");
  });

  test.each(taken)("that %s is taken, without any of it", async (_what, line, headers) => {
    const [answer] = await askHttp(world.port, httpRequest(line, headers));
    expect(answer).toMatchObject({ status: 101 });
    expect(answer?.head).not.toMatch(/sec-websocket-extensions/i);
  });

  test("may come together with the first request, which is answered", async () => {
    await using socket = await dial(world.port);
    const head = Buffer.from(httpRequest(get, handshake));
    socket.write(Buffer.concat([head, asked]));
    const received: Buffer[] = [];
    for await (const chunk of socket) {
      received.push(chunk);
      const all = Buffer.concat(received);
      const { frames } = takeFrames(all.subarray(all.indexOf("\r\n\r\n") + 4));
      if (frames.length > 0) break;
    }
    expect(Buffer.concat(received).toString()).toContain('"json":1000');
  });

  test("may follow requests on its connection that were answered", async () => {
    await using socket = await dial(world.port);
    const answered = once(socket, "data");
    socket.write(httpRequest("GET /trpc/realtime.counter.limit"));
    expect(String(await answered)).toContain("HTTP/1.1 200");
    const upgraded = once(socket, "data");
    socket.write(httpRequest(get, handshake));
    expect(String(await upgraded)).toContain("HTTP/1.1 101");
  });

  test("that comes before requests on its connection were answered ends the connection, since the answers would be among the frames", async () => {
    const answers = await askHttp(
      world.port,
      `${httpRequest("GET /trpc/realtime.counter.limit")}${httpRequest(get, handshake)}`,
      2,
    );
    expect(answers.filter(({ status }) => status === 101)).toEqual([]);
  });

  test("that is refused is not heard any more, and its connection ends though the client keeps its end", async () => {
    await using socket = await dial(world.port);
    const answered = once(socket, "data");
    socket.write(httpRequest("GET /other", handshake));
    expect(String(await answered)).toContain("HTTP/1.1 404");
    await eventually(async () => (await world.connections()) === 0, "the server let it go");
  });

  test("of which half is there when its client goes leaves nothing behind", async () => {
    const whole = httpRequest(get, handshake);
    for (let length = 1; length < whole.length; length += 7) {
      await using socket = await dial(world.port);
      socket.write(whole.slice(0, length));
    }
  });

  test("whose client goes at once leaves nothing behind", async () => {
    for (let times = 0; times < 50; times += 1) {
      await using socket = await dial(world.port);
      socket.write(httpRequest(get, handshake));
    }
  });
});

describe("Who says that they bring params", () => {
  test.each([
    ["nothing that is JSON", "hello", "PARSE_ERROR"],
    ["a list", '["ann"]', "PARSE_ERROR"],
    ["a text", '"ann"', "PARSE_ERROR"],
    ["params that are a list", '{"method":"connectionParams","data":["ann"]}', "PARSE_ERROR"],
    ["a token that is a number", '{"method":"connectionParams","data":{"token":5}}', "PARSE_ERROR"],
    ["a token by a prototype", '{"method":"connectionParams","data":{"__proto__":{"token":"ben"}}}', "PARSE_ERROR"],
    ["a token that is an object", '{"method":"connectionParams","data":{"token":{"id":"ann"}}}', "PARSE_ERROR"],
  ])("and brings %s is told so, and the connection is closed", async (_what, said, code) => {
    await using peer = await openPeer(world.port, "?connectionParams=1");
    peer.say(said, request(1, "query", "counter.limit"));
    const [text = ""] = await peer.texts.count(1);
    expect(JSON.parse(text)).toMatchObject({ id: null, error: { json: { data: { code } } } });
    expectNoInside(text);
    expect(await peer.closed()).toBe(1005);
    expect(peer.texts.items.filter((one) => one.includes("1000"))).toEqual([]);
  });
});
