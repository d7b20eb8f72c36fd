import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { askHttp, httpRequest } from "./support/ask-http.ts";
import { dial } from "./support/dial.ts";
import { useWorld } from "./support/use-world.ts";
import { expectNoInside } from "./support/world.ts";

const world = useWorld();

const add = "/trpc/realtime.counter.add";
const limit = "/trpc/realtime.counter.limit";
const sum = "/trpc/realtime.counter.sum";
const body = '{"json":{"counterId":"http","by":1}}';
const json = "Content-Type: application/json";

const post = (sent: string, ...headers: readonly string[]) =>
  httpRequest(`POST ${add}`, [`Content-Length: ${Buffer.byteLength(sent, "latin1")}`, ...headers], sent);
const query = (path: string, input: string) => httpRequest(`GET ${path}?input=${encodeURIComponent(input)}`);
const batch = (path: string, calls: number, input = "{}") =>
  httpRequest(`GET ${path}${`,realtime.counter.limit`.repeat(calls - 1)}?batch=1&input=${encodeURIComponent(input)}`);

type Case = readonly [what: string, status: number, code: string, bytes: string];

const bodies: readonly Case[] = [
  ["is absent", 400, "BAD_REQUEST", httpRequest(`POST ${add}`, [json])],
  ["is empty", 400, "BAD_REQUEST", post("", json)],
  ["is no JSON", 400, "BAD_REQUEST", post("hello", json)],
  ["is not whole", 400, "BAD_REQUEST", post('{"json":', json)],
  ["is null", 400, "BAD_REQUEST", post("null", json)],
  ["is a number, which the transformer does not know", 400, "BAD_REQUEST", post("5", json)],
  ["begins with a BOM of another encoding", 400, "BAD_REQUEST", post(`\xff\xfe${body}`, json)],
  ["is UTF-16", 400, "BAD_REQUEST", post(Buffer.from(body, "utf16le").toString("latin1"), `${json}; charset=utf-16`)],
  ["is no UTF-8", 400, "BAD_REQUEST", post("\xff\xfe\x00", json)],
  ["is compressed", 400, "BAD_REQUEST", post(gzipSync(body).toString("latin1"), json, "Content-Encoding: gzip")],
  ["is a text", 415, "UNSUPPORTED_MEDIA_TYPE", post(body, "Content-Type: text/plain")],
  ["is of a form", 415, "UNSUPPORTED_MEDIA_TYPE", post(body, "Content-Type: application/x-www-form-urlencoded")],
  ["is of no type", 415, "UNSUPPORTED_MEDIA_TYPE", post(body)],
  ["is of a type that only begins like JSON", 415, "UNSUPPORTED_MEDIA_TYPE", post(body, `${json}x`)],
  ["is of parts that are none", 400, "BAD_REQUEST", post(body, "Content-Type: multipart/form-data; boundary=x")],
  [
    "is of parts, each a field",
    400,
    "BAD_REQUEST",
    post(
      '--x\r\nContent-Disposition: form-data; name="counterId"\r\n\r\nhttp\r\n--x--\r\n',
      "Content-Type: multipart/form-data; boundary=x",
    ),
  ],
  ["is of parts without a boundary", 400, "BAD_REQUEST", post(body, "Content-Type: multipart/form-data")],
  ["is a stream of bytes", 400, "BAD_REQUEST", post(body, "Content-Type: application/octet-stream")],
  ["is one byte larger than the server takes", 413, "PAYLOAD_TOO_LARGE", post(" ".repeat(256 * 1024 + 1), json)],
  [
    "is larger than the server takes, in chunks",
    413,
    "PAYLOAD_TOO_LARGE",
    httpRequest(
      `POST ${add}`,
      [json, "Transfer-Encoding: chunked"],
      `${"10000\r\n"}${" ".repeat(65_536)}\r\n`.repeat(5),
    ),
  ],
];

const addresses: readonly Case[] = [
  ["is of nothing", 404, "NOT_FOUND", httpRequest("GET /trpc/")],
  ["is of a router", 404, "NOT_FOUND", httpRequest("GET /trpc/realtime.counter")],
  ["is of what every object knows", 404, "NOT_FOUND", httpRequest("GET /trpc/__proto__")],
  ["is of what every channel knows", 404, "NOT_FOUND", httpRequest("GET /trpc/realtime.counter.constructor")],
  ["has a NUL", 404, "NOT_FOUND", httpRequest("GET /trpc/realtime.counter.limit%00")],
  ["has a line's end", 404, "NOT_FOUND", httpRequest("GET /trpc/realtime.counter.limit%0d%0aX-More:%20a")],
  ["has a path below", 404, "NOT_FOUND", httpRequest("GET /trpc/realtime/counter/limit")],
  ["has a tag", 404, "NOT_FOUND", httpRequest("GET /trpc/%3Cscript%3Ealert(1)%3C/script%3E")],
  ["is encoded wrongly", 400, "BAD_REQUEST", httpRequest("GET /trpc/%zz")],
  ["is encoded in UTF-8 that is none", 400, "BAD_REQUEST", httpRequest("GET /trpc/%c0%af")],
  ["is another one in capitals", 404, "NOT_FOUND", httpRequest("GET /trpc/REALTIME.counter.limit")],
  ["changes something by GET", 405, "METHOD_NOT_SUPPORTED", query(add, body)],
  ["reads by POST", 405, "METHOD_NOT_SUPPORTED", post(body, json).replace(add, sum)],
  ["changes something by PUT", 405, "METHOD_NOT_SUPPORTED", post(body, json).replace("POST", "PUT")],
  ["changes something by DELETE", 405, "METHOD_NOT_SUPPORTED", post(body, json).replace("POST", "DELETE")],
  [
    "says by a header that POST means GET",
    405,
    "METHOD_NOT_SUPPORTED",
    post(body, json, "X-HTTP-Method-Override: GET").replace(add, sum),
  ],
];

