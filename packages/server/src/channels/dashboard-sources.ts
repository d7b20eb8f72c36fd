import { type Duration, ShoalError, toMilliseconds } from "@shoal/contract";
import type {
  AnyDashboard,
  Counter,
  Dashboard,
  EventList,
  Gauge,
  Histogram,
  KnownRule,
  LabelsOf,
  MetricName,
  Table,
} from "@shoal/contract/dashboards";
import type { Realtime } from "../realtime.ts";

/** What is read of each series of a metric with labels, and of the one of a metric without. */
type BySeries<X, V> = [keyof LabelsOf<X>] extends [never]
  ? V
  : readonly { readonly labels: LabelsOf<X>; readonly value: V }[];

/** What was observed of a histogram: the values, or how many of them fell into each bucket, with their sum. */
type Observed = readonly number[] | { readonly counts: readonly number[]; readonly sum: number };

/**
 * What is read of a metric at once: of a gauge what it is, of a counter what it stands at, of a histogram what was observed since it was last
 * read, of an event list what is new, and of a table its rows.
 */
export type ReadingOf<X> = X extends Gauge | Counter
  ? BySeries<X, number>
  : X extends Histogram
    ? BySeries<X, Observed>
    : X extends EventList<infer D>
      ? readonly D[]
      : X extends Table<infer Row>
        ? readonly Row[]
        : never;

/** Readings by metric. One that is left out was not read this time. */
export type Readings<M, K extends keyof M = keyof M> = { readonly [N in K]?: ReadingOf<M[N]> | undefined };

/** What `collect` of a source gets. */
export interface CollectCall {
  /** Aborts at the deadline, and when nobody needs it any more. */
  readonly signal: AbortSignal;
  /** The name of this node, as a value for a label. */
  readonly node: string;
  /** Whose dashboard it is, where it is a tenant's. */
  readonly tenant: string | null;
  readonly realtime: Realtime<unknown>;
}

/** Where metrics come from that are not told by themselves. Made by {@link source}. */
export interface Source<K extends string = string> {
  /** Unique among the sources of a dashboard. */
  readonly name: string;
  /** The metrics that it reads, and no other source does. */
  readonly metrics: readonly K[];
  /**
   * Reads them. It has as long as `every`, and at most 30 seconds. One that throws, is late or reads what is no number makes its metrics stale
   * until it is well again, and holds up nothing else.
   */
  readonly collect: (call: CollectCall) => object | Promise<object>;
  /**
   * How often; from 100 milliseconds to a day.
   * @default "5s"
   */
  readonly every?: Duration;
  /**
   * Whether one node reads for all (what is the same wherever it is read, such as a queue in a database), or each does for itself.
   * @default "cluster"
   */
  readonly per?: "cluster" | "node";
  /**
   * Whether it is read only while somebody watches. Metrics that an alert is about are always read.
   * @default "watched"
   */
  readonly when?: "watched" | "always";
}

/**
 * Defines a source of metrics of a dashboard: what to ask, and how often.
 *
 * @example
 * ```ts
 * const queue = source(ops, {
 *   name: "queue",
 *   metrics: ["waiting", "done"],
 *   collect: async () => ({ waiting: await jobs.countWaiting(), done: await jobs.countDone() }),
 * });
 * ```
 */
export function source<M, const K extends MetricName<M>>(
  _dashboard: Dashboard<string, M, string, string>,
  definition: Omit<Source<K>, "collect"> & {
    readonly collect: (call: CollectCall) => Readings<M, K> | Promise<Readings<M, K>>;
  },
): Source<K> {
  return definition as Source<K>;
}

/** A source as it stands at run time, with its defaults. */
export interface KnownSource {
  readonly name: string;
  readonly metrics: readonly string[];
  readonly collect: Source["collect"];
  readonly everyMs: number;
  readonly perNode: boolean;
  readonly always: boolean;
}

const leastEveryMs = 100;
const mostEveryMs = 86_400_000;

/** @throws {ShoalError} `BAD_REQUEST` when a source is of no use, or two read the same */
export function toSources(dashboard: AnyDashboard, sources: readonly Source[]): readonly KnownSource[] {
  const judged = new Set((Object.values(dashboard.rules) as readonly KnownRule[]).map(({ metric }) => metric));
  const readBy = new Map<string, string>();
  const names = new Set<string>();
  return sources.map(({ name, metrics, collect, every = "5s", per = "cluster", when = "watched" }) => {
    const refuse = (why: string): never => {
      throw new ShoalError("BAD_REQUEST", `Dashboard "${dashboard.name}": the source "${name}" ${why}`);
    };
    if (names.has(name)) refuse("is there twice. Give one of them another name.");
    names.add(name);
    for (const metric of metrics) {
      if (!Object.hasOwn(dashboard.metrics, metric)) refuse(`reads "${metric}", which is no metric.`);
      const other = readBy.get(metric);
      if (other !== undefined) refuse(`reads "${metric}", and so does "${other}". Leave it to one of them.`);
      readBy.set(metric, name);
    }
    const everyMs = toMilliseconds(every);
    if (!(everyMs >= leastEveryMs)) refuse(`has \`every\` below ${leastEveryMs} ms.`);
    if (everyMs > mostEveryMs) refuse("has `every` above a day.");
    const always = when === "always" || metrics.some((metric) => judged.has(metric));
    return { name, metrics, collect, everyMs, perNode: per === "node", always };
  });
}
