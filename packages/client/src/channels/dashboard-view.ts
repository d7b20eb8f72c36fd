import { type Duration, ShoalError, toMilliseconds } from "@shoal/contract";
import type {
  AnyDashboard,
  AnyMetric,
  AnyNumbers,
  Dashboard,
  DashboardState,
  LabelsOf,
  SeriesName,
} from "@shoal/contract/dashboards";
import {
  type CounterColumns,
  counterColumns,
  type Drawing,
  type GaugeColumns,
  gaugeColumns,
  type HistogramColumns,
  histogramColumns,
} from "./dashboard-columns.ts";
import { coverageOf } from "./dashboard-coverage.ts";
import { type Grid, gridOf } from "./dashboard-grid.ts";
import { type Keyed, labelled } from "./dashboard-labels.ts";
import { type Latest, latestOf, type Range } from "./dashboard-latest.ts";

type ColumnsOf<K> = K extends "gauge" ? GaugeColumns : K extends "counter" ? CounterColumns : HistogramColumns;

/** A metric over time. Every series of a view has the same `x`, so that columns of several can stand in one chart. */
export type Series<X> = X extends { readonly kind: infer K }
  ? {
      /** When each point begins, in seconds since the epoch. */
      readonly x: Float64Array;
    } & ([keyof LabelsOf<X>] extends [never]
      ? ColumnsOf<K>
      : {
          /** Sorted by their labels. */
          readonly series: readonly (ColumnsOf<K> & { readonly labels: LabelsOf<X> })[];
        })
  : never;

/** Why a metric is not kept up to date, and since when, in milliseconds since the epoch by the server's clock. */
export interface Staleness {
  readonly since: number;
  readonly reason: string;
}

/** What a dashboard shows. What has not changed since the last look is the same object as then. */
export interface DashboardView<M, N extends keyof M> {
  readonly latest: { readonly [K in N]: Latest<M[K]> };
  readonly series: { readonly [K in N & SeriesName<M>]: Series<M[K]> };
  /** The metrics that are not kept up to date. */
  readonly stale: { readonly [K in N]?: Staleness };
  /** When the newest of it came, in milliseconds since the epoch by the server's clock; 0 before the first. */
  readonly at: number;
}

export interface ViewOptions<N extends string> {
  /**
   * Which metrics are shown.
   * @default all
   */
  readonly metrics?: readonly N[] | undefined;
  /**
   * How far back the series and the histograms reach, at most as far as the dashboard's window.
   * @default the window
   */
  readonly range?: Duration | undefined;
  /**
   * How many points a series has at most: how wide the chart is in pixels. What falls into one point keeps its smallest and its largest value.
   * @default one for each step
   */
  readonly points?: number | undefined;
  /**
   * The longest time without a reading that is no gap in a line.
   * @default two and a half times what is usual between two readings of the metric
   */
  readonly gap?: Duration | undefined;
}

/**
 * Looks at the states of a dashboard, one after the other, and works out anew only what has changed, and of that what is read. What it shows depends on the state alone, and not on
 * those that it has seen before.
 *
 * @throws {ShoalError} `BAD_REQUEST` for a metric that the dashboard does not have, and a range, a gap or points that make no sense
 */
export function dashboardView<Name extends string, M, T extends string, R extends string, N extends keyof M & string>(
  dashboard: Dashboard<Name, M, T, R>,
  options: ViewOptions<N> = {},
): (state: DashboardState) => DashboardView<M, N> {
  const viewer = new Viewer(dashboard, options);
  return (state) => viewer.look(state) as never;
}

type AnyView = DashboardView<Record<string, AnyMetric>, string>;
type Numbers = readonly (readonly [string, AnyNumbers])[];

interface Shown {
  readonly keyed: Keyed;
  readonly grid: Grid;
  readonly latest: () => unknown;
  readonly series: () => unknown;
}

const none: Keyed = {};
const empty: readonly never[] = [];
/** Of a chart of which nothing is known. */
const noGrid: Grid = { first: 0, steps: 0, perPoint: 1, stepMs: 1, x: new Float64Array(0) };

class Viewer {
  readonly #metrics: Readonly<Record<string, AnyMetric>>;
  readonly #names: readonly string[];
  readonly #numbers: Numbers;
  readonly #stepMs: number;
  readonly #steps: number;
  readonly #points: number;
  readonly #gapMs: number | undefined;
  #shown = new Map<string, Shown>();
  readonly #lists = new Map<string, { readonly of: unknown; readonly latest: unknown }>();
  #grid: Grid | undefined;
  #last: number | undefined;
  #covered: Uint8Array = new Uint8Array(0);
  #state: DashboardState | undefined;
  #view: AnyView | undefined;

