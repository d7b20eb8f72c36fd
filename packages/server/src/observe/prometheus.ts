import { type Aggregator, collectDefaultMetrics, type Metric, Registry } from "prom-client";
import type { Realtime } from "../realtime.ts";
import type { MetricsReport } from "../transport/metrics.ts";
import { type Family, familiesOf } from "./prometheus-families.ts";

export { type MetricsGuard, type MetricsOptions, type MetricsReport, metricsHandler } from "../transport/metrics.ts";

export interface PrometheusOptions {
  /**
   * Where the metrics are registered, beside those of the application.
   * @default one of its own, with the metrics of the process
   */
  readonly registry?: Registry;
  /**
   * Whether the metrics of the process are registered, too: CPU, memory, event loop and garbage collection, as prom-client collects them.
   * @default whether no `registry` is given
   */
  readonly processMetrics?: boolean;
}

/** What a realtime tells Prometheus. */
export interface Prometheus extends MetricsReport {
  readonly registry: Registry;
}

/**
 * Tells Prometheus what `realtime.stats()` says, with the names of channels as the only labels that are not fixed. It is made once for a
 * realtime; nothing is read before somebody asks.
 *
 * @throws when the registry has metrics of these names, such as those of another realtime
 */
export function prometheus(
  realtime: Pick<Realtime<unknown>, "stats" | "ready">,
  options: PrometheusOptions = {},
): Prometheus {
  const { registry = new Registry(), processMetrics = options.registry === undefined } = options;
  const read = onceATurn(() => familiesOf(realtime.stats(), realtime.ready));
  for (const family of familiesOf(realtime.stats(), realtime.ready)) {
    registry.registerMetric(new Reading(family, read) as unknown as Metric);
  }
  if (processMetrics) collectDefaultMetrics({ register: registry });
  return {
    registry,
    contentType: registry.contentType,
    metrics: () => registry.metrics(),
  };
}

/** A metric whose values are read where they are, as prom-client asks for those of its own. */
class Reading {
  readonly name: string;
  readonly help: string;
  readonly type: Family["type"];
  readonly aggregator: Aggregator = "sum";
  readonly #read: () => readonly Family[];

  constructor({ name, help, type }: Family, read: () => readonly Family[]) {
    this.name = name;
    this.help = help;
    this.type = type;
    this.#read = read;
  }

  async get() {
    const { name, help, type, aggregator } = this;
    const values = this.#read().find((family) => family.name === name)?.values ?? [];
    return { name, help, type, aggregator, values };
  }

  /** There is nothing here to be reset: what is told is what the realtime counts. */
  reset(): void {}
}

/** All metrics of one answer are of one moment. */
function onceATurn<T>(read: () => T): () => T {
  let last: { readonly value: T } | undefined;
  return () => {
    if (last) return last.value;
    last = { value: read() };
    setImmediate(() => {
      last = undefined;
    });
    return last.value;
  };
}
