import { counter, defineDashboard, eventList, gauge, histogram, table } from "@shoal/contract/dashboards";
import { initRealtime, type User } from "@shoal/server";
import { serveDashboard, source } from "@shoal/server/dashboards";
import { initTRPC } from "@trpc/server";
import { expectTypeOf, test } from "vitest";
import * as z from "zod";

const ops = defineDashboard("ops", {
  cpu: gauge({ unit: "percent" }),
  memory: gauge({ unit: "bytes", labels: ["node"] }),
  requests: counter({ labels: ["route", "method"] }),
  total: counter(),
  latency: histogram({ buckets: [1, 10] }),
  errors: eventList({ data: z.object({ message: z.string() }) }),
  topRoutes: table({ row: z.object({ route: z.string() }) }),
});

const t = initTRPC.context<{ user: User | null }>().create();
const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
const realtime = createRealtime({ channels: [...serveDashboard(ops)] });
const hand = realtime.ops;

test("the hand takes of each metric what its kind is, with its labels", () => {
  hand.set("cpu", 1);
  hand.set("memory", 1, { node: "a" });
  hand.set("topRoutes", [{ route: "/" }]);
  hand.increment("total");
  hand.increment("total", 2);
  hand.increment("requests", 1, { route: "/", method: "GET" });
  hand.observe("latency", 1);
  hand.push("errors", { message: "" });
  hand.update({ cpu: 1, latency: [1, 2], memory: [{ labels: { node: "a" }, value: 1 }], errors: [{ message: "" }] });
  hand.update({ latency: { counts: [1, 0, 0], sum: 1 } });
  expectTypeOf(hand.flush()).toEqualTypeOf<Promise<void>>();
  expectTypeOf(hand.of("acme")).toEqualTypeOf<typeof hand>();
});

test("the hand takes nothing else", () => {
  // @ts-expect-error there is no such metric
  hand.set("disk", 1);
  // @ts-expect-error a gauge is a number
  hand.set("cpu", "1");
  // @ts-expect-error a counter is not set
  hand.set("total", 1);
  // @ts-expect-error it has a label
  hand.set("memory", 1);
  // @ts-expect-error it has no such label
  hand.set("memory", 1, { host: "a" });
  // @ts-expect-error it has no label
  hand.set("cpu", 1, { node: "a" });
  // @ts-expect-error it has two labels
  hand.increment("requests", 1, { route: "/" });
  // @ts-expect-error a gauge does not grow
  hand.increment("cpu");
  // @ts-expect-error the data have a message
  hand.push("errors", {});
  // @ts-expect-error the rows have a route
  hand.set("topRoutes", [{ path: "/" }]);
  // @ts-expect-error what has labels is read as a list
  hand.update({ memory: 1 });
});

test("a source gives readings of the metrics that it names", () => {
  const good = source(ops, {
    name: "a",
    metrics: ["cpu", "total"],
    collect: async () => ({ cpu: 1, total: undefined }),
  });
  expectTypeOf(good.metrics).toEqualTypeOf<readonly ("cpu" | "total")[]>();
  serveDashboard(ops, { sources: [good] });
  // @ts-expect-error a gauge is a number
  source(ops, { name: "a", metrics: ["cpu"], collect: () => ({ cpu: "1" }) });
  // @ts-expect-error there is no such metric
  source(ops, { name: "a", metrics: ["disk"], collect: () => ({}) });
  const other = defineDashboard("other", { disk: gauge() });
  const strange = source(other, { name: "a", metrics: ["disk"], collect: () => ({ disk: 1 }) });
  // @ts-expect-error it reads what this dashboard does not have
  serveDashboard(ops, { sources: [strange] });
});
