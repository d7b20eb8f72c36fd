import { counter, defineDashboard, eventList, gauge, histogram, table } from "@shoal/contract/dashboards";
import * as z from "zod/mini";

/** What the server's process and its channels are doing. */
export const operations = defineDashboard(
  "operations",
  {
    /** Of one core of the processor; several threads may use more. */
    cpu: gauge({ unit: "percent" }),
    memory: gauge({ unit: "bytes" }),
    /** How late the event loop was for 99 of 100 of its turns. */
    loopDelay: gauge({ unit: "ms" }),
    connections: gauge(),
    /** Commands that had an outcome, of people and of the server's own hand; without those that measure. */
    commands: counter(),
    sent: counter({ unit: "bytes" }),
    /** How long a command took, until it was committed. */
    latency: histogram({
      unit: "ms",
      buckets: [0.5, 1, 2, 3, 5, 7.5, 10, 15, 25, 50, 75, 100, 250, 500, 1_000, 2_500, 5_000],
    }),
    busiest: table({
      row: z.object({ channel: z.string(), perSecond: z.number(), subscribers: z.int(), topics: z.int() }),
      rows: 8,
    }),
    online: table({ row: z.object({ id: z.string(), name: z.string(), since: z.number() }), rows: 30 }),
    visits: eventList({ data: z.object({ name: z.string(), what: z.enum(["came", "left"]) }), keep: 30 }),
    errors: eventList({ data: z.object({ message: z.string(), level: z.enum(["error", "warning"]) }), keep: 30 }),
  },
  {
    window: "15m",
    resolution: "1s",
    alerts: {
      busy: { metric: "cpu", above: 80, clear: 50, for: "4s", severity: "critical", title: "The processor is busy" },
      late: { metric: "loopDelay", above: 50, clear: 25, for: "4s", title: "The event loop is late" },
      slow: { metric: "latency", quantile: 0.95, above: 400, clear: 200, over: "30s", title: "Commands take long" },
    },
  },
);

export type Operations = typeof operations;
