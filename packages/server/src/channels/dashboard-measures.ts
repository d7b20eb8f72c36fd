import type { AnyDashboard, AnyNumbers, DashboardSamples } from "@shoal/contract/dashboards";
import { Gathering } from "./dashboard-gathering.ts";
import { Readings } from "./dashboard-readings.ts";
import { gaugeSample, type Sample } from "./dashboard-samples.ts";

/** By how much the series of a counter grew, of what was read of it. */
export type Growth = (name: string, read: readonly (readonly [key: string, value: number])[]) => typeof read;

const asGiven: Growth = (_name, read) => read;

/** Takes what is measured of a dashboard: checks it, and gathers it for the next update. What is misused throws `BAD_REQUEST` and changes nothing. */
export class Measures {
  readonly gathering: Gathering;
  readonly #readings: Readings;

  constructor(dashboard: AnyDashboard, send: (samples: DashboardSamples) => Promise<unknown>) {
    const [paceMs = 100] = Object.values(dashboard.tiers as Readonly<Record<string, number>>);
    this.gathering = new Gathering({ send, paceMs });
    this.#readings = new Readings(dashboard);
  }

  set(name: string, given: unknown, labels?: unknown): void {
    const metric = this.#readings.metric(name, "gauge", "table");
    if (metric.kind === "table") {
      this.prepare(name, given)();
      return;
    }
    const key = this.#readings.key(name, metric, labels);
    this.gathering.add(name, metric, key, gaugeSample(this.#readings.number(name, given)));
  }

  increment(name: string, by: unknown = 1, labels?: unknown): void {
    const metric = this.#readings.metric(name, "counter");
    const key = this.#readings.key(name, metric, labels);
    this.gathering.add(name, metric, key, [this.#readings.growth(name, by)]);
  }

  observe(name: string, value: unknown, labels?: unknown): void {
    const metric = this.#readings.metric(name, "histogram");
    const key = this.#readings.key(name, metric, labels);
    this.gathering.add(name, metric, key, this.#readings.observed(name, metric, [value]));
  }

  push(name: string, data: unknown): void {
    const metric = this.#readings.metric(name, "eventList");
    this.gathering.push(name, metric, this.#readings.data(name, metric, data));
  }

  /** Takes readings of metrics, of counters by how much they grew: all of them, or none. */
  update(readings: Readonly<Record<string, unknown>>): void {
    const prepared = Object.entries(readings).map(([name, reading]) => this.prepare(name, reading));
    for (const take of prepared) take();
  }

  /** Checks a reading of a metric; there may be none. @returns what takes it */
  prepare(name: string, reading: unknown, growth: Growth = asGiven): () => void {
    const metric = this.#readings.metric(name, "gauge", "counter", "histogram", "eventList", "table");
    if (reading === undefined || reading === null) return () => {};
    const { gathering } = this;
    if (metric.kind === "table") {
      const given = this.#readings.list(name, reading).slice(0, metric.rows);
      const rows = given.map((row) => this.#readings.data(name, metric, row));
      return () => gathering.setRows(name, rows);
    }
    if (metric.kind === "eventList") {
      const news = this.#readings.list(name, reading).map((data) => this.#readings.data(name, metric, data));
      return () => {
        for (const data of news) gathering.push(name, metric, data);
      };
    }
    const samples = this.#samplesOf(name, metric, reading, growth);
    return () => {
      for (const [key, sample] of samples) gathering.add(name, metric, key, sample);
    };
  }

  #samplesOf(
    name: string,
    metric: AnyNumbers,
    reading: unknown,
    growth: Growth,
  ): readonly (readonly [key: string, sample: Sample])[] {
    const readings = this.#readings;
    const parts = readings.bySeries(name, metric, reading);
    switch (metric.kind) {
      case "gauge":
        return parts.map(([key, value]) => [key, gaugeSample(readings.number(name, value))] as const);
      case "histogram":
        return parts.map(([key, part]) => [key, readings.observed(name, metric, part)] as const);
      case "counter": {
        const read = parts.map(([key, value]) => [key, readings.growth(name, value)] as const);
        return growth(name, read).map(([key, by]) => [key, [by]] as const);
      }
    }
  }
}
