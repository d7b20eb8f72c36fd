import type { Channel } from "../channel.ts";
import { type Duration, toMilliseconds } from "../duration.ts";
import { ShoalError } from "../errors.ts";
import { alertsChannel, type DashboardAlertsTypes } from "./dashboard-alerts.ts";
import {
  type AnyDashboardTypes,
  type DashboardBounds,
  type DashboardUpdate,
  dashboardChannel,
} from "./dashboard-channel.ts";
import type { AnyMetric, AnyNumbers, Metrics } from "./dashboard-kinds.ts";
import type { AlertRule, KnownRule } from "./dashboard-rules.ts";
import { mergeUpdates } from "./dashboard-update.ts";

export {
  type AboutAlert,
  type Alert,
  type AlertCrossing,
  type AlertEntry,
  alertHistoryLimits,
  type DashboardAlertsTypes,
  maxNoteLength,
  maxOpenAlerts,
  maxWaitingAlerts,
} from "./dashboard-alerts.ts";
export type {
  Bucket,
  Crossing,
  DashboardSamples,
  DashboardState,
  DashboardUpdate,
  SeriesState,
} from "./dashboard-channel.ts";
export * from "./dashboard-kinds.ts";
export * from "./dashboard-maths.ts";
export { type AlertRule, isBeyond, type KnownRule, type Severity } from "./dashboard-rules.ts";
export { overKey } from "./dashboard-update.ts";

/** The types of a dashboard's channel. */
export interface DashboardTypes<Name extends string> extends Omit<AnyDashboardTypes, "name"> {
  name: Name;
}

/** A dashboard: the channel, and what its metrics are. Made by {@link defineDashboard}. */
export interface Dashboard<Name extends string, M, Tier extends string, Rule extends string>
  extends Channel<DashboardTypes<Name>> {
  readonly metrics: M;
  /** How far back its history reaches, in milliseconds. */
  readonly windowMs: number;
  /** How long a step of the history is, in milliseconds. */
  readonly stepMs: number;
  /** At most how often viewers are told, in milliseconds, by tier: the fastest first. */
  readonly tiers: { readonly [T in Tier]: number };
  readonly rules: { readonly [R in Rule]: KnownRule };
  /** The channel of its alerts. */
  readonly alerts: Channel<DashboardAlertsTypes<`${Name}Alerts`>>;
  /** Two updates as one, which changes every state as the two one after the other do. */
  readonly merge: (earlier: DashboardUpdate, later: DashboardUpdate) => DashboardUpdate;
}

/** A dashboard of any metrics, for code that serves them all. */
// biome-ignore lint/suspicious/noExplicitAny: metrics are both given and taken
export type AnyDashboard = Dashboard<any, any, any, any>;

export interface DashboardOptions<M, Tier extends string, Rule extends string> {
  /**
   * How far back the history reaches: at most 3,600 steps.
   * @default "15m"
   */
  readonly window?: Duration;
  /**
   * How long a step of the history is: what comes within one is kept as its smallest, largest and mean value.
   * @default "1s"
   */
  readonly resolution?: Duration;
  /**
   * At most how often viewers are told: the fastest first. Each is made once for all who chose it, and whoever is slow is told as those of
   * the next. A hidden tab is told as those of the last.
   * @default { live: "100ms", calm: "1s", background: "60s" }
   */
  readonly tiers?: { readonly [T in Tier]: Duration };
  /** When somebody is to be told. */
  readonly alerts?: { readonly [R in Rule]: AlertRule<M> };
}

const defaultTiers = { live: 100, calm: 1_000, background: 60_000 } as const;

const maxSteps = 3_600;

