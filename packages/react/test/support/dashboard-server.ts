import { createClient } from "@shoal/client";
import type { Duration } from "@shoal/contract";
import { counter, defineDashboard, eventList, gauge, histogram } from "@shoal/contract/dashboards";
import { consoleLogger, createMemoryStore, initRealtime, type Store, serve, type User } from "@shoal/server";
import { serveDashboard, source } from "@shoal/server/dashboards";
import { initTRPC } from "@trpc/server";
import * as z from "zod";
import { Network } from "../../../client/test/support/network.ts";

/** With tiers so fast that a test need not wait. */
const define = (window: Duration) =>
  defineDashboard(
    "ops",
    {
      cpu: gauge({ unit: "percent" }),
      memory: gauge({ unit: "bytes", labels: ["node"] }),
      requests: counter(),
      latency: histogram({ unit: "ms", buckets: [1, 10, 100] }),
      errors: eventList({ data: z.object({ message: z.string() }) }),
      queue: gauge(),
    },
    {
      window,
      resolution: "100ms",
      tiers: { live: 20, calm: 300, background: 5_000 },
      alerts: { hot: { metric: "cpu", above: 90, clear: 80, title: "The processor is busy" } },
    },
  );

export const ops = define("60s");

/** The same with a window that a test can outlast. */
export const brief = define("1s");

const logger = { ...consoleLogger, info: () => {}, warn: () => {} };

/** A server with a dashboard, whose source `queue` reads what `queue.read` returns. */
export async function startDashboardServer({
  store = createMemoryStore(),
  port = 0,
  windowed = ops,
}: {
  readonly store?: Store;
  readonly port?: number;
  readonly windowed?: typeof ops;
} = {}) {
  const t = initTRPC.context<{ readonly user: User | null }>().create();
  const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const queue = { read: (): number => 1 };
  const reading = source(windowed, {
    name: "queue",
    metrics: ["queue"],
    every: "100ms",
    collect: () => ({ queue: queue.read() }),
  });
  const realtime = createRealtime({
    store,
    logger,
    channels: [...serveDashboard(windowed, { sources: [reading] })],
    rates: { commandsPerMinute: 0 },
    drainSpreadMs: 0,
  });
  const handle = await serve({
    router: t.router({ realtime: realtime.router }),
    port,
    createContext: ({ info }) => {
      const name = info.connectionParams?.token;
      return { user: name ? { id: name, name: name.toUpperCase() } : null };
    },
  });
  return {
    realtime,
    queue,
    url: `${handle.url}/trpc`,
    port: handle.port,
    cut: () => {
      for (const socket of handle.sockets) socket.terminate();
    },
    async [Symbol.asyncDispose]() {
      await realtime.close();
      await handle.close();
    },
  };
}

export function connectTo({ url }: { readonly url: string }, token: string, windowed = ops) {
  const network = new Network();
  const client = createClient({
    url,
    channels: [windowed, windowed.alerts],
    token: () => token,
    user: () => ({ id: token, name: token.toUpperCase() }),
    WebSocket: network.WebSocket,
  });
  return Object.assign(client, { network, [Symbol.asyncDispose]: () => client.close() });
}
