import {
  type AnyMetric,
  type AnyNumbers,
  type Bucket,
  type Counter,
  type EventList,
  type Gauge,
  type Histogram,
  type LabelsOf,
  mergeHistograms,
  type Occurrence,
  quantileOf,
  type SeriesState,
  type Table,
} from "@shoal/contract/dashboards";
import { totalOf } from "./dashboard-columns.ts";
import { spacingOfSeries } from "./dashboard-gaps.ts";
import { type Keyed, labelled } from "./dashboard-labels.ts";

/** Over how much time the rate of a counter is taken at least, in milliseconds. */
const rateMs = 10_000;

/** What a gauge shows. */
export interface GaugeReading {
  readonly value: number;
}

/** What a counter has come to, and how fast it grows now: a second, over the last 10 seconds. */
export interface CounterReading {
  readonly total: number;
  readonly rate: number;
}

/** How the values of the range are spread. The mean and the quantiles are null where there are none. */
export interface HistogramReading {
  readonly count: number;
  readonly mean: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  /** How many fell up to each bound of the metric, and above the last. */
  readonly counts: readonly number[];
}

/** Of a metric with labels one for each series, else the one there is; null as long as there is none. */
type Readings<X extends AnyNumbers, R> = [keyof LabelsOf<X>] extends [never]
  ? { readonly kind: X["kind"]; readonly unit: X["unit"] } & (R | { readonly [F in keyof R]: null })
  : {
      readonly kind: X["kind"];
      readonly unit: X["unit"];
      /** Sorted by their labels. */
      readonly series: readonly (R & { readonly labels: LabelsOf<X> })[];
    };

/** What a metric shows now. */
export type Latest<X> =
  // biome-ignore lint/suspicious/noExplicitAny: whatever its unit and its labels are
  X extends Gauge<any, any>
    ? Readings<X, GaugeReading>
    : // biome-ignore lint/suspicious/noExplicitAny: as above
      X extends Counter<any, any>
      ? Readings<X, CounterReading>
      : // biome-ignore lint/suspicious/noExplicitAny: as above
        X extends Histogram<any, any>
        ? Readings<X, HistogramReading>
        : X extends EventList<infer D>
          ? {
              readonly kind: "eventList";
              /** The newest first. */
              readonly occurrences: readonly Occurrence<D>[];
            }
          : X extends Table<infer Row>
            ? { readonly kind: "table"; readonly rows: readonly Row[] }
            : never;

/** The steps of which something is shown: from the first to the last, as numbers of steps since the epoch. */
export interface Range {
  readonly first: number;
  readonly last: number;
  readonly stepMs: number;
}

/** What a metric with numbers shows now, at the end of a range. */
export function latestOf(metric: AnyNumbers, keyed: Keyed, range: Range): Latest<AnyMetric> {
  const { kind, unit } = metric;
  const read = (series: SeriesState) => readingOf(metric, series, range);
  const only = keyed[""];
  const readings =
    metric.labels.length > 0
      ? { series: labelled(metric, keyed).map(([labels, series]) => ({ labels, ...read(series) })) }
      : only
        ? read(only)
        : nothing[kind];
  return { kind, unit, ...readings } as never;
}

const nothing = {
  gauge: { value: null },
  counter: { total: null, rate: null },
  histogram: { count: null, mean: null, p50: null, p95: null, p99: null, counts: null },
} as const;

function readingOf(
  metric: AnyNumbers,
  { latest, buckets }: SeriesState,
  range: Range,
): GaugeReading | CounterReading | HistogramReading {
  switch (metric.kind) {
    case "gauge":
      return { value: latest };
    case "counter":
      return { total: latest, rate: rateOf(buckets, range) };
    case "histogram":
      return spreadOf(buckets, metric.bounds, range);
  }
}

/** Readings that are far apart are averaged over two of them, and a series that has just begun over what there is of it. */
function rateOf(buckets: readonly Bucket[], { last, stepMs }: Range): number {
  const { usual } = spacingOfSeries(buckets, stepMs, undefined);
  const wanted = Math.max(Math.ceil(rateMs / stepMs), 2 * usual);
  const steps = Math.min(wanted, last - (buckets[0]?.[0] ?? last) + usual);
  const growth = buckets.reduce((sum, [slot = 0, grown = 0]) => (slot > last - steps ? sum + grown : sum), 0);
  return (growth / steps) * (1_000 / stepMs);
}

function spreadOf(buckets: readonly Bucket[], bounds: readonly number[], { first }: Range): HistogramReading {
  const spread = buckets
    .filter(([slot = 0]) => slot >= first)
    .reduce<number[]>((all, [, ...values]) => mergeHistograms(all, values), new Array(bounds.length + 2).fill(0));
  const [sum = 0, ...counts] = spread;
  const count = totalOf(counts);
  const quantile = (q: number) => quantileOf(counts, bounds, q);
  const mean = count > 0 ? sum / count : null;
  return { count, mean, p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99), counts };
}
