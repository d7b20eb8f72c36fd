import type { AnyNumbers, SeriesState } from "@shoal/contract/dashboards";

/** By the key of its labels. */
export type Keyed = Readonly<Record<string, SeriesState>>;

/** The series of a metric with labels, in one order wherever they are looked at. */
export function labelled(
  metric: AnyNumbers,
  keyed: Keyed,
): readonly (readonly [Record<string, string>, SeriesState])[] {
  return Object.entries(keyed)
    .filter(([key]) => key !== "")
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, series]) => [labelsOf(metric, key), series] as const);
}

function labelsOf(metric: AnyNumbers, key: string): Record<string, string> {
  const values = JSON.parse(key) as readonly string[];
  return Object.fromEntries(metric.labels.map((label, place) => [label, values[place] ?? ""]));
}
