import { applyWSSHandler as ours } from "@shoal/server/ws";
import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import { TRPCError } from "@trpc/server";
import { applyWSSHandler as theirs } from "@trpc/server/adapters/ws";
import superjson from "superjson";
import { describe, expect, test } from "vitest";
import { openRawSocket } from "../../support/raw-socket.ts";
import { Recorder } from "../../support/recorder.ts";
import { type Apply, type PlainOptions, type PlainRouter, startPlain } from "./support/plain-app.ts";

const handlers: readonly (readonly [string, Apply])[] = [
  ["tRPC's handler", theirs],
  ["Shoal's handler", ours],
];

const ask = (id: unknown, method: string, path: string, input?: unknown, more: object = {}): string =>
  JSON.stringify({ id, ...more, method, params: { path, ...(input === undefined ? {} : { input }) } });

const stop = (id: number): string => JSON.stringify({ id, method: "subscription.stop" });

const refused = (id: unknown, message: unknown, code: string, path?: string) => ({
  id,
  error: {
    message,
    code: expect.any(Number),
    data: { code, httpStatus: expect.any(Number), ...(path && { path }), name: "ann" },
  },
});

describe.each(handlers)("%s", (_name, apply) => {
  const start = (options?: PlainOptions) => startPlain(apply, options);

  describe("on a query or a mutation", () => {
    test.each([
      ["a text", ask(1, "query", "echo", "hello"), '{"id":1,"result":{"type":"data","data":"hello"}}'],
      ["an object", ask(2, "query", "echo", { a: ["é"] }), '{"id":2,"result":{"type":"data","data":{"a":["é"]}}}'],
      ["null", ask(3, "query", "echo", null), '{"id":3,"result":{"type":"data","data":null}}'],
      ["nothing", ask(4, "mutation", "nothing"), '{"id":4,"result":{"type":"data"}}'],
      ["under a text", ask('"a', "query", "name"), '{"id":"\\"a","result":{"type":"data","data":"ann"}}'],
      ["under no whole number", ask(0.5, "query", "name"), '{"id":0.5,"result":{"type":"data","data":"ann"}}'],
      [
        "with the version of JSON-RPC",
        ask(5, "query", "name", undefined, { jsonrpc: "2.0" }),
        '{"id":5,"jsonrpc":"2.0","result":{"type":"data","data":"ann"}}',
      ],
    ])("answers %s", async (_what, question, answer) => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send(question);
      expect(await socket.texts.count(1)).toEqual([answer]);
    });

    test("answers each of several in one message", async () => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send(`[${[1, 2, 3].map((id) => ask(id, "query", "echo", id)).join()}]`);
      expect(await socket.texts.count(3)).toEqual(
        [1, 2, 3].map((id) => `{"id":${id},"result":{"type":"data","data":${id}}}`),
      );
    });

    test("uses the transformer of the router", async () => {
      await using app = await start({ transformer: superjson });
      await using socket = await openRawSocket(app);
      const input = '{"json":"1970-01-01T00:00:00.000Z","meta":{"values":["Date"],"v":1}}';
      socket.send(`{"id":1,"method":"query","params":{"path":"echo","input":${input}}}`);
      expect(await socket.texts.count(1)).toEqual([`{"id":1,"result":{"type":"data","data":${input}}}`]);
    });

    test("answers by the error format of the router, and tells onError", async () => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send(ask(1, "mutation", "fail", { by: 1 }));
      const [text = ""] = await socket.texts.count(1);
      expect(JSON.parse(text)).toEqual(refused(1, "Not twice.", "CONFLICT", "fail"));
      const ctx = { name: "ann" };
      expect(app.faults.items).toEqual([{ code: "CONFLICT", type: "mutation", path: "fail", input: { by: 1 }, ctx }]);
    });

    test.each([
      ["a procedure that does not exist", ask(1, "query", "no.such"), "NOT_FOUND", /no.such/],
      ["a procedure of another type", ask(1, "mutation", "echo"), "NOT_FOUND", /"mutation"-procedure/],
      ["one that returns an iterable", ask(1, "query", "list"), "UNSUPPORTED_MEDIA_TYPE", /async iterable/],
      ["one whose answer is no JSON", ask(1, "query", "unencodable"), "INTERNAL_SERVER_ERROR", /BigInt/],
    ])("refuses %s", async (_what, question, code, message) => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send(question);
      const [text = ""] = await socket.texts.count(1);
      expect(JSON.parse(text)).toEqual(refused(1, expect.stringMatching(message), code, expect.any(String)));
    });
  });

  describe("on a malformed message", () => {
    test.each([
      ["no JSON", "hello"],
      ["not all of it well formed", `[${ask(1, "query", "name")},5]`],
      ["of bytes", Buffer.from(ask(1, "query", "name"))],
    ])("answers an error without an id when it is %s, and goes on", async (_what, message) => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send(message);
      socket.send(ask(2, "query", "name"));
      const [text = "", next] = await socket.texts.count(2);
      expect(JSON.parse(text)).toEqual(refused(null, expect.any(String), "PARSE_ERROR"));
      expect(next).toBe('{"id":2,"result":{"type":"data","data":"ann"}}');
    });

    test("requires an id", async () => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send(ask(null, "query", "name"));
      const [text = ""] = await socket.texts.count(1);
      expect(JSON.parse(text)).toEqual(refused(null, "`id` is required", "PARSE_ERROR"));
      expect(app.faults.items).toMatchObject([{ code: "PARSE_ERROR", type: "unknown", path: undefined }]);
    });
  });

  describe("on a subscription", () => {
    test("sends what an async iterable yields, with the ids of what is tracked, until its end", async () => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send(ask(1, "subscription", "count", "given", { jsonrpc: "2.0" }));
      expect(await socket.texts.count(6)).toEqual([
        '{"id":1,"jsonrpc":"2.0","result":{"type":"started"}}',
        '{"id":1,"jsonrpc":"2.0","result":{"type":"data","data":"given"}}',
        '{"id":1,"jsonrpc":"2.0","result":{"type":"data","data":{"id":"a:1","data":{"count":1}},"id":"a:1"}}',
        '{"id":1,"jsonrpc":"2.0","result":{"type":"data","data":{"id":"a:2"},"id":"a:2"}}',
        '{"id":1,"jsonrpc":"2.0","result":{"type":"data"}}',
        '{"id":1,"jsonrpc":"2.0","result":{"type":"stopped"}}',
      ]);
      expect(app.happened.items).toEqual(["count ended"]);
    });

    test.each([
      ["of an object", '{"a":1}', '{"a":1,"lastEventId":"a:1"}'],
      ["that is absent", undefined, '{"lastEventId":"a:1"}'],
      ["that is null", "null", '{"lastEventId":"a:1"}'],
      ["that is a text", '"a"', '"a"'],
      ["that is a list", "[1]", "[1]"],
    ])("puts the last id into an input %s", async (_what, input, given) => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      const field = input === undefined ? "" : `,"input":${input}`;
      socket.send(`{"id":1,"method":"subscription","params":{"path":"count","lastEventId":"a:1"${field}}}`);
      expect((await socket.texts.count(2))[1]).toBe(`{"id":1,"result":{"type":"data","data":${given}}}`);
    });

    test("ends an async iterable when it is told to stop, and the id is free again", async () => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      for (const round of [1, 2]) {
        socket.send(ask(1, "subscription", "forever"));
        await socket.texts.count(3 * round - 1);
        socket.send(stop(1));
        await socket.texts.count(3 * round);
      }
      const once = ["started", "first", "stopped"].map((word) => expect.stringContaining(word));
      expect(socket.texts.items).toEqual([...once, ...once]);
      expect(app.happened.items).toEqual([
        ...["forever aborted", "forever ended"],
        ...["forever aborted", "forever ended"],
      ]);
      expect(app.faults.items).toEqual([]);
    });

    test("passes over a stop of what does not run", async () => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send(stop(5));
      socket.send(ask(1, "query", "name"));
      expect(await socket.texts.count(1)).toEqual(['{"id":1,"result":{"type":"data","data":"ann"}}']);
    });

    test("ends when the connection does", async () => {
      await using app = await start();
      const socket = await openRawSocket(app);
      socket.send(ask(1, "subscription", "forever"));
      socket.send(ask(2, "subscription", "observed"));
      await socket.texts.count(4);
      await socket[Symbol.asyncDispose]();
      await app.happened.count(3);
      expect([...app.happened.items].sort()).toEqual(["forever aborted", "forever ended", "observed ended"]);
    });

    test("tells the error that an async iterable ends with", async () => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send(ask(1, "subscription", "breaking"));
      const texts = await socket.texts.count(4);
      expect(texts.map((text) => JSON.parse(text))).toEqual([
        { id: 1, result: { type: "started" } },
        { id: 1, result: { type: "data", data: 1 } },
        refused(1, "No more.", "FORBIDDEN", "breaking"),
        { id: 1, result: { type: "stopped" } },
      ]);
      expect(app.faults.items).toMatchObject([{ code: "FORBIDDEN", type: "subscription", path: "breaking" }]);
    });

    test.each([
      ["throws", "refusing", "FORBIDDEN", "Not at all."],
      ["returns no iterable", "single", "INTERNAL_SERVER_ERROR", expect.stringMatching(/did not return an observable/)],
    ])("never starts when the procedure %s", async (_what, path, code, message) => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send(ask(1, "subscription", path));
      socket.send(ask(2, "query", "name"));
      const texts = await socket.texts.count(2);
      const errors = texts.map((text) => JSON.parse(text)).filter(({ id }) => id === 1);
      expect(errors).toEqual([refused(1, message, code, path)]);
    });

    test("refuses an id that is taken, and the first goes on", async () => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send(ask(1, "subscription", "observed"));
      await socket.texts.count(2);
      socket.send(ask(1, "subscription", "forever"));
      const [, , text = ""] = await socket.texts.count(3);
      expect(JSON.parse(text)).toEqual(refused(1, "Duplicate id 1", "BAD_REQUEST", "forever"));
      app.emitters.items[0]?.next("more");
      expect((await socket.texts.count(4))[3]).toBe('{"id":1,"result":{"type":"data","data":"more"}}');
    });

    test("sends what an observable emits, until it completes", async () => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send(ask(1, "subscription", "observed"));
      const [emitter] = await app.emitters.count(1);
      emitter?.next({ a: 1 });
      await socket.texts.count(3);
      emitter?.complete();
      expect(await socket.texts.count(4)).toEqual([
        '{"id":1,"result":{"type":"started"}}',
        '{"id":1,"result":{"type":"data","data":"at once"}}',
        '{"id":1,"result":{"type":"data","data":{"a":1}}}',
        '{"id":1,"result":{"type":"stopped"}}',
      ]);
      expect(app.happened.items).toEqual(["observed ended"]);
    });

    test("tells the error that an observable ends with", async () => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send(ask(1, "subscription", "observed"));
      const [emitter] = await app.emitters.count(1);
      emitter?.error(new TRPCError({ code: "FORBIDDEN", message: "No more." }));
      const texts = await socket.texts.count(4);
      expect(JSON.parse(texts[2] ?? "")).toEqual(refused(1, "No more.", "FORBIDDEN", "observed"));
      expect(texts[3]).toBe('{"id":1,"result":{"type":"stopped"}}');
    });

    test("ends an observable when it is told to stop", async () => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send(ask(1, "subscription", "observed"));
      await socket.texts.count(2);
      socket.send(stop(1));
      expect((await socket.texts.count(3))[2]).toBe('{"id":1,"result":{"type":"stopped"}}');
      expect(app.happened.items).toEqual(["observed ended"]);
    });
  });

  describe("on a connection", () => {
    test("makes the context once, when nothing was asked yet", async () => {
      const contexts = new Recorder<unknown>();
      const createContext: PlainOptions["createContext"] = async ({ info }) => {
        contexts.push({ ...info, signal: info.signal.aborted });
        return { name: "once" };
      };
      await using app = await start({ createContext });
      await using socket = await openRawSocket(app);
      await contexts.count(1);
      socket.send(ask(1, "query", "name"));
      socket.send(ask(2, "query", "name"));
      await socket.texts.count(2);
      expect(contexts.items).toEqual([
        {
          connectionParams: null,
          calls: [],
          isBatchCall: false,
          accept: null,
          type: "unknown",
          url: null,
          signal: false,
        },
      ]);
    });

    test("aborts the signal of the context when it ends", async () => {
      const aborted = new Recorder<string>();
      const createContext: PlainOptions["createContext"] = ({ info: { signal } }) => {
        signal.addEventListener("abort", () => aborted.push("aborted"));
        return { name: "ann" };
      };
      await using app = await start({ createContext });
      const socket = await openRawSocket(app);
      await socket[Symbol.asyncDispose]();
      await aborted.count(1);
    });

    test("waits for its params when they are announced", async () => {
      const createContext: PlainOptions["createContext"] = async ({ info }) => ({
        name: info.connectionParams?.token ?? "nobody",
      });
      await using app = await start({ createContext });
      await using socket = await openRawSocket(app, "ben");
      socket.send(ask(1, "query", "name"));
      expect(await socket.texts.count(1)).toEqual(['{"id":1,"result":{"type":"data","data":"ben"}}']);
    });

    test.each([
      ["no JSON", "hello", "Malformed TRPCConnectionParamsMessage"],
      ["no object", "5", "Malformed TRPCConnectionParamsMessage"],
      ["of other types", '{"data":{"token":5}}', "Invalid connection params shape"],
    ])("is closed when its params are %s", async (_what, params, message) => {
      await using app = await start();
      await using socket = await openRawSocket({ webSocketUrl: `${app.webSocketUrl}?connectionParams=1` });
      socket.send(params);
      const [text = ""] = await socket.texts.count(1);
      expect(JSON.parse(text)).toMatchObject({ id: null, error: { message, data: { code: "PARSE_ERROR" } } });
      await socket.closed.count(1);
    });

    test("is closed when the context cannot be made, and what was asked is answered so", async () => {
      const createContext: PlainOptions["createContext"] = () => {
        throw new TRPCError({ code: "UNAUTHORIZED", message: "Who are you?" });
      };
      await using app = await start({ createContext });
      await using socket = await openRawSocket({ webSocketUrl: `${app.webSocketUrl}?connectionParams=1` });
      socket.send('{"data":null}');
      socket.send(ask(1, "query", "name"));
      await socket.closed.count(1);
      const [first, second] = socket.texts.items.map((text) => JSON.parse(text));
      expect(first).toMatchObject({ id: null, error: { message: "Who are you?", data: { code: "UNAUTHORIZED" } } });
      expect(second).toMatchObject({ id: 1, error: { message: "Who are you?", data: { path: "name" } } });
      expect(app.faults.items).toMatchObject([{ type: "unknown" }, { type: "query", path: "name" }]);
    });

    test("answers PING, and no PONG", async () => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send("PONG");
      socket.send("PING");
      expect(await socket.texts.count(1)).toEqual(["PONG"]);
    });

    test("does not answer PING when it must not", async () => {
      await using app = await start({ dangerouslyDisablePong: true });
      await using socket = await openRawSocket(app);
      socket.send("PING");
      socket.send(ask(1, "query", "name"));
      expect(await socket.texts.count(1)).toEqual([expect.stringContaining("ann")]);
    });

    test("is asked whether it is there, and given up when it is not", async () => {
      await using app = await start({ keepAlive: { enabled: true, pingMs: 20, pongWaitMs: 20 } });
      await using socket = await openRawSocket(app);
      await socket.closed.count(1);
      expect(socket.texts.items).toEqual(["PING"]);
    });

    test("is kept while it answers", async () => {
      await using app = await start({ keepAlive: { enabled: true, pingMs: 20, pongWaitMs: 2_000 } });
      await using socket = await openRawSocket(app);
      for (const times of [1, 2, 3]) {
        await socket.texts.count(times);
        socket.send("PONG");
      }
      expect(socket.texts.items).toEqual(["PING", "PING", "PING"]);
      expect(socket.closed.items).toEqual([]);
    });

    test("may be of another path than the prefix, and then is nobody's", async () => {
      await using app = await start({ prefix: "/trpc" });
      await using other = await openRawSocket({ webSocketUrl: `${app.webSocketUrl}/other` });
      await using socket = await openRawSocket({ webSocketUrl: `${app.webSocketUrl}/trpc` });
      other.send(ask(1, "query", "name"));
      other.send("PING");
      socket.send(ask(1, "query", "name"));
      await socket.texts.count(1);
      expect(other.texts.items).toEqual([]);
    });

    test("is told to connect anew", async () => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      app.applied.broadcastReconnectNotification();
      expect(await socket.texts.count(1)).toEqual(['{"id":null,"method":"reconnect"}']);
    });
  });

  test("uses an encoder of the application, for texts and for bytes", async () => {
    const encoder = {
      encode: (data: unknown) => new TextEncoder().encode(`!${JSON.stringify(data)}`),
      decode: (data: string | ArrayBuffer | Uint8Array) =>
        JSON.parse((typeof data === "string" ? data : new TextDecoder().decode(data)).slice(1)),
    };
    await using app = await start({ experimental_encoder: encoder });
    await using socket = await openRawSocket(app);
    socket.send(Buffer.from(`!${ask(1, "subscription", "count", "given")}`));
    await socket.texts.count(6);
    socket.send(`!${ask(2, "query", "name")}`);
    await socket.texts.count(7);
    app.applied.broadcastReconnectNotification();
    const texts = await socket.texts.count(8);
    expect(texts.map((text) => JSON.parse(text.slice(1)))).toEqual([
      { id: 1, result: { type: "started" } },
      { id: 1, result: { type: "data", data: "given" } },
      { id: 1, result: { type: "data", data: { id: "a:1", data: { count: 1 } }, id: "a:1" } },
      { id: 1, result: { type: "data", data: { id: "a:2" }, id: "a:2" } },
      { id: 1, result: { type: "data" } },
      { id: 1, result: { type: "stopped" } },
      { id: 2, result: { type: "data", data: "ann" } },
      { id: null, method: "reconnect" },
    ]);
  });

  test("serves the stock client, which comes back when it is told to", async () => {
    await using app = await start();
    const opened = new Recorder<string>();
    const socket = createWSClient({ url: app.webSocketUrl, onOpen: () => opened.push("opened") });
    const client = createTRPCClient<PlainRouter>({ links: [wsLink({ client: socket })] });
    const seen = new Recorder<unknown>();
    client.observed.subscribe(undefined, { onData: (data) => seen.push(data) });
    await seen.count(1);
    expect(await client.echo.query({ a: 1 })).toEqual({ a: 1 });
    app.applied.broadcastReconnectNotification();
    await app.emitters.count(2);
    app.emitters.items[1]?.next("again");
    await seen.first((data) => data === "again");
    expect(opened.items).toHaveLength(2);
    await socket.close();
  });
});
