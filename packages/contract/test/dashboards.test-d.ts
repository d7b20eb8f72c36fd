import {
  type AlertRule,
  counter,
  type DashboardState,
  defineDashboard,
  eventList,
  gauge,
  histogram,
  type LabelsOf,
  type MetricName,
  type SeriesName,
  table,
} from "@shoal/contract/dashboards";
import { expectTypeOf, test } from "vitest";
import * as z from "zod";

const ops = defineDashboard(
  "ops",
  {
    cpu: gauge({ unit: "percent", labels: ["node"] }),
    requests: counter({ labels: ["route", "method"] }),
    latency: histogram({ unit: "ms", buckets: [1, 10, 100] }),
    errors: eventList({ data: z.object({ message: z.string() }) }),
    topRoutes: table({ row: z.object({ route: z.string(), count: z.int() }) }),
  },
  {
    window: "15m",
    resolution: "1s",
    alerts: {
      hot: { metric: "cpu", above: 90, clear: 80, for: "30s", title: "The processor is busy" },
      slow: { metric: "latency", quantile: 0.99, above: 50, title: "Answers are slow" },
    },
  },
);
type M = typeof ops.metrics;

test("a dashboard is a channel whose metrics keep their kinds, units and labels", () => {
  expectTypeOf(ops.name).toEqualTypeOf<"ops">();
  expectTypeOf(ops.alerts.name).toEqualTypeOf<"opsAlerts">();
  expectTypeOf(ops.metrics.cpu.unit).toEqualTypeOf<"percent">();
  expectTypeOf<LabelsOf<M["cpu"]>>().toEqualTypeOf<{ readonly node: string }>();
  expectTypeOf<LabelsOf<M["latency"]>>().toEqualTypeOf<{}>();
  expectTypeOf<SeriesName<M>>().toEqualTypeOf<"cpu" | "requests" | "latency">();
  expectTypeOf<MetricName<M, "table">>().toEqualTypeOf<"topRoutes">();
  expectTypeOf<keyof typeof ops.tiers>().toEqualTypeOf<"live" | "calm" | "background">();
  expectTypeOf<keyof typeof ops.rules>().toEqualTypeOf<"hot" | "slow">();
  expectTypeOf(ops.initial({})).toEqualTypeOf<DashboardState>();
});

test("a rule is about a metric that has numbers, by one threshold", () => {
  const rule = { metric: "cpu", above: 1, title: "" } as const;
  expectTypeOf(rule).toExtend<AlertRule<M>>();
  // @ts-expect-error an event list has no numbers
  defineDashboard("a", ops.metrics, { alerts: { a: { metric: "errors", above: 1, title: "" } } });
  // @ts-expect-error there is no such metric
  defineDashboard("a", ops.metrics, { alerts: { a: { metric: "memory", above: 1, title: "" } } });
  // @ts-expect-error it is one or the other
  defineDashboard("a", ops.metrics, { alerts: { a: { metric: "cpu", above: 1, below: 0, title: "" } } });
  // @ts-expect-error a gauge has no quantile
  defineDashboard("a", ops.metrics, { alerts: { a: { metric: "cpu", above: 1, quantile: 0.5, title: "" } } });
});
