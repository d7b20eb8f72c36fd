import type { AboutAlert, AnyDashboard, AnyNumbers, DashboardAlertsTypes, KnownRule } from "@shoal/contract/dashboards";
import { type Effect, effect } from "../channel/effects.ts";
import type { EventOf } from "../channel/event-of.ts";

/** The alerts of any dashboard. */
export interface AlertsTypes extends DashboardAlertsTypes<string> {}

/** That an alert began or ended. */
export interface AlertNews<Rule extends string = string> {
  readonly what: "fired" | "resolved";
  readonly alert: AboutAlert & {
    /** When it began to fire, or was resolved, in milliseconds since the epoch by the server's clock. */
    readonly at: number;
    /** What was measured when the threshold was crossed, or when it was well again. */
    readonly value: number;
  };
  /** Its rule; null where this node's contract does not have it. */
  readonly rule: (KnownRule & { readonly name: Rule }) | null;
}

/** An event of a dashboard, as far as its alerts look at it. */
interface DashboardEvent {
  readonly type: string;
  readonly offset: number;
  readonly at: number;
  readonly data: { readonly crossed?: readonly Crossed[] | undefined };
}

interface Crossed {
  readonly rule: string;
  readonly key: string;
  readonly over: boolean;
  readonly value: number;
}

/**
 * What an event of a dashboard means for its alerts. The first event of a dashboard tells them even where nothing was crossed, so that
 * they look at which rules there still are.
 */
export function toAlertEffects(dashboard: AnyDashboard, { offset, at, data }: DashboardEvent): readonly Effect[] {
  const crossed = data.crossed ?? [];
  if (crossed.length === 0 && offset > 1) return [];
  const crossings = crossed.map(({ rule, key, over, value }) => ({ rule, key, over, value, at }));
  return [effect<AlertsTypes, "cross">(dashboard.alerts, {}, "cross", { crossings })];
}

/**
 * The command that tells the application of an event. It is told behind the event, so that what the application makes of it can hold up
 * no alert.
 */
export function toTell({ alerts }: AnyDashboard, { type, data }: EventOf<AlertsTypes>): readonly Effect[] {
  if (type !== "fired" && type !== "resolved") return [];
  return [effect<AlertsTypes, "tell">(alerts, {}, "tell", { what: type, ...data })];
}

/** What the application is told by an event. */
export function newsOf(dashboard: AnyDashboard, { type, data }: EventOf<AlertsTypes>): readonly AlertNews[] {
  if (type !== "told") return [];
  const { what, alert, at, value } = data;
  return [{ what, alert: { ...alert, at, value }, rule: ruleOf(dashboard, alert) ?? null }];
}

/** The rule of a series, if there still is one: a metric may have other labels by now. */
export function ruleOf(
  { rules, metrics }: AnyDashboard,
  series: { readonly rule: string; readonly key: string },
): KnownRule | undefined {
  const rule: KnownRule | undefined = Object.hasOwn(rules, series.rule) ? rules[series.rule] : undefined;
  if (!rule) return undefined;
  const { labels } = metrics[rule.metric] as AnyNumbers;
  return valuesOf(series.key)?.length === labels.length ? rule : undefined;
}

/** The values of a series' labels, by their names. */
export function labelsOf({ metrics }: AnyDashboard, { metric }: KnownRule, key: string): Record<string, string> {
  const { labels } = metrics[metric] as AnyNumbers;
  const values = valuesOf(key) ?? [];
  return Object.fromEntries(labels.map((label: string, place: number) => [label, values[place] ?? ""]));
}

/** The values of the labels of a series; undefined where the key is none. */
function valuesOf(key: string): readonly string[] | undefined {
  if (key === "") return [];
  try {
    const values: unknown = JSON.parse(key);
    return Array.isArray(values) ? values.map(String) : undefined;
  } catch {
    return undefined;
  }
}
