import { defineChannel, type TypesOf } from "@shoal/contract";
import { createMemoryStore, initRealtime, serve, type User } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { type BeginningState, createClient } from "../src/index.ts";
import { until } from "./support/until.ts";

const state = z.object({ lines: z.array(z.string()), hidden: z.int() });

const pad = defineChannel(
  "pad",
  {
    params: z.object({ padId: z.string() }),
    state,
    events: { written: z.object({ line: z.string() }) },
    commands: { write: { input: z.object({ line: z.string() }) } },
    queries: {
      load: {
        input: z.object({ padId: z.string() }),
        output: z.object({ state, offset: z.int(), at: z.number(), position: z.string() }),
      },
    },
  },
  {
    initial: () => ({ lines: [], hidden: 7 }),
    apply: { written: (state, { line }) => ({ ...state, lines: [...state.lines, line] }) },
  },
);

/** A server of pads, of which a watch begins with no more than 1,000 bytes. Readers do not see how many are hidden. */
async function startPads() {
  const t = initTRPC.context<{ user: User | null }>().create();
  const { serveChannel, createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const pads = serveChannel(pad, {
    maxStateBytes: 1_000,
    authorize: ({ user, params }) => user !== null && params.padId !== "secret",
    audiences: ["readers"],
    audience: () => "readers",
    view: { state: (whole) => ({ ...whole, hidden: 0 }), event: (event) => event },
    commands: { write: ({ input, emit }) => emit("written", input) },
    queries: { load: async ({ input, topic }) => await topic(input).snapshot() },
  });
  const realtime = createRealtime({ channels: [pads], store: createMemoryStore(), logger: quiet });
  const handle = await serve({
    router: t.router({ realtime: realtime.router }),
    port: 0,
    createContext: ({ info, req }) => {
      const id = info.connectionParams?.token ?? req.headers.authorization;
      return { user: id ? { id, name: id } : null };
    },
  });
  const url = `${handle.url}/trpc`;
  return {
    url,
    realtime,
    /** Asks over HTTP, as a page would before it has a connection. */
    async load(padId: string) {
      const input = encodeURIComponent(JSON.stringify({ padId }));
      const response = await fetch(`${url}/realtime.pad.load?input=${input}`, { headers: { authorization: "ann" } });
      const { result } = (await response.json()) as { result?: { data: BeginningState<TypesOf<typeof pad>> } };
      return { status: response.status, loaded: result?.data };
    },
    async [Symbol.asyncDispose]() {
      await realtime.close();
      await handle.close();
    },
  };
}

const quiet = { info: () => {}, warn: () => {}, error: () => {} };

describe("A state that is too large for a watch to begin with", () => {
  test("comes by a query over HTTP, and the watch goes on from there", async () => {
    await using server = await startPads();
    const client = createClient({ url: server.url, channels: [pad], token: () => "ann" });
    await using _closed = { [Symbol.asyncDispose]: () => client.close() };
    const hand = server.realtime.topic(pad, { padId: "a" }).as({ id: "ann", name: "Ann" });
    for (let line = 0; line < 30; line += 1) await hand.send.write({ line: `${line} ${"x".repeat(100)}` });

    const topic = client.pad({ padId: "a" });
    topic.subscribe(() => {});
    const failed = await until(topic, ({ status }) => status === "failed");
    expect(failed).toMatchObject({ error: { code: "PAYLOAD_TOO_LARGE" }, state: undefined });

    const { loaded } = await server.load("a");
    expect(loaded).toMatchObject({ offset: 30, state: { hidden: 0 } });
    await hand.send.write({ line: "while it was loading" });
    if (loaded) topic.hydrate(loaded);
    topic.retry();
    const live = await until(topic, ({ status }) => status === "live");
    expect(live.state?.lines).toHaveLength(31);
    await hand.send.write({ line: "the last" });
    const last = await until(topic, ({ offset }) => offset === 32);
    expect(last.state?.lines.slice(-2)).toEqual(["while it was loading", "the last"]);
  });

  test("is given to nobody who may not watch it", async () => {
    await using server = await startPads();
    expect(await server.load("secret")).toMatchObject({ status: 403, loaded: undefined });
  });
});
