import { type Bucket, mergeHistograms, quantileOf } from "@shoal/contract/dashboards";
import { spacingOfSeries } from "./dashboard-gaps.ts";
import { type Column, type Grid, toColumn, unknowns } from "./dashboard-grid.ts";

/** The lines of a gauge: the mean of each point, and its smallest and largest value, so that no extreme is lost. */
export interface GaugeColumns {
  readonly value: Column;
  readonly min: Column;
  readonly max: Column;
}

/** The lines of a counter: its growth a second, on average over each point, and in its slowest and fastest step. */
export interface CounterColumns {
  readonly rate: Column;
  readonly min: Column;
  readonly max: Column;
}

/** The lines of a histogram: how many values came a second, and of those of each point the mean and quantiles. */
export interface HistogramColumns {
  readonly rate: Column;
  readonly mean: Column;
  readonly p50: Column;
  readonly p95: Column;
  readonly p99: Column;
}

/** What a line is made of, besides its buckets. */
export interface Drawing {
  readonly grid: Grid;
  /** For each step of the grid whether the dashboard was being kept up to date: 1, or 0. */
  readonly covered: Uint8Array;
  readonly gapMs: number | undefined;
}

export function gaugeColumns(buckets: readonly Bucket[], { grid, gapMs }: Drawing): GaugeColumns {
  const length = grid.x.length;
  const [sum, count] = [new Float64Array(length), new Float64Array(length)];
  const min = new Float64Array(length).fill(Number.POSITIVE_INFINITY);
  const max = new Float64Array(length).fill(Number.NEGATIVE_INFINITY);
  for (const bucket of buckets) {
    const point = pointOf(bucket, grid);
    if (point === undefined) continue;
    const [, first = 0, largest = first, total = first, times = 1] = bucket;
    sum[point] = at(sum, point) + total;
    count[point] = at(count, point) + times;
    min[point] = Math.min(at(min, point), first);
    max[point] = Math.max(at(max, point), largest);
  }
  const bridges = bridgesOf(buckets, grid, gapMs);
  const line = (read: (point: number) => number) =>
    toColumn(
      bridged(
        Float64Array.from(count, (times, point) => (times > 0 ? read(point) : Number.NaN)),
        bridges,
      ),
    );
  return {
    value: line((point) => at(sum, point) / at(count, point)),
    min: line((point) => at(min, point)),
    max: line((point) => at(max, point)),
  };
}

export function counterColumns(buckets: readonly Bucket[], drawing: Drawing): CounterColumns {
  const { x, perPoint } = drawing.grid;
  const rates = ratesOf(buckets, drawing);
  const [rate, min, max] = [unknowns(x.length), unknowns(x.length), unknowns(x.length)];
  for (let point = 0; point < x.length; point += 1) {
    let [sum, count, least, most] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let step = point * perPoint; step < (point + 1) * perPoint; step += 1) {
      const value = at(rates, step);
      if (Number.isNaN(value)) continue;
      sum += value;
      count += 1;
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    if (count === 0) continue;
    rate[point] = sum / count;
    min[point] = least;
    max[point] = most;
  }
  return { rate: toColumn(rate), min: toColumn(min), max: toColumn(max) };
}

export function histogramColumns(
  buckets: readonly Bucket[],
  bounds: readonly number[],
  drawing: Drawing,
): HistogramColumns {
  const { grid, gapMs } = drawing;
  const sums = unknowns(grid.x.length);
  const spreads = new Array<readonly number[] | undefined>(grid.x.length).fill(undefined);
  for (const bucket of buckets) {
    const point = pointOf(bucket, grid);
    if (point === undefined) continue;
    const [, sum = 0, ...counts] = bucket;
    const before = spreads[point];
    sums[point] = before ? at(sums, point) + sum : sum;
    spreads[point] = before ? mergeHistograms(before, counts) : counts;
  }
  const bridges = bridgesOf(buckets, grid, gapMs);
  const line = (read: (counts: readonly number[], point: number) => number | null) => {
    const values = unknowns(grid.x.length);
    for (const [point, counts] of spreads.entries()) if (counts) values[point] = read(counts, point) ?? Number.NaN;
    return toColumn(bridged(values, bridges));
  };
  const quantile = (q: number) => line((counts) => quantileOf(counts, bounds, q));
  return {
    rate: counterColumns(growthsOf(buckets), drawing).rate,
    mean: line((counts, point) => at(sums, point) / totalOf(counts)),
    p50: quantile(0.5),
    p95: quantile(0.95),
    p99: quantile(0.99),
  };
}

