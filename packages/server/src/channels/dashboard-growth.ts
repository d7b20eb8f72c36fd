import type { AnyNumbers, Metrics } from "@shoal/contract/dashboards";
import type { Growth } from "./dashboard-measures.ts";
import { finite, otherKeyOf } from "./dashboard-samples.ts";

/**
 * Makes of what a source's counters stand at by how much they grew since it was last asked. One that stands lower than before was reset, and
 * grew by what it stands at. What is read for the first time has grown by nothing: nobody knows since when.
 *
 * As many series are told apart as the metric keeps apart. The others are read as one sum, which also falls when one of them is no more: then
 * it grew by nothing, and is too small rather than too large.
 */
export function growthSince(metrics: Metrics): Growth {
  const standings = new Map<string, ReadonlyMap<string, number>>();
  return (name, read) => {
    const before = standings.get(name);
    const metric = metrics[name] as AnyNumbers;
    const after = standingOf(metric, read, before);
    standings.set(name, after);
    const other = otherKeyOf(metric);
    return [...after].map(([key, value]) => {
      const was = before?.get(key);
      if (was === undefined) return [key, 0] as const;
      if (value >= was) return [key, value - was] as const;
      return [key, key === other && metric.labels.length > 0 ? 0 : value] as const;
    });
  };
}

/** What each series stands at. Those that were told apart before are so again. */
function standingOf(
  metric: AnyNumbers,
  read: readonly (readonly [key: string, value: number])[],
  before: ReadonlyMap<string, number> | undefined,
): Map<string, number> {
  const other = otherKeyOf(metric);
  const isOther = (key: string) => key === other && metric.labels.length > 0;
  const known = read.filter(([key]) => before?.has(key) && !isOther(key)).slice(0, metric.maxSeries);
  const standing = new Map(known);
  for (const [key, value] of read) {
    if (before?.has(key) && !isOther(key) && standing.has(key)) continue;
    const isKept = !isOther(key) && standing.size < metric.maxSeries;
    const kept = isKept ? key : other;
    standing.set(kept, finite((isKept ? 0 : (standing.get(other) ?? 0)) + value));
  }
  return standing;
}
