/** The steps that a chart shows, put together to as many points as it has. */
export interface Grid {
  /** The number of the first step: its start in milliseconds divided by the resolution. */
  readonly first: number;
  /** How many steps there are from there. */
  readonly steps: number;
  /** How many steps make one point. */
  readonly perPoint: number;
  readonly stepMs: number;
  /** When each point begins, in seconds since the epoch. */
  readonly x: Float64Array;
}

/**
 * The points of a chart that ends with a step. Points begin at whole multiples of their length, so that what was drawn stays what it was when the
 * chart moves on.
 *
 * @param steps - how many steps the chart shows
 * @param points - how many points it has at most
 */
export function gridOf(last: number, steps: number, points: number, stepMs: number): Grid {
  const perPoint = Math.max(1, Math.ceil(steps / points));
  const count = Math.ceil(steps / perPoint);
  const firstPoint = Math.floor(last / perPoint) - count + 1;
  const x = Float64Array.from({ length: count }, (_, point) => ((firstPoint + point) * perPoint * stepMs) / 1_000);
  return { first: firstPoint * perPoint, steps: count * perPoint, perPoint, stepMs, x };
}

/**
 * The numbers of a chart's line, one for each point: a Float64Array where all are known, and a list with `null` at each gap where not all are. A typed
 * array can hold no `null`, and uPlot draws a straight line through any other number.
 */
export type Column = Float64Array | (number | null)[];

/** @param values - NaN where nothing is known */
export function toColumn(values: Float64Array): Column {
  if (!values.includes(Number.NaN)) return values;
  return Array.from(values, (value) => (Number.isNaN(value) ? null : value));
}

export function unknowns(length: number): Float64Array {
  return new Float64Array(length).fill(Number.NaN);
}
