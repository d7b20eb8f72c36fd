import type { Bucket } from "./dashboard-channel.ts";

/** What came of a gauge within a time: how a line with a band is drawn. */
export interface Point {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** How many values there were. */
  readonly count: number;
}

/** A bucket of a gauge, or a sample of one with any number in its first place, as a point. */
export function pointOf(bucket: Bucket): Point {
  const [, first = 0, max, sum, count] = bucket;
  if (max === undefined || sum === undefined || count === undefined)
    return { min: first, max: first, mean: first, count: 1 };
  return { min: first, max, mean: sum / count, count };
}

/**
 * At most `n` points of a line, for a chart that has no room for more: steps that follow one another become one, with the smallest of
 * their minima, the largest of their maxima, and their mean by their counts. So no peak is lost, however few points are left.
 *
 * @param points - one for each step, in order; `null` where nothing came
 * @returns one for each so many steps, the last of fewer where they do not go into it; `null` where nothing came in any of its steps, so
 *   that a gap stays one
 */
export function downsample(points: readonly (Point | null)[], n: number): (Point | null)[] {
  const together = Math.max(1, Math.ceil(points.length / Math.max(1, Math.floor(n))));
  const fewer: (Point | null)[] = [];
  for (let start = 0; start < points.length; start += together) {
    let point: Point | null = null;
    for (const next of points.slice(start, start + together)) point = joined(point, next);
    fewer.push(point);
  }
  return fewer;
}

function joined(a: Point | null, b: Point | null): Point | null {
  if (!a || !b) return a ?? b;
  const count = a.count + b.count;
  return {
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    // Not by their sum, which may be too large for a number.
    mean: a.mean + (b.mean - a.mean) * (b.count / count),
    count,
  };
}

/** Two lists of counts as one, place by place: those of one histogram, over another time or of another series. */
export function mergeHistograms(a: readonly number[], b: readonly number[]): number[] {
  const [longer, shorter] = a.length >= b.length ? [a, b] : [b, a];
  return longer.map((count, place) => count + (shorter[place] ?? 0));
}

/**
 * Below which value so large a share of a histogram's values is. Within a bucket they are taken to be spread evenly, so it is as exact as the
 * buckets are narrow. The first bucket begins at 0, or at its bound where that is not above 0. Of what is above the last bound no more is
 * known than that: there it is the last bound, and the truth is higher.
 *
 * @param counts - how many values fell into each bucket: one more than there are bounds
 * @param bounds - the upper bound of each bucket but the last, ascending
 * @param q - from 0 to 1: 0.5 is the median
 * @returns `null` when there are no values
 */
export function quantileOf(counts: readonly number[], bounds: readonly number[], q: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (!(total > 0)) return null;
  const rank = Math.min(1, Math.max(0, q)) * total;
  let below = 0;
  for (const [place, bound] of bounds.entries()) {
    const count = counts[place] ?? 0;
    if (count > 0 && below + count >= rank) {
      const start = bounds[place - 1] ?? Math.min(0, bound);
      return start + (bound - start) * ((rank - below) / count);
    }
    below += count;
  }
  return bounds.at(-1) ?? null;
}

/** A time within the window of a dashboard. */
export interface Span {
  /** Its end, in milliseconds since the epoch by the server's clock. */
  readonly at: number;
  /** How long it is, in milliseconds. It begins with a step. */
  readonly overMs: number;
  /** How long a step of the dashboard is, in milliseconds. */
  readonly stepMs: number;
}

/** The buckets of a series within a time: of steps that began in it, and of that in which it ends. */
export function within(buckets: readonly Bucket[], { at, overMs, stepMs }: Span): readonly Bucket[] {
  const last = Math.floor(at / stepMs);
  const first = last - Math.ceil(overMs / stepMs) + 1;
  let start = buckets.length;
  while (start > 0 && (buckets[start - 1]?.[0] ?? 0) >= first) start -= 1;
  return buckets.slice(start).filter(([slot = 0]) => slot <= last);
}

/** By how much a counter grew a second within a time. A step in which nothing came counts as one in which it did not grow. */
export function rateOf(buckets: readonly Bucket[], span: Span): number {
  const growth = within(buckets, span).reduce((sum, [, by = 0]) => sum + by, 0);
  return growth / (span.overMs / 1_000);
}

/** How many values of a histogram fell into each of its buckets within a time. */
export function countsOf(buckets: readonly Bucket[], span: Span): number[] {
  return within(buckets, span).reduce<number[]>((counts, [, , ...more]) => mergeHistograms(counts, more), []);
}
