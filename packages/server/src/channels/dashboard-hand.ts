import type {
  AnyDashboard,
  DashboardSamples,
  EventList,
  LabelsOf,
  MetricName,
  Table,
} from "@shoal/contract/dashboards";
import { Measures } from "./dashboard-measures.ts";
import type { Readings } from "./dashboard-sources.ts";

/** The values of its labels, where a metric has any. */
type Labels<X> = X extends Table ? [] : [keyof LabelsOf<X>] extends [never] ? [] : [labels: LabelsOf<X>];

type By<X> = [keyof LabelsOf<X>] extends [never] ? [by?: number] : [by: number, labels: LabelsOf<X>];

type DataOf<X> = X extends EventList<infer D> ? D : never;
type CurrentOf<X> = X extends Table<infer Row> ? readonly Row[] : number;

/**
 * What measures, from anywhere in the server: `realtime.ops`, for a dashboard `ops`. What it is told is gathered in memory, and is one update
 * of the dashboard at most as often as its fastest tier. Nothing waits for that but {@link DashboardHand.flush}.
 *
 * Each method throws a {@link ShoalError} `BAD_REQUEST` at once for what is no finite number, a metric or a label that is not declared, and for
 * a counter that is to fall; and gathers nothing then.
 */
export interface DashboardHand<M> {
  /** A gauge is this now, or a table has these rows and no others. */
  set<K extends MetricName<M, "gauge" | "table">>(metric: K, value: CurrentOf<M[K]>, ...labels: Labels<M[K]>): void;
  /** A counter grew, by 1 where nothing else is said. */
  increment<K extends MetricName<M, "counter">>(metric: K, ...by: By<M[K]>): void;
  /** A value of a histogram was observed. */
  observe<K extends MetricName<M, "histogram">>(metric: K, value: number, ...labels: Labels<M[K]>): void;
  /** Something happened that an event list is of. */
  push<K extends MetricName<M, "eventList">>(metric: K, data: DataOf<M[K]>): void;
  /** Several metrics at once: all of them, or none when one is misused. Of a counter it takes by how much it grew. */
  update(readings: Readings<M>): void;
  /**
   * Sends what was gathered.
   *
   * @returns when it is committed
   * @throws {ShoalError} when the store does not take it
   */
  flush(): Promise<void>;
  /** The same for the dashboard of a tenant. */
  of(tenant: string): DashboardHand<M>;
}

/** @param send - sends the command `update` to the dashboard of a tenant, or of nobody's */
export function dashboardHand(
  dashboard: AnyDashboard,
  send: (tenant: string | undefined, samples: DashboardSamples) => Promise<unknown>,
) {
  type AnyHand = ReturnType<typeof make>;
  const hands = new Map<string | undefined, AnyHand>();
  const of = (tenant: string | undefined): AnyHand => {
    const hand = hands.get(tenant) ?? make(tenant);
    hands.set(tenant, hand);
    return hand;
  };
  const make = (tenant: string | undefined) => {
    const measures = new Measures(dashboard, (samples) => send(tenant, samples));
    return {
      set: (name: string, value: unknown, labels?: unknown) => measures.set(name, value, labels),
      increment: (name: string, by?: unknown, labels?: unknown) => measures.increment(name, by, labels),
      observe: (name: string, value: unknown, labels?: unknown) => measures.observe(name, value, labels),
      push: (name: string, data: unknown) => measures.push(name, data),
      update: (readings: Readonly<Record<string, unknown>>) => measures.update(readings),
      flush: () => measures.gathering.flush(),
      of: (tenant: string): unknown => of(tenant),
    };
  };
  return of(undefined);
}
