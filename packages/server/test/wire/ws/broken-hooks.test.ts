import { once } from "node:events";
import { defineChannel } from "@shoal/contract";
import { createMemoryStore, initRealtime } from "@shoal/server";
import { createHTTPHandler } from "@shoal/server/sse";
import { applyWSSHandler, getWSConnectionHandler } from "@shoal/server/ws";
import { initTRPC, TRPCError } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import { describe, expect, test } from "vitest";
import type { WebSocket } from "ws";
import * as z from "zod";
import { quiet } from "../../support/quiet.ts";
import { openRawSocket } from "../../support/raw-socket.ts";
import { inTime, Recorder } from "../../support/recorder.ts";
import { listen as listenForHTTP } from "../sse/support/listen.ts";
import { ask, stop } from "./support/both-handlers.ts";
import { listen } from "./support/listen.ts";

const lamp = defineChannel(
  "lamp",
  {
    params: z.object({ lampId: z.string() }),
    state: z.object({ on: z.boolean() }),
    events: { lit: z.object({}) },
    commands: { light: {} },
  },
  { initial: () => ({ on: false }), apply: { lit: () => ({ on: true }) } },
);

interface Hooks {
  readonly formatError?: () => void;
  readonly serialize?: (value: unknown) => void;
  readonly onError?: () => void;
}

const broken = (): never => {
  throw new Error("A hook is broken.");
};

/** A realtime beside procedures of the application, whose hooks throw, and what is logged. */
async function startBroken({ formatError, serialize, onError }: Hooks) {
  const t = initTRPC.create({
    isDev: false,
    errorFormatter({ shape }) {
      formatError?.();
      return shape;
    },
    transformer: {
      serialize(value: unknown) {
        serialize?.(value);
        return value;
      },
      deserialize: (value: unknown) => value,
    },
  });
  const logged = new Recorder<string>();
  const { serveChannel, createRealtime } = initRealtime({ t, user: () => null });
  const served = serveChannel(lamp, { commands: { light: ({ emit }) => emit("lit") } });
  const logger = { ...quiet, error: (_fields: object, message: string) => logged.push(message) };
  const realtime = createRealtime({ channels: [served], store: createMemoryStore(), logger });
  const router = t.router({
    realtime: realtime.router,
    name: t.procedure.query(() => "ann"),
    fail: t.procedure.query(() => {
      throw new TRPCError({ code: "CONFLICT", message: "Not twice." });
    }),
    begin: t.procedure.subscription(() => {
      throw new TRPCError({ code: "CONFLICT", message: "Not twice." });
    }),
    observed: t.procedure.subscription(() =>
      observable<number>((observer) => {
        observer.next(1);
        return broken;
      }),
    ),
  });
  const options = { router, createContext: () => ({}), ...(onError && { onError }) };
  const sockets = await listen((wss) => applyWSSHandler({ wss, ...options }));
  const http = await listenForHTTP(createHTTPHandler(options));
  return {
    ...sockets,
    logged,
    url: http.url,
    async [Symbol.asyncDispose]() {
      await sockets[Symbol.asyncDispose]();
      await http[Symbol.asyncDispose]();
      await realtime.close();
    },
  };
}

const garbage = "garbage";
const unknownPath = ask(1, "query", "nowhere");
const failing = ask(1, "query", "fail");
const withoutId = ask(null, "query", "name");
const twice = `[${ask(1, "subscription", "observed")},${ask(1, "subscription", "observed")}]`;
const questions = [garbage, unknownPath, failing, withoutId, twice];

describe("An error format that throws", () => {
  test.each(questions)(
    "costs who is to be told of an error their connection, and nobody else: %s",
    async (question) => {
      await using app = await startBroken({ formatError: broken });
      await using other = await openRawSocket(app);
      await using socket = await openRawSocket(app);
      socket.send(question);
      expect(await socket.closed.count(1)).toEqual([1011]);
      expect(await app.logged.count(1)).toContain("a client could not be answered, and its connection was closed");
      other.send(ask(1, "query", "name"));
      expect(await other.answer(1)).toBe('{"id":1,"result":{"type":"data","data":"ann"}}');
    },
  );

  test("ends a stream, and nothing else", async () => {
    await using app = await startBroken({ formatError: broken });
    const answer = fetch(`${app.url}/begin`).then((response) => response.text());
    await expect(answer.catch(() => "cut off")).resolves.not.toContain("Not twice.");
    const { status } = await fetch(`${app.url}/name`);
    expect(status).toBe(200);
  });
});

test("A transformer that throws for whatever it is given costs who asked their connection, and nobody else", async () => {
  await using app = await startBroken({ serialize: broken });
  await using socket = await openRawSocket(app);
  socket.send(ask(1, "query", "name"));
  expect(await socket.closed.count(1)).toEqual([1011]);
  await using another = await openRawSocket(app);
  another.send("PING");
  expect(await another.texts.count(1)).toEqual(["PONG"]);
});

test.each(questions)(
  "An onError that throws is logged, and the client is answered all the same: %s",
  async (question) => {
    await using app = await startBroken({ onError: broken });
    await using socket = await openRawSocket(app);
    socket.send(question);
    await socket.texts.first((text) => text.includes('"error"'));
    socket.send(ask(2, "query", "name"));
    expect(await socket.answer(2)).toBe('{"id":2,"result":{"type":"data","data":"ann"}}');
    expect(app.logged.items.every((message) => message === "`onError` threw")).toBe(true);
  },
);

describe("An observable whose end throws", () => {
  test("is answered with the error when it is stopped, and the connection goes on", async () => {
    await using app = await startBroken({});
    await using socket = await openRawSocket(app);
    socket.send(ask(1, "subscription", "observed"));
    await socket.texts.count(2);
    socket.send(stop(1));
    const [, , error, stopped] = await socket.texts.count(4);
    expect(error).toContain("A hook is broken.");
    expect(stopped).toBe('{"id":1,"result":{"type":"stopped"}}');
    socket.send(ask(2, "query", "name"));
    await socket.answer(2);
  });

  test("ends with its connection like all others of it", async () => {
    const errors = new Recorder<string>();
    await using app = await startBroken({ onError: () => errors.push("told") });
    await using socket = await openRawSocket(app);
    socket.send(ask(1, "subscription", "observed"));
    socket.send(ask(2, "subscription", "observed"));
    await socket.texts.count(4);
    await socket[Symbol.asyncDispose]();
    await errors.count(2);
  });
});

test("A client that has gone before it is handed over takes no room", async () => {
  const t = initTRPC.create();
  const { serveChannel, createRealtime } = initRealtime({ t, user: () => null });
  const served = serveChannel(lamp, { commands: { light: ({ emit }) => emit("lit") } });
  const realtime = createRealtime({ channels: [served], store: createMemoryStore(), logger: quiet });
  const { router } = realtime;
  const handedOver = new Recorder<WebSocket>();
  await using app = await listen((wss) => {
    const connect = getWSConnectionHandler({ wss, router, createContext: () => ({}), maxConnections: 1 });
    wss.on("connection", async (client, req) => {
      if (handedOver.items.length === 0) await once(client, "close");
      connect(client, req);
      handedOver.push(client);
    });
  });
  const first = await openRawSocket(app);
  await first[Symbol.asyncDispose]();
  await handedOver.count(1);
  await using second = await openRawSocket(app);
  second.send("PING");
  expect(await inTime(second.texts.count(1), "an answer")).toEqual(["PONG"]);
  await realtime.close();
});
