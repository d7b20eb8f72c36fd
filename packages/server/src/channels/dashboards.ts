import { hostname } from "node:os";
import { type Duration, type TaggedEvent, toMilliseconds } from "@shoal/contract";
import type {
  AnyDashboard,
  Dashboard,
  DashboardAlertsTypes,
  DashboardState,
  DashboardTypes,
  MetricName,
} from "@shoal/contract/dashboards";
import { serveChannel } from "../channel/serve-channel.ts";
import type { AuthorizeCall, Retention, ServedChannel } from "../channel/serve-options.ts";
import { system } from "../channel/topic-handle.ts";
import { type Handed, withHand } from "../channel/with-hand.ts";
import type { RateOptions } from "../security/rates.ts";
import type { User } from "../user.ts";
import { checkNumber } from "./check-number.ts";
import { toAlertEffects } from "./dashboard-alert-effects.ts";
import { type DashboardAlertsOptions, serveDashboardAlerts } from "./dashboard-alerts.ts";
import { Collecting, isAlwaysNeeded, sendUpdate } from "./dashboard-collecting.ts";
import { type DashboardHand, dashboardHand } from "./dashboard-hand.ts";
import {
  type DashboardPrivate,
  type DashboardTopicTypes,
  dashboardPrivate,
  decideClaim,
  isKnown,
} from "./dashboard-lease.ts";
import { type Source, toSources } from "./dashboard-sources.ts";
import { toUpdate } from "./dashboard-update.ts";

export { type AlertNews, type DashboardAlertsOptions, serveDashboardAlerts } from "./dashboard-alerts.ts";
export type { DashboardHand } from "./dashboard-hand.ts";
export { type CollectCall, type ReadingOf, type Readings, type Source, source } from "./dashboard-sources.ts";

export interface ServeDashboardOptions<Name extends string, M, Rule extends string, W, C> {
  /**
   * Where metrics come from that are not told by `realtime.<name>`. No metric has two.
   * @default none
   */
  readonly sources?: readonly Source<MetricName<M>>[];
  /**
   * Whether the user may watch the dashboard.
   * @default whoever is signed in may
   */
  readonly authorize?: (call: AuthorizeCall<DashboardTypes<Name>, W, C>) => boolean | Promise<boolean>;
  /**
   * Whether the window outlives a restart. Else the dashboard begins empty after one.
   * @default false
   */
  readonly durable?: boolean;
  /** What holds for its alerts. Where it does not say who may see them, it is who is signed in and may watch the dashboard. */
  readonly alerts?: DashboardAlertsOptions<Rule, W, C>;
  /**
   * How many updates are kept for those who come back: who missed more gets a snapshot.
   * @default { events: 1000 }
   */
  readonly retention?: Retention;
  /**
   * How often a user may ask something, on each node.
   * @default the `rates` of `createRealtime`
   */
  readonly rates?: RateOptions;
  /**
   * The largest window, as JSON in bytes, that can be watched; a number in it takes about ten.
   * @default 16777216
   */
  readonly maxStateBytes?: number;
  /**
   * The name of this node, which sources find as `node`.
   * @default the host's name and the number of the process
   */
  readonly node?: string;
  /**
   * After how long without a sign of life of the node that collects for all another one does; from 300 milliseconds to a day.
   * @default "15s"
   */
  readonly lease?: Duration;
}

/** What serves a dashboard: to be spread into `channels` of `createRealtime`. */
export type ServedDashboard<Name extends string, M, W, C> = readonly [
  dashboard: ServedChannel<DashboardTypes<Name>, W, C> & Handed<DashboardHand<M>>,
  alerts: ServedChannel<DashboardAlertsTypes<`${Name}Alerts`>, W, C>,
];

/** More than the window of 200 metrics over 15 minutes takes. */
const usualStateBytes = 16 * 1024 * 1024;
const leastLeaseMs = 300;
const mostLeaseMs = 86_400_000;

/**
 * Serves a dashboard and its alerts. The realtime then has, under the name of the dashboard, what measures: see {@link DashboardHand}. What is
 * returned is for one realtime.
 *
 * @throws {ShoalError} `BAD_REQUEST` when a source or an option makes no sense
 *
 * @example
 * ```ts
 * const realtime = createRealtime({ channels: [...serveDashboard(ops, { sources: [queue] })] });
 * realtime.ops.set("cpu", 12);
 * realtime.ops.increment("requests");
 * ```
 */
export function serveDashboard<
  Name extends string,
  M,
  Tier extends string,
  Rule extends string,
  W extends User | null = User | null,
  C = object,
