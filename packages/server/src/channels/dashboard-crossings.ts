import {
  type AnyDashboard,
  type Bucket,
  type Crossing,
  countsOf,
  type DashboardState,
  isBeyond,
  type KnownRule,
  type Metrics,
  overKey,
  quantileOf,
  rateOf,
  type SeriesState,
} from "@shoal/contract/dashboards";
import { finite } from "./dashboard-samples.ts";

type AllSeries = DashboardState["series"];

/** A series as an update leaves it. */
interface Series {
  readonly key: string;
  readonly latest: number;
  readonly buckets: readonly Bucket[];
  readonly isNew: boolean;
  readonly isTouched: boolean;
}

/**
 * Which series an update brings beyond the threshold of a rule, and which back: not before they are at the rule's `clear`. Of a series that was
 * not there before it is told either way, since what is told of it elsewhere may be from a time that is not known here. A series that is not
 * there any more is not beyond any threshold. Of a rule that is not in this node's contract nothing is told: another version may have it.
 *
 * @param series - what the update changes, of each series the bucket of this step
 */
export function crossingsOf(
  dashboard: AnyDashboard,
  state: DashboardState,
  series: AllSeries,
  now: number,
): Crossing[] {
  const rules = Object.values(dashboard.rules) as readonly KnownRule[];
  const known = new Set(rules.map(({ name }) => name));
  const gone = new Map(Object.entries(state.over).filter(([name]) => known.has(ruleOf(name))));
  const crossings: Crossing[] = [];
  for (const rule of rules) {
    for (const one of seriesOf(dashboard, rule, state, series, now)) {
      const key = overKey(rule.name, one.key);
      const wasOver = gone.delete(key);
      if (!isToBeJudged(dashboard, rule, one, state, now)) continue;
      const value = judgedValue(dashboard, rule, one, now);
      const isOver = value !== null && isBeyond(rule, value, wasOver);
      if (isOver === wasOver && !one.isNew) continue;
      crossings.push({ rule: rule.name, key: one.key, over: isOver, value: value ?? rule.clear });
    }
  }
  for (const [name, value] of gone) {
    const [rule, key] = JSON.parse(name) as [string, string];
    crossings.push({ rule, key, over: false, value });
  }
  return crossings;
}

/** The rule in a key of `over`. */
function ruleOf(name: string): string {
  const [rule] = JSON.parse(name) as [string, string];
  return rule;
}

/** The series of a rule's metric that have something in the window. */
function* seriesOf(
  { stepMs, windowMs }: AnyDashboard,
  { metric }: KnownRule,
  state: DashboardState,
  changed: AllSeries,
  now: number,
): Iterable<Series> {
  const oldest = Math.floor(now / stepMs) - Math.ceil(windowMs / stepMs) + 1;
  const isCurrent = (one: SeriesState | undefined) => (one?.buckets.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY) >= oldest;
  const known = state.series[metric] ?? {};
  const touched = changed[metric] ?? {};
  for (const [key, after] of Object.entries({ ...known, ...touched })) {
    if (!isCurrent(after)) continue;
    const isTouched = Object.hasOwn(touched, key);
    const before = known[key]?.buckets ?? [];
    const buckets = isTouched
      ? [...before.filter(([slot]) => slot !== after.buckets[0]?.[0]), ...after.buckets]
      : before;
    yield { key, latest: after.latest, buckets, isNew: !isCurrent(known[key]), isTouched };
  }
}

/** What is over a time also changes by time alone: it is looked at once in a step. */
function isToBeJudged(
  { stepMs }: AnyDashboard,
  { kind }: KnownRule,
  { isTouched }: Series,
  { at }: DashboardState,
  now: number,
): boolean {
  return isTouched || (kind !== "gauge" && Math.floor(at / stepMs) !== Math.floor(now / stepMs));
}

/** `null` where there is nothing to be judged: no value of a histogram in the time that counts. */
function judgedValue({ metrics, stepMs }: AnyDashboard, rule: KnownRule, series: Series, now: number): number | null {
  const { metric, kind, overMs, quantile } = rule;
  const span = { at: now, overMs, stepMs };
  if (kind === "counter") return finite(rateOf(series.buckets, span));
  if (kind === "gauge") return series.latest;
  const definition = (metrics as Metrics)[metric];
  const bounds = definition?.kind === "histogram" ? (definition.bounds as readonly number[]) : [];
  return quantileOf(countsOf(series.buckets, span), bounds, quantile);
}
