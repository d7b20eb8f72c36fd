import { describe, expect, test } from "vitest";
import { askHttp, httpRequest } from "./support/ask-http.ts";
import { useWorld } from "./support/use-world.ts";

const world = useWorld();

const json = "Content-Type: application/json";
const chunked = "Transfer-Encoding: chunked";
const limit = httpRequest("GET /trpc/realtime.counter.limit");
const counterId = "framed";
const body = `{"json":{"counterId":"${counterId}","by":1}}`;
const length = `Content-Length: ${body.length}`;
const post = (headers: readonly string[], sent = body) =>
  httpRequest("POST /trpc/realtime.counter.add", [json, ...headers], sent);
const chunk = (data: string) => `${data.length.toString(16)}\r\n${data}\r\n`;
const last = "0\r\n\r\n";

/** Each of these might be read as two requests by one server and as one by another. The second one would be a command. */
const ambiguous: readonly (readonly [what: string, status: number, bytes: string])[] = [
  ["has a length and is in chunks", 400, post([length, chunked], `${chunk("{}")}${last}${post([length])}`)],
  ["has two lengths", 400, post(["Content-Length: 2", length])],
  ["has a list of lengths", 400, post([`Content-Length: ${body.length}, ${body.length}`])],
  ["has a negative length", 400, post(["Content-Length: -1"])],
  ["has a length with a sign", 400, post([`Content-Length: +${body.length}`])],
  ["has a length in another base", 400, post([`Content-Length: 0x${body.length.toString(16)}`])],
  ["has a length beyond all numbers", 400, post(["Content-Length: 99999999999999999999999"])],
  [
    "has a space before a colon",
    400,
    httpRequest("POST /trpc/realtime.counter.add", [json, `Content-Length : ${body.length}`], body),
  ],
  ["folds a header", 400, post(["X-More: a\r\n b", length])],
  ["has a header with a NUL", 400, post(["X-More: a\0b", length])],
  ["has a header with a bare CR", 400, post(["X-More: a\rTransfer-Encoding: chunked", length])],
  ["ends its lines with LF alone", 400, post([length]).replaceAll("\r\n", "\n")],
  ["is in chunks that are encoded anew", 400, post(["Transfer-Encoding: chunked, identity"], `${chunk(body)}${last}`)],
  ["is in an encoding that nobody knows", 400, post(["Transfer-Encoding: xchunked"], `${chunk(body)}${last}`)],
  [
    "hides its encoding behind a control character",
    400,
    post(["Transfer-Encoding:\x0bchunked"], `${chunk(body)}${last}`),
  ],
  ["has a chunk without a size", 400, post([chunked], `\r\n${body}\r\n${last}`)],
  ["has a chunk whose size is no number", 400, post([chunked], `zz\r\n${body}\r\n${last}`)],
  ["has a chunk beyond all numbers", 400, post([chunked], `FFFFFFFFFFFFFFFFF\r\n${body}`)],
  ["has a chunk that is longer than it says", 400, post([chunked], `2\r\n${body}\r\n${last}`)],
  ["says more of a chunk than a server reads", 413, post([chunked], `2;${"a".repeat(20_000)}\r\n{}\r\n${last}`)],
  ["has more headers than a server takes", 431, post([length, `X-More: ${"a".repeat(20_000)}`])],
  ["has three thousand headers", 431, post([...Array.from({ length: 3_000 }, () => "X: 1"), length])],
  ["has a URL that is longer than a server takes", 431, httpRequest(`GET /trpc/${"a".repeat(17_000)}`)],
  ["is of no method", 400, post([length]).replace("POST", "FROB")],
  ["is of HTTP/2", 400, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["is of TLS", 400, "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03"],
  ["is of no protocol", 400, "\x00\x01\x02\xff\xfe\r\n\r\n"],
];

describe("An HTTP request", () => {
  test.each(ambiguous)(
    "that %s is refused with %i, ends its connection and has no effect",
    async (_what, status, bytes) => {
      const before = await world.sumOf(counterId);
      const answers = await askHttp(world.port, `${bytes}${post([length])}`, 3);
      expect(answers.map((answer) => answer.status)).toEqual([status]);
      expect(answers[0]?.head).toMatch(/^connection: close$/im);
      expect(await world.sumOf(counterId)).toBe(before);
    },
  );

  test("in chunks is taken, and so is the next one on its connection", async () => {
    const sent = post([chunked], `${chunk(body.slice(0, 5))}${chunk(body.slice(5))}${last}`);
    const answers = await askHttp(world.port, `${sent}${sent}`, 2);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  });

  test("cannot become another user's by a header that comes after its body", async () => {
    const trailer = `${chunk('{"json":{"counterId":"framed","name":"wave","data":{}}}')}0\r\nAuthorization: Bearer ben\r\n\r\n`;
    const headers = ["Host: localhost", json, chunked, "Trailer: Authorization", "", trailer];
    const bytes = ["POST /trpc/realtime.counter.broadcast HTTP/1.1", ...headers].join("\r\n");
    const [answer] = await askHttp(world.port, bytes);
    expect(answer).toMatchObject({ status: 401, body: expect.stringContaining("UNAUTHORIZED") });
  });

  test("that gets has no body that counts for another request", async () => {
    const hidden = post([length]);
    const sent = httpRequest("GET /trpc/realtime.counter.limit", [`Content-Length: ${hidden.length}`], hidden);
    const before = await world.sumOf(counterId);
    const answers = await askHttp(world.port, `${sent}${limit}`, 2);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await world.sumOf(counterId)).toBe(before);
  });

  test("is answered in its order among a hundred on one connection, whatever they are", async () => {
    const kinds = [
      [200, limit],
      [404, httpRequest("GET /other")],
      [404, httpRequest("GET /trpc/no.such")],
      [415, httpRequest("POST /trpc/realtime.counter.add", ["Content-Length: 0"])],
    ] as const;
    const sent = Array.from({ length: 100 }, (_, index) => kinds[index % 4] ?? kinds[0]);
    const answers = await askHttp(world.port, sent.map(([, bytes]) => bytes).join(""), 100);
    expect(answers.map(({ status }) => status)).toEqual(sent.map(([status]) => status));
  });

  test("that waits to be told to go on is told so", async () => {
    const answers = await askHttp(world.port, post(["Expect: 100-continue", length]), 2);
    expect(answers.map(({ status }) => status)).toEqual([100, 200]);
  });

  test("that waits for something else is refused", async () => {
    expect(await askHttp(world.port, post(["Expect: 200-ok", length]))).toMatchObject([{ status: 417 }]);
  });

  test("for a tunnel ends its connection without a word", async () => {
    expect(await askHttp(world.port, "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n")).toEqual([]);
  });
});
