import {
  counter,
  type DashboardState,
  defineDashboard,
  eventList,
  gauge,
  histogram,
  table,
} from "@shoal/contract/dashboards";
import { type Broker, createMemoryStore, initRealtime, type Store, serve, system, type User } from "@shoal/server";
import { type ServeDashboardOptions, type Source, serveDashboard } from "@shoal/server/dashboards";
import { initTRPC } from "@trpc/server";
import * as z from "zod";
import { userOf } from "../support/app.ts";
import { hurried } from "../support/hurried.ts";
import { Logged } from "../support/logged.ts";

export interface Context {
  readonly user: User | null;
}

const metrics = {
  cpu: gauge({ unit: "percent" }),
  memory: gauge({ unit: "bytes", labels: ["node"], maxSeries: 3 }),
  requests: counter({ labels: ["route"], maxSeries: 3 }),
  total: counter(),
  latency: histogram({ unit: "ms", buckets: [1, 10, 100] }),
  errors: eventList({ data: z.object({ message: z.string() }), keep: 3 }),
  topRoutes: table({ row: z.object({ route: z.string(), count: z.int() }), rows: 2 }),
};

/** With tiers so fast that a test need not wait, and a window that it can outlive. */
export const ops = defineDashboard("ops", metrics, {
  window: "2s",
  resolution: "100ms",
  tiers: { live: 20, calm: 200 },
});

/** The same without an end that a test would see. */
export const long = defineDashboard("long", metrics, { tiers: { live: 20, calm: 200 } });

/** Its rules look at a time. */
export const guarded = defineDashboard("guarded", metrics, {
  tiers: { live: 20 },
  alerts: {
    hot: { metric: "cpu", above: 90, clear: 80, title: "The processor is busy" },
    busy: { metric: "requests", above: 10, over: "10s", title: "Many requests" },
    slow: { metric: "latency", quantile: 0.5, above: 20, over: "10s", title: "Answers are slow" },
  },
});

type Metrics = typeof metrics;
type Options = ServeDashboardOptions<"ops" | "long" | "guarded", Metrics, string, User | null, Context>;

export interface DashboardAppOptions extends Pick<Options, "durable" | "lease" | "node" | "retention"> {
  readonly store?: Store;
  readonly broker?: Broker;
  readonly sources?: readonly Source<keyof Metrics>[];
  /** Those of the dashboard with alerts. */
  readonly guardedSources?: readonly Source<keyof Metrics>[];
  readonly unwatchedMs?: number;
  readonly idleMs?: number;
  readonly lookMs?: number;
  readonly commandDeadlineMs?: number;
}

/** Dashboards on one store, each with the hand that measures. It listens nowhere. */
export function createDashboards({
  store,
  broker,
  sources = [],
  guardedSources = [],
  unwatchedMs = 20,
  idleMs = 30_000,
  lookMs = 50,
  commandDeadlineMs = 4_500,
  ...options
}: DashboardAppOptions = {}) {
  const t = initTRPC.context<Context>().create({ isDev: false });
  const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const logged = new Logged();
  const realtime = createRealtime({
    ...hurried,
    instance: false,
    store: store ?? createMemoryStore(),
    ...(broker && { broker }),
    unwatchedMs,
    idleMs,
    lookMs,
    commandDeadlineMs,
    logger: logged.logger,
    channels: [
      ...serveDashboard(ops, { ...options, sources }),
      ...serveDashboard(long, options),
      ...serveDashboard(guarded, { ...options, sources: guardedSources }),
    ],
  });
  const router = t.router({ realtime: realtime.router });
  return {
    realtime,
    router,
    logged,
    state: (): Promise<DashboardState> => realtime.topic(ops, {}).as(system).state(),
    alerts: async () => (await realtime.topic(guarded.alerts, {}).as(system).state()).alerts,
    /** The type of the newest event. */
    lastEvent: async () => (await realtime.topic(ops, {}).as(system).history({ limit: 1 }))[0]?.type,
    /** Somebody watches until it is disposed of. */
    watch() {
      const abort = new AbortController();
      const frames = realtime.topic(ops, {}).as(userOf("ann")).subscribe({ signal: abort.signal });
      const watching = (async () => {
        for await (const _ of frames);
      })();
      return {
        async [Symbol.asyncDispose]() {
          abort.abort();
          await watching.catch(() => {});
        },
      };
    },
    close: () => realtime.close(),
    [Symbol.asyncDispose]: () => realtime.close(),
  };
}

export type DashboardApp = ReturnType<typeof createDashboards>;

/** Dashboards on a port of their own. */
export async function startDashboards(options: DashboardAppOptions & { readonly port?: number } = {}) {
  const app = createDashboards(options);
  const handle = await serve({
    router: app.router,
    port: options.port ?? 0,
    createContext: ({ req, info }) => ({
      user: userOf(info.connectionParams?.token ?? req.headers.authorization?.replace("Bearer ", "")),
    }),
  });
  const close = async (): Promise<void> => {
    await handle.close();
    await app.close();
  };
  return {
    ...app,
    handle,
    url: `${handle.url}/trpc`,
    webSocketUrl: `ws://localhost:${handle.port}/trpc`,
    cut: () => {
      for (const socket of handle.sockets) socket.terminate();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