  constructor(dashboard: AnyDashboard, { metrics, range, points, gap }: ViewOptions<string>) {
    const refuse = (why: string) => {
      throw new ShoalError("BAD_REQUEST", `Dashboard "${dashboard.name}": ${why}`);
    };
    const { stepMs, windowMs } = dashboard;
    this.#metrics = dashboard.metrics;
    this.#names = [...new Set(metrics ?? Object.keys(this.#metrics))];
    const unknown = this.#names.find((name) => !Object.hasOwn(this.#metrics, name));
    if (unknown !== undefined) refuse(`it has no metric "${unknown}".`);
    const rangeMs = range === undefined ? windowMs : toMilliseconds(range);
    if (!(rangeMs >= stepMs && rangeMs <= windowMs))
      refuse("a range is as long as a step at least, and as the window at most.");
    this.#gapMs = gap === undefined ? undefined : toMilliseconds(gap);
    if (this.#gapMs !== undefined && !(this.#gapMs >= 0)) refuse("`gap` is a time.");
    this.#stepMs = stepMs;
    this.#steps = Math.ceil(rangeMs / stepMs);
    this.#points = points ?? this.#steps;
    if (!(this.#points >= 1)) refuse("a chart has a point at least.");
    this.#numbers = this.#names.flatMap((name) => {
      const metric = this.#metrics[name] as AnyMetric;
      return metric.kind === "eventList" || metric.kind === "table" ? [] : [[name, metric] as const];
    });
  }

  look(state: DashboardState): AnyView {
    if (this.#view && this.#state && !this.#concerns(this.#state, state)) return this.#view;
    const shown = this.#draw(state);
    const [latest, series] = [{}, {}];
    for (const name of this.#names) {
      const numbers = shown.get(name);
      const listed = numbers ? undefined : this.#listed(state, name);
      define(latest, name, numbers ? numbers.latest : () => listed);
      if (numbers) define(series, name, numbers.series);
    }
    this.#state = state;
    this.#view = { latest, series, stale: picked(state.stale, this.#names), at: state.at } as never;
    return this.#view as AnyView;
  }

  /** Whether what has changed is anything that is shown. */
  #concerns(before: DashboardState, now: DashboardState): boolean {
    if (before === now) return false;
    const changed = this.#names.some(
      (name) =>
        before.series[name] !== now.series[name] ||
        before.lists[name] !== now.lists[name] ||
        before.tables[name] !== now.tables[name] ||
        before.stale[name]?.reason !== now.stale[name]?.reason ||
        before.stale[name]?.since !== now.stale[name]?.since,
    );
    if (changed || before.series === now.series || !this.#grid || !this.#needsCoverage) return changed;
    return !sameBytes(this.#covered, coverageOf(now, this.#grid, this.#gapMs));
  }

  /** A gauge's line is made of its readings alone. */
  get #needsCoverage(): boolean {
    return this.#numbers.some(([, { kind }]) => kind !== "gauge");
  }

  #draw(state: DashboardState): ReadonlyMap<string, Shown> {
    const last = newestOf(this.#numbers.map(([name]) => state.series[name] ?? none));
    const grid = last === undefined ? noGrid : this.#gridAt(last);
    const covered = this.#needsCoverage ? coverageOf(state, grid, this.#gapMs) : new Uint8Array(0);
    const range = { first: (last ?? 0) - this.#steps + 1, last: last ?? 0, stepMs: this.#stepMs };
    const isEnd = last === this.#last && sameBytes(this.#covered, covered);
    this.#shown = new Map(
      this.#numbers.map(([name, metric]) => {
        const keyed = state.series[name] ?? none;
        const before = this.#shown.get(name);
        const isSame = before?.keyed === keyed && before.grid === grid && (isEnd || metric.kind === "gauge");
        return [name, isSame ? before : drawn(metric, keyed, range, { grid, covered, gapMs: this.#gapMs })];
      }),
    );
    this.#last = last;
    this.#covered = covered;
    return this.#shown;
  }

  #gridAt(last: number): Grid {
    const grid = gridOf(last, this.#steps, this.#points, this.#stepMs);
    if (this.#grid?.first !== grid.first) this.#grid = grid;
    return this.#grid;
  }

  #listed({ lists, tables }: DashboardState, name: string): unknown {
    const { kind } = this.#metrics[name] as AnyMetric;
    const list = (kind === "table" ? tables[name] : lists[name]) ?? empty;
    const known = this.#lists.get(name);
    if (known?.of === list) return known.latest;
    const latest = kind === "table" ? { kind, rows: list } : { kind, occurrences: list.toReversed() };
    this.#lists.set(name, { of: list, latest });
    return latest;
  }
}

function drawn(metric: AnyNumbers, keyed: Keyed, range: Range, drawing: Drawing): Shown {
  const { grid } = drawing;
  const columns = (buckets: Keyed[string]["buckets"]) => {
    switch (metric.kind) {
      case "gauge":
        return gaugeColumns(buckets, drawing);
      case "counter":
        return counterColumns(buckets, drawing);
      case "histogram":
        return histogramColumns(buckets, metric.bounds, drawing);
    }
  };
  const lines = () =>
    metric.labels.length > 0
      ? { series: labelled(metric, keyed).map(([labels, { buckets }]) => ({ labels, ...columns(buckets) })) }
      : columns(keyed[""]?.buckets ?? []);
  return {
    keyed,
    grid,
    latest: once(() => latestOf(metric, keyed, range)),
    series: once(() => ({ x: grid.x, ...lines() })),
  };
}

/** What nobody looks at is not worked out. */
function define(object: object, name: string, get: () => unknown): void {
  Object.defineProperty(object, name, { enumerable: true, get });
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** The newest step with a reading of any of them. */
function newestOf(all: readonly Keyed[]): number | undefined {
  const slots = all.flatMap((keyed) => Object.values(keyed).flatMap(({ buckets }) => buckets.at(-1)?.[0] ?? []));
  return slots.length === 0 ? undefined : Math.max(...slots);
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, place) => byte === other[place]);
}

function picked<V>(record: Readonly<Record<string, V>>, names: readonly string[]): Record<string, V> {
  return Object.fromEntries(names.flatMap((name) => (record[name] === undefined ? [] : [[name, record[name]]])));
}