/**
 * Defines a dashboard: its metrics, how far back they are shown, and when somebody is to be alarmed. The result is a channel, shared by
 * server and browsers.
 *
 * @param name - its one name: in the router, in the client and on disk. Its alerts are the channel of this name and `Alerts`
 * @throws {ShoalError} `BAD_REQUEST` when a name, a window, a tier, a bound or a rule makes no sense; the message says which
 *
 * @example
 * ```ts
 * export const ops = defineDashboard("ops", {
 *   cpu: gauge({ unit: "percent" }),
 *   requests: counter({ labels: ["route"] }),
 *   latency: histogram({ unit: "ms", buckets: [1, 5, 25, 100, 500] }),
 * }, { alerts: { hot: { metric: "cpu", above: 90, clear: 80, for: "30s", title: "The processor is busy" } } });
 * ```
 */
export function defineDashboard<
  const Name extends string,
  M extends Readonly<Record<string, { readonly kind: AnyMetric["kind"] }>>,
  const Tier extends string = keyof typeof defaultTiers,
  const Rule extends string = never,
>(name: Name, given: M, options: DashboardOptions<NoInfer<M>, Tier, Rule> = {}): Dashboard<Name, M, Tier, Rule> {
  // What is asked of a metric's type is its kind alone, or labels and units would be inferred from here.
  const metrics = given as unknown as Metrics;
  const refuse = (why: string): never => {
    throw new ShoalError("BAD_REQUEST", `Dashboard "${name}": ${why}`);
  };
  for (const [metric, definition] of Object.entries(metrics)) checkMetric(metric, definition, refuse);
  if (Object.keys(metrics).length === 0) refuse("it needs a metric. Define one.");
  const stepMs = positive("resolution", options.resolution ?? "1s", refuse);
  const windowMs = positive("window", options.window ?? "15m", refuse);
  const steps = Math.ceil(windowMs / stepMs);
  if (steps > maxSteps) refuse(`its window has ${steps} steps, and may have ${maxSteps}. Make \`resolution\` coarser.`);
  const tiers = toTiers(options.tiers ?? defaultTiers, refuse);
  const bounds: DashboardBounds = { steps, stepMs, keep: keepOf(metrics) };
  const rules = Object.entries<object>((options.alerts ?? {}) as Record<string, object>).map(
    ([rule, given]) => [rule, toRule(rule, given, metrics, windowMs, refuse)] as const,
  );
  return Object.assign(dashboardChannel(name, bounds), {
    metrics,
    windowMs,
    stepMs,
    tiers,
    rules: Object.fromEntries(rules),
    alerts: alertsChannel(`${name}Alerts`),
    merge: (earlier: DashboardUpdate, later: DashboardUpdate) => mergeUpdates(earlier, later, bounds),
  }) as never;
}

type Refuse = (why: string) => never;

const namePattern = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
const mostKept = 1_000;
const mostBounds = 100;
const fastestTierMs = 20;

function checkName(name: string, what: string, refuse: Refuse): void {
  if (!namePattern.test(name))
    refuse(`"${name}" is no name for ${what}: a letter first, then letters, digits and _, at most 64.`);
  // By it things are looked up, and this is found in every object.
  if (name in {}) refuse(`"${name}" is no name for ${what}: every object has it. Choose another one.`);
}

function checkMetric(name: string, metric: AnyMetric, refuse: Refuse): void {
  checkName(name, "a metric", refuse);
  const count = (what: string, value: number) => {
    if (!Number.isSafeInteger(value) || value < 1 || value > mostKept)
      refuse(`\`${what}\` of "${name}" is a whole number from 1 to ${mostKept}.`);
  };
  if (metric.kind === "eventList") count("keep", metric.keep);
  else if (metric.kind === "table") count("rows", metric.rows);
  else checkNumbers(name, metric, refuse, count);
}

function checkNumbers(
  name: string,
  metric: AnyNumbers,
  refuse: Refuse,
  count: (what: string, value: number) => void,
): void {
  count("maxSeries", metric.maxSeries);
  for (const label of metric.labels) checkName(label, "a label", refuse);
  if (new Set(metric.labels).size < metric.labels.length) refuse(`"${name}" has two labels of one name.`);
  if (metric.kind === "histogram") checkBounds(name, metric.bounds, refuse);
}

