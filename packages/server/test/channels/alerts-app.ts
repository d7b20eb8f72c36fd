import {
  type AnyDashboard,
  type AnyDashboardTypes,
  type Crossing,
  type DashboardSamples,
  defineDashboard,
  gauge,
  isBeyond,
  type KnownRule,
  overKey,
} from "@shoal/contract/dashboards";
import { defineNotifications } from "@shoal/contract/notifications";
import { createMemoryStore, effect, initRealtime, type Store, serveChannel, system, type User } from "@shoal/server";
import { serveNotifications } from "@shoal/server/notifications";
import { testRealtime } from "@shoal/server/testing";
import { initTRPC } from "@trpc/server";
import * as z from "zod";
import { toAlertEffects } from "../../src/channels/dashboard-alert-effects.ts";
import {
  type AlertNews,
  type DashboardAlertsOptions,
  serveDashboardAlerts,
} from "../../src/channels/dashboard-alerts.ts";
import { effectsRun } from "../erasure/search.ts";
import { userOf } from "../support/app.ts";
import { hurried } from "../support/hurried.ts";
import { Logged } from "../support/logged.ts";
import { eventually } from "../support/recorder.ts";

export const metrics = { cpu: gauge({ unit: "percent", labels: ["node"] }), load: gauge(), depth: gauge() };

export const rules = {
  hot: { metric: "cpu", above: 90, clear: 80, for: "30s", title: "The processor is busy", notify: ["ann", "ben"] },
  loaded: { metric: "load", above: 10, clear: 8, severity: "critical", title: "Too much to do", notify: ["ann"] },
  shallow: { metric: "depth", below: 5, clear: 7, for: "10s", title: "There is little left" },
} as const;

export const ops = defineDashboard("ops", metrics, { alerts: rules });

export const inbox = defineNotifications({
  alarm: {
    data: z.object({ what: z.string(), title: z.string(), on: z.string() }),
    render: ({ title, on, what }) => ({ title, body: `${what} ${on}` }),
  },
});

/** A notification for each whom the rule names. */
export const toInboxes = ({ what, alert, rule }: AlertNews) =>
  (rule?.notify ?? []).map((userId) =>
    effect(inbox, { userId }, "notify", {
      content: { kind: "alarm", data: { what, title: alert.title, on: alert.labels.node ?? "" } },
      key: `${alert.id}-${what}`,
      actor: null,
      link: null,
      source: null,
    }),
  );

export type AlertsOptions = DashboardAlertsOptions<string, User | null, object>;

/** A dashboard that tells its alerts of what is crossed, and of each series as it is at first. */
function serveGauges(dashboard: AnyDashboard) {
  return serveChannel<AnyDashboardTypes, User | null, object>(dashboard as never, {
    durable: false,
    commands: {
      update({ state, input: { series }, now, emit }) {
        const known = Object.values<KnownRule>(dashboard.rules);
        const crossed = known.flatMap(({ name, metric, ...rule }) =>
          Object.entries(series[metric] ?? {}).flatMap(([key, [value = 0]]): Crossing[] => {
            const was = Object.hasOwn(state.over, overKey(name, key));
            const over = isBeyond(rule, value, was);
            const isNew = state.series[metric]?.[key] === undefined;
            return over !== was || isNew ? [{ rule: name, key, over, value }] : [];
          }),
        );
        emit("updated", { at: now, series: toBuckets(series, Math.floor(now / 1_000)), crossed });
      },
      claim: () => ({ held: true }),
    },
    effects: (event) => toAlertEffects(dashboard, event as never),
  });
}

function toBuckets(series: DashboardSamples["series"], step: number) {
  const toBucket = ([value = 0]: readonly number[]) => ({ latest: value, buckets: [[step, value]] });
  const keyed = (all: Record<string, number[]>) =>
    Object.fromEntries(Object.entries(all).map(([key, sample]) => [key, toBucket(sample)]));
  return Object.fromEntries(Object.entries(series).map(([metric, all]) => [metric, keyed(all)]));
}

/** What a dashboard is given: of each metric a value, or one for each node. */
export type Readings = Readonly<Record<string, number | Readonly<Record<string, number>>>>;

export function toSamples(readings: Readings): DashboardSamples {
  const toSeries = (value: Readings[string]) =>
    typeof value === "number"
      ? { "": [value] }
      : Object.fromEntries(Object.entries(value).map(([node, one]) => [JSON.stringify([node]), [one]]));
  const series = Object.fromEntries(Object.entries(readings).map(([metric, value]) => [metric, toSeries(value)]));
  return { series, lists: {}, tables: {}, stale: {} };
}

export function alertChannels(options: AlertsOptions = {}, dashboard: AnyDashboard = ops) {
  return [
    serveGauges(dashboard),
    serveDashboardAlerts<string, object, string, string, User | null, object>(dashboard, {
      effects: toInboxes,
      ...options,
    }),
    ...serveNotifications(inbox),
  ];
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
  readonly dashboard?: AnyDashboard;
}

/** Alerts on a store, as an application would serve them. It listens nowhere. */
export function createAlerts({ store = createMemoryStore(), dashboard = ops, ...options }: AlertsAppOptions = {}) {
  const t = initTRPC.context<{ readonly user: User | null }>().create({ isDev: false });
  const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const logged = new Logged();
  const realtime = createRealtime({
    ...hurried,
    instance: false,
    store,
    logger: logged.logger,
    channels: alertChannels(options, dashboard),
  });
  const router = t.router({ realtime: realtime.router });
  const hand = realtime.topic(ops.alerts, {}).as(system);
  return {
    realtime,
    store,
    logged,
    hand,
    read: (readings: Readings) => realtime.topic(ops, {}).as(system).send.update(toSamples(readings)),
    /** Tells the alerts of a crossing, as a dashboard does. */
    cross: (rule: string, over: boolean, { key = "", value = over ? 99 : 1, at = Date.now() } = {}) =>
      hand.send.cross({ crossings: [{ rule, key, over, value, at }] }),
    as: (token: string | null) =>
      router.createCaller({ user: userOf(token) }).realtime as unknown as {
        opsAlerts: AlertCalls;
      },
    /** Reads the load, and runs all that follows: the alert fires or is resolved, and everybody was told. */
    async readLoad(load: number, patience?: number): Promise<void> {
      await realtime.topic(ops, {}).as(system).send.update(toSamples({ load }));
      const phase = load > rules.loaded.above ? "firing" : "resolved";
      const isIn = async () => (await hand.state()).alerts[0]?.phase === phase;
      await eventually(isIn, `the alert is ${phase}`, patience);
      await effectsRun(store);
    },
    inboxOf: (userId: string) => realtime.topic(inbox, { userId }).as(system).state(),
    [Symbol.asyncDispose]: () => realtime.close(),
  };
}

type Types = NonNullable<(typeof ops.alerts)["~types"]>;

interface AlertCalls {
  acknowledge(input: { id: string; note?: string; commandId?: string }): Promise<unknown>;
  history(input: Types["queries"]["history"]["input"]): Promise<Types["queries"]["history"]["output"]>;
}

export type AlertsApp = ReturnType<typeof createAlerts>;