/** The buckets of a histogram as those of a counter of its values. */
function growthsOf(buckets: readonly Bucket[]): Bucket[] {
  return buckets.map(([slot = 0, , ...counts]) => [slot, totalOf(counts)]);
}

export function totalOf(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0);
}

/**
 * For each step of the grid the growth a second, NaN where nobody knows. What a counter grew by between two readings is spread over the time from one to
 * the other. Where it was not heard of for longer, it did not grow as long as the dashboard was kept up to date, and is unknown where it was not.
 */
function ratesOf(buckets: readonly Bucket[], { grid, covered, gapMs }: Drawing): Float64Array {
  const { first, steps, stepMs } = grid;
  const rates = unknowns(steps);
  const { usual, gap } = spacingOfSeries(buckets, stepMs, gapMs);
  let before: number | undefined;
  for (const [slot = 0, growth = 0] of buckets) {
    const distance = before === undefined ? usual : slot - before;
    const span = distance > gap ? Math.min(usual, distance) : distance;
    if (before !== undefined && distance > gap) rest(rates, before + 1 - first, slot - span - first, covered);
    if (slot >= first) {
      const isBridge = before !== undefined && distance <= gap;
      spread(rates, slot - span + 1 - first, slot - first, growth * (1_000 / stepMs), isBridge ? covered : undefined);
    }
    before = slot;
  }
  if (before !== undefined && first + steps - 1 - before > gap) rest(rates, before + 1 - first, steps - 1, covered);
  return rates;
}

/** A growth fell evenly into all the steps from one to another in which the dashboard was kept up to date. */
function spread(rates: Float64Array, from: number, to: number, growth: number, covered: Uint8Array | undefined): void {
  const isKnown = (step: number) => step < 0 || step === to || !covered || covered[step] === 1;
  let known = 0;
  for (let step = from; step <= to; step += 1) known += Number(isKnown(step));
  for (let step = Math.max(0, from); step <= to; step += 1) if (isKnown(step)) rates[step] = growth / known;
}

/** From one step to another nothing grew, wherever the dashboard was kept up to date. */
function rest(rates: Float64Array, from: number, to: number, covered: Uint8Array): void {
  for (let step = Math.max(0, from); step <= to && step < rates.length; step += 1) {
    if (covered[step] === 1) rates[step] = 0;
  }
}

/** The points between two readings that are not so far apart that there is a gap: from the one's to the other's. */
function bridgesOf(
  buckets: readonly Bucket[],
  grid: Grid,
  gapMs: number | undefined,
): readonly (readonly [number, number])[] {
  const { gap } = spacingOfSeries(buckets, grid.stepMs, gapMs);
  const bridges: (readonly [number, number])[] = [];
  let before: number | undefined;
  for (const bucket of buckets) {
    const point = pointOf(bucket, grid);
    const slot = bucket[0] as number;
    if (point !== undefined && before !== undefined && slot - before <= gap) {
      const from = pointOf([before], grid);
      if (from !== undefined && point - from > 1) bridges.push([from, point]);
    }
    before = slot;
  }
  return bridges;
}

/** Between two readings that are near each other the line is straight. */
function bridged(values: Float64Array, bridges: readonly (readonly [number, number])[]): Float64Array {
  for (const [from, to] of bridges) {
    const [start, end] = [at(values, from), at(values, to)];
    for (let point = from + 1; point < to; point += 1)
      values[point] = start + ((end - start) * (point - from)) / (to - from);
  }
  return values;
}

/** The point of the grid that a bucket belongs to; undefined where it is outside. */
function pointOf([slot = 0]: Bucket, { first, steps, perPoint }: Grid): number | undefined {
  const step = slot - first;
  return step >= 0 && step < steps ? Math.floor(step / perPoint) : undefined;
}

function at(values: Float64Array, place: number): number {
  return values[place] as number;
}
