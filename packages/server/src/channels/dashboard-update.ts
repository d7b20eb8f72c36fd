import type {
  AnyDashboard,
  AnyNumbers,
  Bucket,
  DashboardSamples,
  DashboardState,
  DashboardUpdate,
  Metrics,
  SeriesState,
} from "@shoal/contract/dashboards";
import { crossingsOf } from "./dashboard-crossings.ts";
import { finite, fits, joinSamples, otherKeyOf, type Sample } from "./dashboard-samples.ts";

/** What an update is decided with. */
export interface UpdateCall {
  readonly state: DashboardState;
  readonly input: DashboardSamples;
  /** The store's clock, in milliseconds. */
  readonly now: number;
  /** Of the last event. */
  readonly offset: number;
}

type AllSeries = DashboardState["series"];
type Keyed = Readonly<Record<string, SeriesState>>;

/**
 * What samples change in a dashboard: all that they touch, as it is then. Pure, so that the order of the log and the store's clock are those of
 * the history. What another version of the code has, and this one does not, is left out.
 *
 * @returns `null` when nothing changes
 */
export function toUpdate(dashboard: AnyDashboard, call: UpdateCall): DashboardUpdate | null {
  const metrics = dashboard.metrics as Metrics;
  const series = seriesAfter(dashboard, call);
  const changes: Omit<DashboardUpdate, "at"> = {
    ...whole("series", series),
    ...whole("lists", listsOf(metrics, call)),
    ...whole("tables", tablesOf(metrics, call)),
    ...whole("stale", staleAfter(metrics, call)),
  };
  const crossed = crossingsOf(dashboard, call.state, series, call.now);
  if (crossed.length === 0 && Object.keys(changes).length === 0) return null;
  return { at: call.now, ...changes, ...(crossed.length > 0 && { crossed }) };
}

function whole<K extends string, V extends object>(name: K, record: V): { [N in K]?: V } {
  return (Object.keys(record).length > 0 ? { [name]: record } : {}) as { [N in K]?: V };
}

function seriesAfter(
  { metrics, stepMs, windowMs }: AnyDashboard,
  { state, input, now }: UpdateCall,
): Record<string, Record<string, SeriesState>> {
  const slot = Math.floor(now / stepMs);
  const oldest = slot - Math.ceil(windowMs / stepMs) + 1;
  const after: AllSeries = {};
  for (const [name, samples] of Object.entries(input.series)) {
    const metric = numbersOf(metrics, name);
    if (!metric) continue;
    const keyed = keyedAfter(metric, state.series[name] ?? {}, samples, { slot, oldest });
    if (Object.keys(keyed).length > 0) after[name] = keyed;
  }
  return after;
}

function numbersOf(metrics: Metrics, name: string): AnyNumbers | undefined {
  const metric = Object.hasOwn(metrics, name) ? metrics[name] : undefined;
  return metric && metric.kind !== "eventList" && metric.kind !== "table" ? metric : undefined;
}

/** Of each series that samples touch, what is current and the bucket of this step. Beyond so many series they go to the one of the others. */
function keyedAfter(
  metric: AnyNumbers,
  known: Keyed,
  samples: Readonly<Record<string, Sample>>,
  { slot, oldest }: { readonly slot: number; readonly oldest: number },
): Record<string, SeriesState> {
  const after: Record<string, SeriesState> = {};
  const other = otherKeyOf(metric);
  const isCurrent = (key: string) => slotOf(known[key]?.buckets.at(-1)) >= oldest;
  let room = metric.maxSeries - Object.keys(known).filter((key) => key !== other && isCurrent(key)).length;
  for (const [given, sample] of Object.entries(samples)) {
    if (!fits(metric, sample) || (given === "") !== (metric.labels.length === 0)) continue;
    const isKnown = given === other || Object.hasOwn(after, given) || isCurrent(given);
    const key = isKnown || room > 0 ? given : other;
    if (!isKnown && key === given) room -= 1;
    const before = key === "" || isCurrent(key) ? known[key] : undefined;
    after[key] = seriesWith(metric, after[key] ?? before, sample, slot);
  }
  return after;
}

function seriesWith(metric: AnyNumbers, before: SeriesState | undefined, sample: Sample, slot: number): SeriesState {
  const last = before?.buckets.at(-1);
  const had = last && slotOf(last) === slot ? sampleOf(metric, last) : undefined;
  const joined = had && fits(metric, had) ? joinSamples(metric.kind, had, sample) : sample;
  return { latest: latestOf(metric, before?.latest ?? 0, sample), buckets: [bucketOf(metric, joined, slot)] };
}

function latestOf({ kind }: AnyNumbers, before: number, sample: Sample): number {
  const [first = 0, ...counts] = sample;
  if (kind === "gauge") return first;
  return finite(before + (kind === "counter" ? first : counts.reduce((sum, count) => sum + count, 0)));
}

function bucketOf({ kind }: AnyNumbers, sample: Sample, slot: number): Bucket {
  if (kind !== "gauge") return [slot, ...sample];
  const [last = 0, min = 0, max = 0, sum = 0, count = 0] = sample;
  return count === 1 ? [slot, last] : [slot, min, max, sum, count];
}

/** A bucket as the sample that it was made of. */
function sampleOf({ kind }: AnyNumbers, [, ...numbers]: Bucket): Sample {
  if (kind !== "gauge") return numbers;
  const [value = 0] = numbers;
  return numbers.length === 1 ? [value, value, value, value, 1] : [value, ...numbers];
}

function slotOf(bucket: Bucket | undefined): number {
  return bucket?.[0] ?? Number.NEGATIVE_INFINITY;
}

function listsOf(metrics: Metrics, { input, now, offset }: UpdateCall): DashboardState["lists"] {
  const lists: DashboardState["lists"] = {};
  for (const [name, news] of Object.entries(input.lists)) {
    const metric = Object.hasOwn(metrics, name) ? metrics[name] : undefined;
    if (metric?.kind !== "eventList" || news.length === 0) continue;
    const entries = news.map((data, index) => ({ id: `${offset + 1}-${index}`, at: now, data }));
    lists[name] = entries.slice(-metric.keep);
  }
  return lists;
}

function tablesOf(metrics: Metrics, { input }: UpdateCall): DashboardState["tables"] {
  const tables: DashboardState["tables"] = {};
  for (const [name, rows] of Object.entries(input.tables)) {
    const metric = Object.hasOwn(metrics, name) ? metrics[name] : undefined;
    if (metric?.kind === "table") tables[name] = rows.slice(0, metric.rows);
  }
  return tables;
}

/** What something came of is up to date again, unless it is said not to be. */
function staleAfter(metrics: Metrics, { state, input, now }: UpdateCall): NonNullable<DashboardUpdate["stale"]> {
  const stale: NonNullable<DashboardUpdate["stale"]> = {};
  const { series, lists, tables } = input;
  const touched = Object.keys({ ...series, ...lists, ...tables, ...input.stale });
  for (const name of touched.filter((name) => Object.hasOwn(metrics, name))) {
    const was = state.stale[name];
    const reason = input.stale[name] ?? null;
    if (reason === null && was) stale[name] = null;
    if (reason !== null && was?.reason !== reason) stale[name] = { since: was?.since ?? now, reason };
  }
  return stale;
}
