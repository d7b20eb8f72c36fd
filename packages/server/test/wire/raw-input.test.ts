import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type StartedApp, startApp } from "../support/app.ts";
import { expectHealthy } from "../support/healthy.ts";
import { openRawSocket } from "../support/raw-socket.ts";

let app: StartedApp;

beforeAll(async () => {
  app = await startApp();
});

afterAll(() => app[Symbol.asyncDispose]());

afterEach(async () => {
  expect(app.logged.items.splice(0).filter(({ level }) => level === "error")).toEqual([]);
  await expectHealthy(app);
});

const inside = /\.[cm]?[jt]s:\d+|node_modules|Something failed/;

/** The text of a value that lies in so many lists. */
const nest = (depth: number): string => `${"[".repeat(depth)}1${"]".repeat(depth)}`;

describe("A WebSocket message", () => {
  test.each([
    ["no JSON", "hello"],
    ["an unfinished JSON", '{"id":1,'],
    ["empty", ""],
    ["a number", "5"],
    ["null", "null"],
    ["a list of what it must not be", "[1,null,[]]"],
    ["without a method", '{"id":1}'],
    ["with a method that does not exist", '{"id":1,"method":"delete","params":{"path":"realtime.counter.add"}}'],
    [
      "with a method that every object knows",
      '{"id":1,"method":"constructor","params":{"path":"realtime.counter.add"}}',
    ],
    ["without a path", '{"id":1,"method":"query","params":{}}'],
    ["with a path that is no text", '{"id":1,"method":"query","params":{"path":{"a":1}}}'],
    ["with an id that is no id", '{"id":{},"method":"query","params":{"path":"realtime.counter.limit"}}'],
    ["without params", '{"id":1,"method":"query"}'],
    ["with an input that the transformer does not know", '{"id":1,"method":"query","params":{"path":"a","input":5}}'],
    ["nested beyond reason", nest(50_000)],
    ["of bytes", Buffer.from([0xff, 0xfe, 0x00, 0x80])],
  ])("that is %s is answered by an error, and the socket goes on", async (_what, message) => {
    await using socket = await openRawSocket(app, "ann");
    socket.send(message);
    socket.ask(7, "query", "realtime.counter.sum", '{"counterId":"home"}');
    expect(await socket.answer(7)).toContain('"sum":');
    const [error] = socket.texts.items;
    expect(error).toMatch(/"error":/);
    for (const text of socket.texts.items) expect(text).not.toMatch(inside);
    expect(socket.closed.items).toEqual([]);
  });

  test("that is larger than the server takes closes its socket and no other", async () => {
    await using socket = await openRawSocket(app, "ann");
    await using other = await openRawSocket(app, "ben");
    socket.ask(1, "mutation", "realtime.counter.touch", `{"counterId":"home","more":"${"a".repeat(300_000)}"}`);
    await socket.closed.count(1);
    expect(socket.closed.items).toEqual([1009]);
    other.ask(1, "query", "realtime.counter.limit", "null");
    expect(await other.answer(1)).toContain("1000");
  });

  test("that asks under an id that is taken is refused, and the first goes on", async () => {
    await using socket = await openRawSocket(app, "ann");
    const counterId = crypto.randomUUID();
    socket.ask(1, "subscription", "realtime.counter.watch", JSON.stringify({ counterId }));
    await socket.texts.first((text) => text.includes('"full"'));
    socket.ask(1, "subscription", "realtime.counter.watch", JSON.stringify({ counterId }));
    await socket.texts.first((text) => text.includes("Duplicate id"));
    await app.as("ben").counter.add({ counterId, by: 5 });
    await socket.texts.first((text) => text.includes('"by":5'));
  });

  test("that stops what does not run is passed over", async () => {
    await using socket = await openRawSocket(app, "ann");
    socket.send('{"id":99,"method":"subscription.stop"}');
    socket.ask(1, "query", "realtime.counter.limit", "null");
    expect(await socket.answer(1)).toContain("1000");
  });

  test("that says who connects may be anything, and then nobody connects", async () => {
    for (const params of [
      '{"token":5}',
      '{"token":{"id":"ann"}}',
      '["ann"]',
      '"ann"',
      "5",
      '{"__proto__":{"token":"ann"}}',
    ]) {
      await using socket = await openRawSocket({ ...app, webSocketUrl: `${app.webSocketUrl}?connectionParams=1` });
      socket.send(`{"method":"connectionParams","data":${params}}`);
      socket.ask(1, "query", "realtime.counter.sum", '{"counterId":"home"}');
      const text = await socket.texts.first((one) => one.includes('"error"'));
      expect(text).toMatch(/UNAUTHORIZED|INTERNAL_SERVER_ERROR|PARSE_ERROR/);
      expect(text).not.toMatch(inside);
    }
  });
});

