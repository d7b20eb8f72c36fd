import {
  errorMonitorMetrics,
  realtimeHealthMetrics,
  systemHealthMetrics,
  userActivityMetrics,
} from "@shoal/contract/dashboard-metrics";
import { type DashboardState, defineDashboard } from "@shoal/contract/dashboards";
import { system } from "@shoal/server";
import { errorMonitor, realtimeHealth, systemHealth, userActivity } from "@shoal/server/dashboard-sources";
import { serveDashboard } from "@shoal/server/dashboards";
import { startApp } from "../../support/app.ts";
import { eventually } from "../../support/recorder.ts";

const health = defineDashboard(
  "health",
  { ...systemHealthMetrics, ...realtimeHealthMetrics, ...userActivityMetrics, ...errorMonitorMetrics },
  { window: "1m", resolution: "100ms", tiers: { live: 20 } },
);

/** An application with a dashboard of everything that is built in, read ten times a second. */
export async function startHealth() {
  const every = "100ms";
  const sources = [
    ...systemHealth({ every }),
    ...realtimeHealth({ every }),
    ...userActivity({ every }),
    ...errorMonitor({ every }),
  ];
  const served = serveDashboard(health, { sources, node: "north" });
  const app = await startApp({ more: served as never, unwatchedMs: 20 });
  const state = (): Promise<DashboardState> => app.realtime.topic(health, {}).as(system).state();
  return {
    ...app,
    state,
    /** The state as soon as it is as wanted. */
    async when(is: (state: DashboardState) => boolean, what: string): Promise<DashboardState> {
      let last = await state();
      const look = async (): Promise<boolean> => {
        last = await state();
        return is(last);
      };
      await eventually(look, what, 10_000);
      return last;
    },
    /** An operator watches until it is disposed of. */
    watch() {
      const abort = new AbortController();
      const frames = app.realtime.topic(health, {}).as(system).subscribe({ signal: abort.signal });
      const watching = (async () => {
        for await (const _ of frames);
      })();
      return {
        async [Symbol.asyncDispose]() {
          abort.abort();
          await watching;
        },
      };
    },
    [Symbol.asyncDispose]: () => app.close(),
  };
}

/** What a series stands at: that of this node, or of the labels' values. */
export function latest({ series }: DashboardState, metric: string, ...labels: string[]): number | undefined {
  return series[metric]?.[labels.length > 0 ? JSON.stringify(labels) : ""]?.latest;
}
