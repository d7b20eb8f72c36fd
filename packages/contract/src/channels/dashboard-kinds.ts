import type { Json } from "../json.ts";
import type { Schema } from "../schema.ts";

/** What a number counts in. Any other word is shown as it is. */
export type Unit = "percent" | "ms" | "s" | "bytes" | "count" | (string & {});

interface Numbers<Kind extends string, U extends string, Label extends string> {
  readonly kind: Kind;
  readonly unit: U;
  /** By which its numbers are told apart, such as `node`; none where there is one series. */
  readonly labels: readonly Label[];
  /** How many combinations of label values are kept apart; of more, the others count as `other`. */
  readonly maxSeries: number;
}

/** A number that goes up and down. */
export interface Gauge<U extends string = string, Label extends string = string> extends Numbers<"gauge", U, Label> {}

/** A number that only grows. What is shown of it is mostly its rate. */
export interface Counter<U extends string = string, Label extends string = string>
  extends Numbers<"counter", U, Label> {}

/** How often a value fell between which bounds. */
export interface Histogram<U extends string = string, Label extends string = string>
  extends Numbers<"histogram", U, Label> {
  /** The upper bounds of its buckets, each included, ascending; above the last there is one more. */
  readonly bounds: readonly number[];
}

/** What happened last. */
export interface EventList<D = unknown> {
  readonly kind: "eventList";
  readonly data: Schema<D>;
  /** How many are kept, the newest. */
  readonly keep: number;
}

/** Rows as they are now, without a history. */
export interface Table<Row = unknown> {
  readonly kind: "table";
  readonly row: Schema<Row>;
  /** How many rows are kept, the first. */
  readonly rows: number;
}

// biome-ignore lint/suspicious/noExplicitAny: the label's name is both given and taken
export type AnyNumbers = Gauge<any, any> | Counter<any, any> | Histogram<any, any>;
// biome-ignore lint/suspicious/noExplicitAny: as above
export type AnyMetric = AnyNumbers | EventList<any> | Table<any>;

/** By name, the metrics of a dashboard. */
export type Metrics = Readonly<Record<string, AnyMetric>>;

/** The names of the metrics that are of a kind. */
export type MetricName<M, K extends AnyMetric["kind"] = AnyMetric["kind"]> = {
  [N in keyof M]: M[N] extends { readonly kind: K } ? N : never;
}[keyof M] &
  string;

/** The names of the metrics that have series: gauges, counters and histograms. */
export type SeriesName<M> = MetricName<M, "gauge" | "counter" | "histogram">;

/** What tells a series of a metric apart from the others: a value for each of its labels. */
export type LabelsOf<X> = X extends { readonly labels: readonly (infer L extends string)[] }
  ? [L] extends [never]
    ? {}
    : { readonly [K in L]: string }
  : never;

/** An entry of an event list. */
export interface Occurrence<D = Json> {
  /** Unique in the list. */
  readonly id: string;
  /** Milliseconds since the epoch, by the server's clock. */
  readonly at: number;
  readonly data: D;
}

interface NumbersOptions<U extends string, Label extends string> {
  /**
   * What it counts in: `percent`, `ms`, `s`, `bytes`, or any word.
   * @default "count"
   */
  readonly unit?: U;
  /**
   * By which its numbers are told apart.
   * @default there is one series
   */
  readonly labels?: readonly Label[];
  /**
   * How many combinations of label values are kept apart, at most 1,000; what comes after them counts as `other`.
   * @default 50
   */
  readonly maxSeries?: number;
}

/** The value of every label of what is kept together, since there were too many. */
export const otherLabel = "other";

export const defaultMaxSeries = 50;
export const defaultKeep = 50;
export const defaultRows = 20;

const numbers = <const U extends string, const Label extends string>({
  unit = "count" as U,
  labels = [],
  maxSeries = defaultMaxSeries,
}: NumbersOptions<U, Label>) => ({ unit, labels, maxSeries });

/** A number that goes up and down: a temperature, a length, a share. */
export function gauge<const U extends string = "count", const Label extends string = never>(
  options: NumbersOptions<U, Label> = {},
): Gauge<U, Label> {
  return { kind: "gauge", ...numbers(options) };
}

/** A number that only grows: requests, bytes, failures. It is shown as a rate and as a total. */
export function counter<const U extends string = "count", const Label extends string = never>(
  options: NumbersOptions<U, Label> = {},
): Counter<U, Label> {
  return { kind: "counter", ...numbers(options) };
}

/**
 * How values are spread: durations, sizes.
 *
 * @param options.buckets - the upper bounds, ascending, at most 100; above the last there is one more bucket
 */
export function histogram<const U extends string = "count", const Label extends string = never>(
  options: NumbersOptions<U, Label> & { readonly buckets: readonly number[] },
): Histogram<U, Label> {
  return { kind: "histogram", ...numbers(options), bounds: options.buckets };
}

/**
 * What happened last: errors, deploys, sign-ins.
 *
 * @param options.keep - how many are kept, the newest; 50 by default, at most 1,000
 */
export function eventList<D>(options: { readonly data: Schema<D>; readonly keep?: number }): EventList<D> {
  return { kind: "eventList", data: options.data, keep: options.keep ?? defaultKeep };
}

/**
 * A list that is always given whole: the busiest routes, who is online.
 *
 * @param options.rows - how many are kept, the first; 20 by default, at most 1,000
 */
export function table<Row>(options: { readonly row: Schema<Row>; readonly rows?: number }): Table<Row> {
  return { kind: "table", row: options.row, rows: options.rows ?? defaultRows };
}
