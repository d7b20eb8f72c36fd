import { createClient, type Topic } from "@shoal/client";
import { type Column, dashboardView, formatValue } from "@shoal/client/dashboards";
import {
  counter,
  type DashboardTypes,
  defineDashboard,
  eventList,
  gauge,
  histogram,
  table,
} from "@shoal/contract/dashboards";
import { useAlerts, useDashboard } from "@shoal/react/dashboards";
import { expectTypeOf } from "vitest";
import * as z from "zod";

const ops = defineDashboard(
  "ops",
  {
    cpu: gauge({ unit: "percent" }),
    memory: gauge({ unit: "bytes", labels: ["node"] }),
    requests: counter({ labels: ["route", "method"] }),
    latency: histogram({ unit: "ms", buckets: [1, 10, 100] }),
    errors: eventList({ data: z.object({ message: z.string() }) }),
    routes: table({ row: z.object({ route: z.string(), count: z.int() }) }),
  },
  {
    tiers: { live: "100ms", slow: "1m" },
    alerts: { hot: { metric: "cpu", above: 90, title: "The processor is busy" } },
  },
);

const client = createClient({ url: "/trpc", channels: [ops, ops.alerts] });
expectTypeOf(client.ops({}).current.state?.at).toEqualTypeOf<number | undefined>();
expectTypeOf(client.opsAlerts({}).current.state?.alerts[0]?.rule).toEqualTypeOf<string | undefined>();

export function Everything() {
  const { latest, series, stale, status, topic, at } = useDashboard(ops);
  expectTypeOf(topic).toEqualTypeOf<Topic<DashboardTypes<"ops">>>();
  expectTypeOf(at).toEqualTypeOf<number | undefined>();
  expectTypeOf(stale.cpu?.reason).toEqualTypeOf<string | undefined>();
  expectTypeOf(status).toEqualTypeOf<"connecting" | "live" | "reconnecting" | "failed" | "closed">();
  // @ts-expect-error before the first state there is nothing
  void latest.cpu;
  if (!latest || !series) return null;
  expectTypeOf(latest.cpu.unit).toEqualTypeOf<"percent">();
  expectTypeOf(latest.cpu.value).toEqualTypeOf<number | null>();
  expectTypeOf(latest.memory.series[0]?.labels).toEqualTypeOf<{ readonly node: string } | undefined>();
  expectTypeOf(latest.memory.series[0]?.value).toEqualTypeOf<number | undefined>();
  expectTypeOf(latest.requests.series[0]?.rate).toEqualTypeOf<number | undefined>();
  expectTypeOf(latest.requests.series[0]?.labels.method).toEqualTypeOf<string | undefined>();
  expectTypeOf(latest.latency.p99).toEqualTypeOf<number | null>();
  expectTypeOf(latest.errors.occurrences[0]?.data).toEqualTypeOf<{ message: string } | undefined>();
  expectTypeOf(latest.routes.rows[0]?.count).toEqualTypeOf<number | undefined>();
  expectTypeOf(series.cpu.x).toEqualTypeOf<Float64Array<ArrayBufferLike>>();
  expectTypeOf(series.cpu.max).toEqualTypeOf<Column>();
  expectTypeOf(series.latency.p95).toEqualTypeOf<Column>();
  expectTypeOf(series.requests.series[0]?.rate).toEqualTypeOf<Column | undefined>();
  // @ts-expect-error a table has no history
  void series.routes;
  // @ts-expect-error a metric with labels has a value for each series
  void latest.memory.value;
  return formatValue(ops.metrics.cpu, latest.cpu.value);
}

export function Some() {
  const { latest, series } = useDashboard(ops, { metrics: ["cpu", "routes"], tier: "slow", range: "5m", points: 300 });
  void latest?.cpu.value;
  // @ts-expect-error it was not named
  void latest?.latency;
  // @ts-expect-error it was not named
  void series?.latency;
  // @ts-expect-error there is no such metric
  useDashboard(ops, { metrics: ["disk"] });
  // @ts-expect-error there is no such tier
  useDashboard(ops, { tier: "background" });
  const look = dashboardView(ops, { metrics: ["latency"] });
  expectTypeOf(look(ops.initial({})).latest.latency.counts).toEqualTypeOf<readonly number[] | null>();
  return null;
}

export function Alerts() {
  const { alerts, firing, acknowledge, history, status } = useAlerts(ops, { history: true });
  expectTypeOf(firing[0]?.rule).toEqualTypeOf<"hot" | undefined>();
  expectTypeOf(alerts[0]?.phase).toEqualTypeOf<"pending" | "firing" | "resolved" | undefined>();
  expectTypeOf(history.items[0]?.what).toEqualTypeOf<"fired" | "resolved" | "acknowledged" | undefined>();
  void (async () => {
    const outcome = await acknowledge({ id: "a" }, "I look at it");
    if (!outcome.ok) expectTypeOf(outcome.reason).toEqualTypeOf<"NOT_FOUND" | "NOT_FIRING" | "ALREADY">();
  });
  return status;
}