describe("The input of a command", () => {
  const mutate = async (json: string, path = "realtime.counter.add"): Promise<string> => {
    await using socket = await openRawSocket(app, "ann");
    socket.ask(1, "mutation", path, json);
    return await socket.texts.count(1).then(([text]) => text ?? "");
  };

  test("cannot bring params in by a prototype", async () => {
    expect(await mutate('{"__proto__":{"counterId":"home"},"by":1}')).toContain("BAD_REQUEST");
    expect(await mutate('{"constructor":{"prototype":{"counterId":"home"}},"by":1}')).toContain("BAD_REQUEST");
    expect(await mutate('{"counterId":"home","__proto__":{"by":1}}')).toContain("BAD_REQUEST");
  });

  test("cannot change what objects inherit", async () => {
    const bad = '{"polluted":true}';
    await mutate(`{"counterId":"home","by":1,"__proto__":${bad}}`);
    await mutate(`{"counterId":"home","by":1,"constructor":{"prototype":${bad}}}`);
    await using socket = await openRawSocket(app, "ann");
    const meta = '{"values":{"__proto__.polluted":["Date"],"constructor.prototype.polluted":["Date"]}}';
    const input = `{"json":{"counterId":"home","by":1},"meta":${meta}}`;
    socket.send(`{"id":1,"method":"mutation","params":{"path":"realtime.counter.add","input":${input}}}`);
    await socket.texts.count(1);
    expect({}).not.toHaveProperty("polluted");
  });

  test.each([100, 5_000, 100_000])("may be nested %d deep where nobody looks, or is refused", async (depth) => {
    const answer = await mutate(`{"counterId":"${crypto.randomUUID()}","by":1,"more":${nest(depth)}}`);
    expect(answer).toMatch(/"ok":true|BAD_REQUEST|PARSE_ERROR/);
    expect(answer).not.toMatch(inside);
  });
});

describe("An HTTP request", () => {
  const request = async (path: string, init: RequestInit = {}) => {
    const headers = { authorization: "Bearer ann", "content-type": "application/json", ...init.headers };
    const response = await fetch(`${app.url}${path}`, { ...init, headers });
    return { status: response.status, text: await response.text() };
  };
  const post = (body: string | Uint8Array<ArrayBuffer>) => request("/realtime.counter.add", { method: "POST", body });

  test.each([
    ["no JSON", "hello"],
    ["an unfinished JSON", '{"json":'],
    ["empty", ""],
    ["null", "null"],
    ["what the transformer does not know", "5"],
    ["of bytes", new Uint8Array([0xff, 0xfe])],
  ])("whose body is %s is a bad request", async (_what, body) => {
    const { status, text } = await post(body);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(text).toContain('"error"');
    expect(text).not.toMatch(inside);
  });

  test("may ask for what does not exist, by any method", async () => {
    for (const path of [
      "/",
      "//",
      "/realtime",
      "/realtime.counter",
      "/__proto__",
      "/realtime.counter.constructor",
      "/%00",
    ]) {
      for (const method of ["GET", "POST", "PUT", "DELETE"]) {
        const { status, text } = await request(path, { method });
        expect(status).toBeGreaterThanOrEqual(400);
        expect(status).toBeLessThan(500);
        expect(text).not.toMatch(inside);
      }
    }
  });

  test("may be malformed in its query string", async () => {
    for (const query of [
      "?input=",
      "?input=%",
      "?input={",
      "?batch=1&input=5",
      "?batch=1&input=[]",
      "?input=%7B%22json%22%3A5%7D",
    ]) {
      const { status, text } = await request(`/realtime.counter.sum${query}`);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect(text).not.toMatch(inside);
    }
  });

  test("cannot subscribe to what it may not see, nor from a bad place", async () => {
    const watch = (lastEventId: string, headers: Record<string, string>) =>
      request(`/realtime.counter.watch?input=${encodeURIComponent('{"json":{"counterId":"home"}}')}`, {
        headers: { accept: "text/event-stream", "last-event-id": lastEventId, ...headers },
      });
    expect((await watch("a:1:all", { authorization: "" })).text).toContain("UNAUTHORIZED");
    expect((await watch("garbage", {})).text).toContain("BAD_REQUEST");
  });
});