const inputs: readonly Case[] = [
  ["is not whole", 400, "BAD_REQUEST", query(sum, "{")],
  ["is encoded wrongly", 400, "BAD_REQUEST", httpRequest(`GET ${sum}?input=%`)],
  ["is absent", 400, "BAD_REQUEST", httpRequest(`GET ${sum}?input=`)],
  ["is what the transformer does not know", 400, "BAD_REQUEST", query(sum, "[]")],
  ["is there twice", 400, "BAD_REQUEST", `${httpRequest(`GET ${sum}?input={&input=${encodeURIComponent(body)}`)}`],
  ["of several is a number", 400, "BAD_REQUEST", batch(limit, 2, "5")],
  ["of several is a list", 400, "BAD_REQUEST", batch(limit, 2, "[]")],
  ["of several comes by a prototype", 400, "BAD_REQUEST", batch(sum, 1, '{"__proto__":{"json":{"counterId":"http"}}}')],
  ["is of 101 calls", 400, "BAD_REQUEST", batch(limit, 101)],
  ["is of calls of several kinds", 400, "BAD_REQUEST", batch("/trpc/realtime.counter.watch", 2)],
];

describe("A body", () => {
  test.each(bodies)("that %s is answered with %i %s", expectRefusal);

  test("that is exactly as large as the server takes is taken", async () => {
    const [answer] = await askHttp(world.port, post(body.padEnd(256 * 1024), json));
    expect(answer).toMatchObject({ status: 200, body: expect.stringContaining('"ok":true') });
  });

  test("that never comes holds up nobody else, and its connection leaves nothing behind", async () => {
    const promised = httpRequest(`POST ${add}`, [json, "Content-Length: 100"], "{");
    await Promise.all(Array.from({ length: 20 }, () => abandon(promised)));
  });
});

describe("An address", () => {
  test.each(addresses)("that %s is answered with %i %s", expectRefusal);

  test.each([
    ["leaves the path on its way", "/trpc/../trpcx/realtime.counter.limit"],
    ["leaves the path in disguise", "/trpc/%2e%2e/other/realtime.counter.limit"],
    ["has another host", "http://evil.example/trpc/realtime.counter.limit"],
    ["has another host after two slashes", "//evil.example/trpc/realtime.counter.limit"],
    ["hides a slash", "/trpc%2frealtime.counter.limit"],
    ["is in capitals", "/TRPC/realtime.counter.limit"],
  ])("that %s is not the API's", async (_what, address) => {
    expect(await askHttp(world.port, httpRequest(`GET ${address}`))).toMatchObject([
      { status: 404, body: expect.stringContaining("Not found") },
    ]);
  });

  test.each([
    ["a name and a password", 400, "GET", "Host: ann:secret@evil.example"],
    ["no end", 400, "GET", "Host: [::1"],
    ["a space", 400, "GET", "Host: a b"],
  ])("of a host with %s is answered with %i", async (_what, status, method, host) => {
    const bytes = httpRequest(`${method} ${limit}`).replace("Host: localhost", host);
    expect(await askHttp(world.port, bytes)).toMatchObject([{ status }]);
  });

  test("that is to be traced is refused, and nothing of the request comes back", async () => {
    const [answer] = await askHttp(world.port, httpRequest(`TRACE ${limit}`));
    expect(answer).toMatchObject({ status: 405, body: "" });
    expect(answer?.head).not.toContain("Bearer");
  });

  test("may have a line's end in its query, which gets into no header", async () => {
    const [answer] = await askHttp(
      world.port,
      httpRequest(`GET ${limit}?x=%0d%0aSet-Cookie:%20a=b&y=\u0001`.replace("\u0001", "%01")),
    );
    expect(answer).toMatchObject({ status: 200 });
    expect(answer?.head).not.toMatch(/set-cookie/i);
  });
});

describe("The input of a query", () => {
  test.each(inputs)("that %s is answered with %i %s", expectRefusal);

  test("may be of 100 calls, each of which is answered", async () => {
    const [answer] = await askHttp(world.port, batch(limit, 100));
    expect(answer?.status).toBe(200);
    expect(answer?.body.match(/"json":1000/g)).toHaveLength(100);
  });
});

async function expectRefusal(_what: string, status: number, code: string, bytes: string): Promise<void> {
  const before = await world.sumOf("http");
  const [answer] = await askHttp(world.port, bytes);
  expect(answer).toMatchObject({ status, body: expect.stringContaining(`"code":"${code}"`) });
  expect(answer?.head).toMatch(/^content-type: (application\/json|text\/plain;)/im);
  expectNoInside(answer?.body ?? "");
  expect(await world.sumOf("http")).toBe(before);
}

async function abandon(bytes: string): Promise<void> {
  await using socket = await dial(world.port);
  socket.write(bytes);
}
