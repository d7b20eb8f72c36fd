import { promisify } from "node:util";
import { defineChannel, type TypesOf } from "@shoal/contract";
import { createMemoryStore, initRealtime, type OpenCall, type Store, serve, type WatchedCall } from "@shoal/server";
import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import * as z from "zod";
import { openStream, type StreamOptions } from "../wire/sse/support/open-stream.ts";
import { follow } from "./connect.ts";
import { hurried } from "./hurried.ts";
import { Logged } from "./logged.ts";
import { Recorder } from "./recorder.ts";

export const dial = defineChannel(
  "dial",
  {
    params: z.object({ dialId: z.string() }),
    state: z.object({ turns: z.int() }),
    events: { turned: z.object({}) },
    commands: { turn: {}, tick: { internal: true } },
  },
  { initial: () => ({ turns: 0 }), apply: { turned: ({ turns }) => ({ turns: turns + 1 }) } },
);

type Dial = TypesOf<typeof dial>;

interface Calls {
  readonly calls: Recorder<string>;
}

export interface DialsOptions {
  readonly store?: Store;
  readonly unwatchedMs?: number;
  readonly durable?: boolean;
  /** What the hooks do. By default each tells that it began, and that it has heard of its end. */
  readonly whileWatched?: (call: WatchedCall<Dial> & Calls) => unknown;
  readonly whileOpen?: (call: OpenCall<Dial> & Calls) => unknown;
}

/** Fulfilled when a signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Dials without presence, on a port of their own, and a record of what their hooks were told. A token is the user. */
export async function startDials(options: DialsOptions = {}) {
  const { store = createMemoryStore(), unwatchedMs = 0, durable = true } = options;
  const t = initTRPC.context<{ token: string }>().create({ isDev: false });
  const { serveChannel, createRealtime } = initRealtime({ t, user: ({ token }) => (token ? { id: token } : null) });
  const calls = new Recorder<string>();
  const logged = new Logged();
  const { whileWatched = tellWatched, whileOpen } = options;
  const dials = serveChannel(dial, {
    durable,
    commands: { turn: ({ emit }) => emit("turned"), tick: ({ emit }) => emit("turned") },
    whileWatched: (call) => whileWatched({ ...call, calls }),
    ...(whileOpen && { whileOpen: (call) => whileOpen({ ...call, calls }) }),
  });
  const realtime = createRealtime({
    ...hurried,
    store,
    unwatchedMs,
    channels: [dials],
    instance: false,
    logger: logged.logger,
  });
  const router = t.router({ realtime: realtime.router });
  const handle = await serve({
    router,
    port: 0,
    createContext: ({ req, info }) => ({ token: info.connectionParams?.token ?? req.headers.authorization ?? "" }),
  });
  const url = `${handle.url}/trpc`;
  return {
    realtime,
    calls,
    logged,
    handle,
    url,
    /** A tab, on a socket of its own. */
    tab(token: string) {
      const client = createWSClient({
        url: `ws://localhost:${handle.port}/trpc`,
        connectionParams: { token },
        retryDelayMs: () => 5,
      });
      const trpc = createTRPCClient<typeof router>({ links: [wsLink({ client })] }).realtime.dial;
      return {
        trpc,
        watch: (dialId = "a") => follow(trpc.watch, { dialId }),
        close: () => client.close(),
        [Symbol.asyncDispose]: () => client.close(),
      };
    },
    /** A stream of server-sent events. */
    stream: (dialId = "a", more: StreamOptions = {}) =>
      openStream(`${url}/realtime.dial.watch?input=${encodeURIComponent(JSON.stringify({ dialId }))}`, more),
    /** How many connections there are, of any kind. */
    connections: () => promisify(handle.server.getConnections.bind(handle.server))(),
    /** Ends every connection without a word, as a network does. */
    cut: () => {
      for (const socket of handle.sockets) socket.terminate();
    },
    async [Symbol.asyncDispose]() {
      await handle.close();
      await realtime.close();
    },
  };
}

async function tellWatched({ params, tenant, signal, calls }: WatchedCall<Dial> & Calls): Promise<void> {
  calls.push(`watched ${params.dialId}${tenant === null ? "" : ` of ${tenant}`}`);
  await aborted(signal);
  calls.push(`unwatched ${params.dialId}`);
}
