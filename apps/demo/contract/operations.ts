import {
  errorMonitorMetrics,
  realtimeHealthMetrics,
  systemHealthMetrics,
  userActivityMetrics,
} from "@shoal/contract/dashboard-metrics";
import { defineDashboard, table } from "@shoal/contract/dashboards";
import * as z from "zod/mini";

/** What the server's process and its channels are doing. */
export const operations = defineDashboard(
  "operations",
  {
    ...systemHealthMetrics,
    ...realtimeHealthMetrics,
    ...userActivityMetrics,
    ...errorMonitorMetrics,
    /** The channels with most commands; without those that measure. */
    busiest: table({
      row: z.object({ channel: z.string(), perSecond: z.number(), subscribers: z.int(), topics: z.int() }),
      rows: 8,
    }),
  },
  {
    window: "15m",
    resolution: "1s",
    alerts: {
      busy: { metric: "cpu", above: 80, clear: 50, for: "4s", severity: "critical", title: "The processor is busy" },
      late: { metric: "loopDelayP99", above: 50, clear: 25, for: "4s", title: "The event loop is late" },
      slow: {
        metric: "commandLatency",
        quantile: 0.95,
        above: 400,
        clear: 200,
        over: "30s",
        title: "Commands take long",
      },
    },
  },
);

export type Operations = typeof operations;