>(
  dashboard: Dashboard<Name, M, Tier, Rule>,
  options: ServeDashboardOptions<Name, NoInfer<M>, NoInfer<Rule>, W, C> = {},
): ServedDashboard<Name, M, W, C> {
  const { sources = [], node = `${hostname()}:${process.pid}`, lease = "15s", alerts = {}, authorize } = options;
  const leaseMs = toMilliseconds(lease);
  checkNumber("lease", leaseMs, leastLeaseMs, mostLeaseMs);
  const known = toSources(dashboard, sources);
  const isAlways = isAlwaysNeeded(dashboard, known);
  // Where one realtime takes over from another, that one goes on with its own until it has closed.
  let collecting: Collecting | undefined;
  let stateFor: StateFor | undefined;
  const topic = serveTopic(dashboard, options as never, isAlways, () => collecting);
  const served = withHand(topic, (made) => {
    collecting = new Collecting({ dashboard, sources: known, node, leaseMs, realtime: made });
    const topicOf = (tenant: string | undefined) =>
      made.topic<DashboardTopicTypes>(dashboard as never, {}, tenant === undefined ? {} : { tenant }).as(system);
    stateFor = (tenant) => topicOf(tenant).state();
    return dashboardHand(dashboard, (tenant, samples) => sendUpdate(topicOf(tenant), samples));
  });
  // Where nothing has a hand, as in a test's world, there is no other state than the first one.
  const stateOf: StateFor = async (tenant) => (stateFor ? await stateFor(tenant) : dashboard.initial({}));
  const asDashboard = authorize && asWatch(authorize as never, stateOf);
  const mayAlerts = alerts.authorize ?? (asDashboard as typeof alerts.authorize);
  const guarded = { ...alerts, ...(mayAlerts && { authorize: mayAlerts }) };
  return [served, serveDashboardAlerts<Name, M, Tier, Rule, W, C>(dashboard, guarded)] as never;
}

type StateFor = (tenant: string | undefined) => Promise<DashboardState>;

/** Lets to the alerts who is signed in and may watch the dashboard. What its numbers are secret to, theirs are, too. */
function asWatch(authorize: NonNullable<TopicOptions["authorize"]>, stateOf: StateFor) {
  return async ({ user, ctx }: { readonly user: User | null; readonly ctx: object | undefined }): Promise<boolean> =>
    user !== null && (await authorize({ user, ctx, params: {}, action: "watch", state: await stateOf(user.tenant) }));
}

type TopicOptions = Pick<
  ServeDashboardOptions<string, unknown, string, User | null, object>,
  "authorize" | "durable" | "retention" | "rates" | "maxStateBytes"
>;

type Event = TaggedEvent<DashboardTopicTypes["events"]>;

function serveTopic(
  dashboard: AnyDashboard,
  options: TopicOptions,
  isAlways: boolean,
  collecting: () => Collecting | undefined,
) {
  const tiers = dashboard.tiers as Readonly<Record<string, number>>;
  const { authorize, rates, durable = false, retention = { events: 1_000 }, maxStateBytes = usualStateBytes } = options;
  return serveChannel<DashboardTopicTypes, User | null, object, {}, DashboardPrivate, string>(dashboard as never, {
    private: dashboardPrivate(dashboard),
    ...(authorize && { authorize: authorize as never }),
    ...(rates && { rates }),
    durable,
    retention,
    maxStateBytes,
    audiences: Object.keys(tiers),
    pace: tiers,
    conflate: ({ type }) => type,
    merge: (earlier, later) => mergeEvents(dashboard, earlier, later),
    commands: {
      update({ state, private: hidden, input, now, offset, emit }) {
        if (isKnown(hidden, input.batch)) return;
        const update = toUpdate(dashboard, { state, input, now, offset });
        if (update) emit("updated", update, input.batch ?? null);
      },
      claim: decideClaim,
    },
    effects: (event) => toAlertEffects(dashboard, event),
    whileWatched: ({ topic, tenant, signal }) => collecting()?.watched({ topic, tenant, signal }),
    ...(isAlways && {
      whileOpen: ({ topic, signal }) => collecting()?.always({ topic: topic({}), tenant: null, signal }),
    }),
    // It names no user.
    eraseUser: () => {},
  });
}

function mergeEvents({ merge }: AnyDashboard, earlier: Event, later: Event): Event {
  if (earlier.type !== "updated" || later.type !== "updated") return later;
  return { type: "updated", data: merge(earlier.data, later.data) };
}
