import { type AnyNumbers, mergeHistograms, otherLabel } from "@shoal/contract/dashboards";

/** What came of a series since the last update, in the form of the command `update`. */
export type Sample = readonly number[];

/** A value of a gauge. */
export function gaugeSample(value: number): Sample {
  return [value, value, value, value, 1];
}

/** Values of a histogram that were observed. */
export function histogramSample(bounds: readonly number[], values: readonly number[]): Sample {
  const counts = new Array<number>(bounds.length + 1).fill(0);
  let sum = 0;
  for (const value of values) {
    const place = bounds.findIndex((bound) => value <= bound);
    const bucket = place < 0 ? bounds.length : place;
    counts[bucket] = (counts[bucket] ?? 0) + 1;
    sum = finite(sum + value);
  }
  return [sum, ...counts];
}

/** Two samples of a series as one. Of a gauge the later one is the last. */
export function joinSamples(kind: AnyNumbers["kind"], earlier: Sample, later: Sample): Sample {
  if (kind !== "gauge") return mergeHistograms(earlier, later).map(finite);
  const [, min = 0, max = 0, sum = 0, count = 0] = earlier;
  const [last = 0, laterMin = 0, laterMax = 0, laterSum = 0, laterCount = 0] = later;
  return [last, Math.min(min, laterMin), Math.max(max, laterMax), finite(sum + laterSum), count + laterCount];
}

/** Whether a sample is of a metric as it is defined here: another version of the code may have another one. */
export function fits(metric: AnyNumbers, sample: Sample): boolean {
  switch (metric.kind) {
    case "gauge":
      return sample.length === 5;
    case "counter":
      return sample.length === 1;
    case "histogram":
      return sample.length === metric.bounds.length + 2;
  }
}

/** Names a series by the values of its labels, in the order of the metric's labels. */
export function keyOf(values: readonly string[]): string {
  return values.length === 0 ? "" : JSON.stringify(values);
}

/** Names the series of what is kept together, since there were too many. */
export function otherKeyOf({ labels }: AnyNumbers): string {
  return keyOf(labels.map(() => otherLabel));
}

/** JSON has no infinity: what is too large for a number is the largest one. */
export function finite(value: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
}
