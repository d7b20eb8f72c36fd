import { type DashboardSamples, defineDashboard, eventList, gauge } from "@shoal/contract/dashboards";
import { defineNotifications } from "@shoal/contract/notifications";
import { createMemoryStore, effect, initRealtime, type Store, system, type User } from "@shoal/server";
import {
  type AlertNews,
  type DashboardAlertsOptions,
  type ServeDashboardOptions,
  serveDashboard,
} from "@shoal/server/dashboards";
import { serveNotifications } from "@shoal/server/notifications";
import { testRealtime } from "@shoal/server/testing";
import { initTRPC } from "@trpc/server";
import * as z from "zod";
import { effectsRun } from "../erasure/search.ts";
import { userOf } from "../support/app.ts";
import { hurried } from "../support/hurried.ts";
import { Logged } from "../support/logged.ts";
import { eventually } from "../support/recorder.ts";

const metrics = {
  cpu: gauge({ unit: "percent", labels: ["node"] }),
  load: gauge(),
  depth: gauge(),
  notes: eventList({ data: z.string() }),
};

export const rules = {
  hot: { metric: "cpu", above: 90, clear: 80, for: "30s", title: "The processor is busy", notify: ["ann", "ben"] },
  loaded: { metric: "load", above: 10, clear: 8, severity: "critical", title: "Too much to do", notify: ["ann"] },
  shallow: { metric: "depth", below: 5, clear: 7, for: "10s", title: "There is little left" },
} as const;

/** With a window that no test outlives. */
const window = "1h";

export const ops = defineDashboard("ops", metrics, { window, alerts: rules });

/** The same with other rules. */
export function withRules(alerts: object): typeof ops {
  return defineDashboard("ops", metrics, { window, alerts } as object) as never;
}

const inbox = defineNotifications({
  alarm: {
    data: z.object({ what: z.string(), title: z.string(), on: z.string() }),
    render: ({ title, on, what }) => ({ title, body: `${what} ${on}` }),
  },
});

/** A notification for each whom the rule names. */
const toInboxes = ({ what, alert }: AlertNews) =>
  alert.notify.map((userId) =>
    effect(inbox, { userId }, "notify", {
      content: { kind: "alarm", data: { what, title: alert.title, on: alert.labels.node ?? "" } },
      key: `${alert.id}-${what}`,
      actor: null,
      link: null,
      source: null,
    }),
  );

/** The `authorize` of the dashboard. */
type MayWatch = NonNullable<
  ServeDashboardOptions<"ops", typeof metrics, keyof typeof rules, User | null, object>["authorize"]
>;

type AlertsOptions = DashboardAlertsOptions<keyof typeof rules, User | null, object>;

/** What a dashboard is given: of each metric a value, or one for each node. */
export type Readings = Readonly<Record<string, number | Readonly<Record<string, number>>>>;

const toSample = (value: number) => [value, value, value, value, 1];

export function toSamples(readings: Readings): DashboardSamples {
  const toSeries = (value: Readings[string]) =>
    typeof value === "number"
      ? { "": toSample(value) }
      : Object.fromEntries(Object.entries(value).map(([node, one]) => [JSON.stringify([node]), toSample(one)]));
  const series = Object.fromEntries(Object.entries(readings).map(([metric, value]) => [metric, toSeries(value)]));
  return { series, lists: {}, tables: {}, stale: {} };
}

export function alertChannels(options: AlertsOptions = {}, dashboard = ops, mayWatch?: MayWatch) {
  return [
    ...serveDashboard(dashboard, {
      ...(mayWatch && { authorize: mayWatch }),
      alerts: { effects: toInboxes, ...options },
    }),
    ...serveNotifications(inbox),
  ] as const;
}

/** The world of a test, in which time stands still but for `advance`. */
export function alertsWorld(options: AlertsOptions = {}) {
  const w = testRealtime({ channels: alertChannels(options) });
  return {
    w,
    read: async (readings: Readings) => {
      await w.system(ops, {}).send.update(toSamples(readings));
      await w.settle();
    },
    alerts: async () => (await w.system(ops.alerts, {}).state()).alerts,
    told: async (userId: string) => (await w.system(inbox, { userId }).state()).items.map(({ data }) => data),
    [Symbol.asyncDispose]: () => w[Symbol.asyncDispose](),
  };
}

export interface AlertsAppOptions extends AlertsOptions {
  readonly store?: Store;
  readonly dashboard?: typeof ops;
  readonly mayWatch?: MayWatch;
}

/** Alerts on a store, as an application would serve them. It listens nowhere. */
export function createAlerts({
  store = createMemoryStore(),
  dashboard = ops,
  mayWatch,
  ...options
}: AlertsAppOptions = {}) {
  const t = initTRPC.context<{ readonly user: User | null }>().create({ isDev: false });
  const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const logged = new Logged();
  const realtime = createRealtime({
    ...hurried,
    instance: false,
    store,
    logger: logged.logger,
    channels: alertChannels(options, dashboard, mayWatch),
  });
  const router = t.router({ realtime: realtime.router });
  const hand = realtime.topic(ops.alerts, {}).as(system);
  return {
    realtime,
    store,
    logged,
    hand,
    /** Tells the alerts of a crossing, as a dashboard does. */
    cross: (rule: string, over: boolean, { key = "", value = over ? 99 : 1, at = Date.now() } = {}) =>
      hand.send.cross({ crossings: [{ rule, key, over, value, at }] }),
    as: (token: string | null) => router.createCaller({ user: userOf(token) }).realtime,
    /** Reads the load, and runs all that follows: the alert fires or is resolved, and everybody was told. */
    async readLoad(load: number, patience?: number): Promise<void> {
      realtime.ops.set("load", load);
      await realtime.ops.flush();
      const phase = load > rules.loaded.above ? "firing" : "resolved";
      const isIn = async () => (await hand.state()).alerts[0]?.phase === phase;
      await eventually(isIn, `the alert is ${phase}`, patience);
      await effectsRun(store);
    },
    inboxOf: (userId: string) => realtime.topic(inbox, { userId }).as(system).state(),
    [Symbol.asyncDispose]: () => realtime.close(),
  };
}

export type AlertsApp = ReturnType<typeof createAlerts>;
