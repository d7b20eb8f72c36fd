import * as z from "zod/mini";
import { counter, eventList, gauge, histogram, table } from "./dashboard-kinds.ts";

const labels = ["node"] as const;

/** How a node's process is, as `systemHealth()` of `@shoal/server/dashboard-sources` reads it: to be spread into `defineDashboard`. */
export const systemHealthMetrics = {
  /** Of the process, of one processor: over 100 where several work for it. */
  cpu: gauge({ unit: "percent", labels }),
  /** How many wait for the machine's processors, on average over a minute. */
  load: gauge({ labels }),
  /** All that the process has of the machine's memory. */
  memory: gauge({ unit: "bytes", labels }),
  /** What of it holds JavaScript's values. */
  heap: gauge({ unit: "bytes", labels }),
  /** How late the event loop is, of a hundred looks a second: half of them, one in a hundred, and the worst. */
  loopDelayP50: gauge({ unit: "ms", labels }),
  loopDelayP99: gauge({ unit: "ms", labels }),
  loopDelayMax: gauge({ unit: "ms", labels }),
  /** How much of the time the event loop is at work. */
  loopUtilization: gauge({ unit: "percent", labels }),
  /** How long the garbage collector stopped the process. */
  gcTime: counter({ unit: "ms", labels }),
  uptime: gauge({ unit: "s", labels }),
};

/** The upper bounds of the buckets in which a server counts how long commands took, in milliseconds. */
export const commandLatencyBounds: readonly number[] = [
  0.5, 1, 2, 3, 5, 7.5, 10, 15, 25, 50, 75, 100, 250, 500, 1_000, 2_500, 5_000,
];

/** What the realtime does, as `realtimeHealth()` reads it of `realtime.stats()`. What is counted is that of all nodes together. */
export const realtimeHealthMetrics = {
  /** WebSockets, and streams of server-sent events, that are open. */
  connections: gauge({ labels }),
  streams: gauge({ labels }),
  topics: gauge({ labels }),
  subscribers: gauge({ labels }),
  framesSent: counter(),
  bytesSent: counter({ unit: "bytes" }),
  /** By `accepted`, `rejected`, `refused` and `failed`. */
  commands: counter({ labels: ["outcome"] }),
  commandLatency: histogram({ unit: "ms", buckets: commandLatencyBounds }),
  /** Snapshots that were sent in the midst of a watch, by the reason. */
  resyncs: counter({ labels: ["reason"] }),
  /** Clients that were sent away since they read too slowly. */
  slowReaders: counter(),
  rateLimited: counter(),
};

/** Who uses the application, as `userActivity()` reads it. */
export const userActivityMetrics = {
  /** How many who are signed in have a connection or a watch. */
  usersOnline: gauge({ labels }),
  /** Who they are, of the node that reads it. */
  online: table({
    row: z.object({
      id: z.string(),
      name: z.optional(z.string()),
      tenant: z.optional(z.string()),
      node: z.string(),
      /** In milliseconds since the epoch. */
      since: z.number(),
      connections: z.number(),
      watches: z.number(),
    }),
    rows: 100,
  }),
  /** Who came and who went, on any node. */
  visits: eventList({
    data: z.object({
      what: z.enum(["came", "went"]),
      id: z.string(),
      name: z.optional(z.string()),
      node: z.string(),
    }),
    keep: 100,
  }),
};

/** What goes wrong on the server, as `errorMonitor()` hears it of the logger. */
export const errorMonitorMetrics = {
  /** By `error` and `warn`. */
  faults: counter({ labels: ["level"] }),
  /** The same faults as one, with how often, the newest first; of the node that reads it. */
  faultGroups: table({
    row: z.object({
      level: z.enum(["error", "warn"]),
      /** What was logged. */
      message: z.string(),
      /** The message of the error that was thrown last, where one was. */
      error: z.optional(z.string()),
      node: z.string(),
      count: z.number(),
      /** In milliseconds since the epoch. */
      first: z.number(),
      last: z.number(),
    }),
    rows: 50,
  }),
  /** Each of them, on any node. */
  recentFaults: eventList({
    data: z.object({
      level: z.enum(["error", "warn"]),
      message: z.string(),
      error: z.optional(z.string()),
      node: z.string(),
    }),
    keep: 100,
  }),
};