function checkBounds(name: string, bounds: readonly number[], refuse: Refuse): void {
  const ascending = bounds.every(
    (bound, place) => Number.isFinite(bound) && bound > (bounds[place - 1] ?? Number.NEGATIVE_INFINITY),
  );
  if (ascending && bounds.length > 0 && bounds.length <= mostBounds) return;
  refuse(`\`buckets\` of "${name}" are 1 to ${mostBounds} ascending numbers.`);
}

function positive(what: string, duration: Duration, refuse: Refuse): number {
  const ms = toMilliseconds(duration);
  if (!Number.isSafeInteger(ms) || ms < 1) refuse(`\`${what}\` is a whole number of milliseconds, at least 1.`);
  return ms;
}

function toTiers(given: Readonly<Record<string, Duration>>, refuse: Refuse): Record<string, number> {
  const tiers = Object.entries(given).map(([tier, pace]) => {
    checkName(tier, "a tier", refuse);
    return [tier, positive(`tiers.${tier}`, pace, refuse)] as const;
  });
  if (tiers.length === 0) refuse("it needs a tier. Define one, or leave `tiers` out.");
  const ascending = tiers.every(([, ms], place) => ms >= fastestTierMs && ms > (tiers[place - 1]?.[1] ?? 0));
  if (!ascending) refuse(`its tiers are ascending, the fastest first, and none is faster than ${fastestTierMs} ms.`);
  return Object.fromEntries(tiers);
}

function keepOf(metrics: Metrics): Record<string, number> {
  const lists = Object.entries(metrics).flatMap(([name, metric]) =>
    metric.kind === "eventList" ? [[name, metric.keep] as const] : [],
  );
  return Object.fromEntries(lists);
}

/** The options of a rule on any metric. */
type LooseRule = Omit<KnownRule, "name" | "kind" | "above" | "threshold" | "forMs" | "overMs"> & {
  readonly above?: number;
  readonly below?: number;
  readonly for?: Duration;
  readonly over?: Duration;
};

function toRule(name: string, given: object, metrics: Metrics, windowMs: number, refuse: Refuse): KnownRule {
  checkName(name, "a rule", refuse);
  const { metric, above, below, clear, title, ...rule } = given as LooseRule;
  const { severity = "warning", notify = [], quantile = 0.95 } = rule;
  const { kind } =
    (Object.hasOwn(metrics, metric) && metrics[metric]) ||
    refuse(`the rule "${name}" is about "${metric}", which is no metric.`);
  if (kind === "eventList" || kind === "table")
    refuse(`the rule "${name}" is about "${metric}", which has no numbers.`);
  const threshold = above ?? below ?? refuse(`the rule "${name}" needs \`above\` or \`below\`.`);
  const isAbove = above !== undefined;
  const well = clear ?? threshold;
  if (![threshold, well].every(Number.isFinite)) refuse(`the thresholds of the rule "${name}" are numbers.`);
  if (isAbove ? well > threshold : well < threshold)
    refuse(`\`clear\` of the rule "${name}" is on the well side of its threshold.`);
  if (!(quantile > 0 && quantile < 1)) refuse(`\`quantile\` of the rule "${name}" is between 0 and 1.`);
  const forMs = toMilliseconds(rule.for ?? 0);
  const overMs = toMilliseconds(rule.over ?? 60_000);
  if (!Number.isSafeInteger(forMs) || forMs < 0)
    refuse(`\`for\` of the rule "${name}" is a whole number of milliseconds.`);
  if (!(overMs > 0 && overMs <= windowMs) && kind !== "gauge")
    refuse(`\`over\` of the rule "${name}" is within the window.`);
  const told = { name, metric, kind, title, severity, notify };
  return { ...told, above: isAbove, threshold, clear: well, forMs, overMs, quantile };
}
