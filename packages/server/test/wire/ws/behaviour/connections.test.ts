import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import { TRPCError } from "@trpc/server";
import { describe, expect, test } from "vitest";
import { openRawSocket } from "../../../support/raw-socket.ts";
import { Recorder } from "../../../support/recorder.ts";
import { ask, handlers } from "../support/both-handlers.ts";
import { type PlainOptions, type PlainRouter, startPlain } from "../support/plain-app.ts";

describe.each(handlers)("%s", (_name, apply) => {
  const start = (options?: PlainOptions) => startPlain(apply, options);

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
