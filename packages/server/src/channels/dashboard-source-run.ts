import type { AnyDashboard, Metrics } from "@shoal/contract/dashboards";
import { growthSince } from "./dashboard-growth.ts";
import type { Growth, Measures } from "./dashboard-measures.ts";
import { Pause } from "./dashboard-pause.ts";
import { reasonOf } from "./dashboard-readings.ts";
import type { CollectCall, KnownSource } from "./dashboard-sources.ts";

/** When anybody last measured a metric: the start of that step, beside the time of the last update, in milliseconds. */
export interface LastMeasured {
  readonly stepAt: number;
  readonly updatedAt: number;
}

export interface SourceRunOptions {
  readonly dashboard: AnyDashboard;
  readonly source: KnownSource;
  readonly measures: Measures;
  readonly call: Omit<CollectCall, "signal">;
  /** The calls of sources that have not answered, whether anybody waits for that or not. */
  readonly underWay: Set<string>;
  /** Whether it is for this node to read. */
  readonly isOurs: () => boolean;
  readonly lastMeasured: (metric: string) => Promise<LastMeasured>;
  /** Ends it. */
  readonly signal: AbortSignal;
}

const longestDeadlineMs = 30_000;

/** After how many of its intervals what a source gives no more is stale. */
const intervalsUntilStale = 3;

/** A source as long as it is needed here: it is read at once and then at its interval, never twice at a time. */
export class SourceRun {
  readonly #options: SourceRunOptions;
  readonly #pause: Pause;
  readonly #deadlineMs: number;
  readonly #growth: { of: Growth };
  /** By metric, when it was last given, or could have been for the first time: of those that have to be. */
  readonly #givenAt = new Map<string, number>();
  /** By metric, the step in which this node last measured it. */
  readonly #measuredAt = new Map<string, number>();
  /** Names its calls among those that are under way, also those of a run before this one. */
  readonly #key: string;

  constructor(options: SourceRunOptions) {
    this.#options = options;
    this.#pause = new Pause(options.signal);
    this.#deadlineMs = Math.min(options.source.everyMs, longestDeadlineMs);
    this.#growth = { of: growthSince(this.#metrics) };
    this.#key = JSON.stringify([options.call.tenant, options.source.name]);
  }

  /** Reads it until nobody needs it. */
  async run(): Promise<void> {
    const { signal, source, isOurs } = this.#options;
    this.#begin();
    while (!signal.aborted) {
      const next = performance.now() + source.everyMs;
      if (isOurs()) await this.#read();
      else this.#begin();
      await this.#pause.wait(Math.max(0, next - performance.now()));
    }
  }

  /** Reads it now. */
  wake(): void {
    this.#pause.wake();
  }

  get #metrics(): Metrics {
    return this.#options.dashboard.metrics as Metrics;
  }

  /** What others read meanwhile counts from now on. */
  #begin(): void {
    this.#growth.of = growthSince(this.#metrics);
    for (const name of this.#options.source.metrics) {
      const { kind } = this.#metrics[name] ?? {};
      if (kind === "gauge" || kind === "table") this.#givenAt.set(name, performance.now());
    }
  }

  async #read(): Promise<void> {
    const { source, signal, underWay } = this.#options;
    try {
      if (underWay.has(this.#key)) throw this.#late();
      this.#take(await this.#collect());
      if (source.perNode) await this.#remember();
    } catch (error) {
      if (!signal.aborted) await this.#fail(reasonOf(error));
    }
  }

  /** Asks the source, and waits for its answer, but not for longer than it has. */
  async #collect(): Promise<unknown> {
    const { source, signal, call, underWay } = this.#options;
    const limit = new AbortController();
    const timeout = setTimeout(() => limit.abort(this.#late()), this.#deadlineMs).unref();
    const end = (): void => limit.abort(signal.reason);
    signal.addEventListener("abort", end);
    const ended = new Promise<never>((_, reject) => {
      limit.signal.addEventListener("abort", () => reject(limit.signal.reason));
    });
    underWay.add(this.#key);
    const collected = (async () => source.collect({ ...call, signal: limit.signal }))().finally(() => {
      underWay.delete(this.#key);
    });
    try {
      return await Promise.race([collected, ended]);
    } finally {
      clearTimeout(timeout);
      signal.removeEventListener("abort", end);
      ended.catch(() => {});
    }
  }

  #late(): Error {
    return new Error(`The source "${this.#options.source.name}" has not answered within ${this.#deadlineMs} ms.`);
  }

  #take(given: unknown): void {
    const { source } = this.#options;
    if (typeof given !== "object" || given === null) throw new Error(`The source "${source.name}" gave no readings.`);
    const strange = Object.keys(given).find((name) => !source.metrics.includes(name));
    if (strange !== undefined)
      throw new Error(`The source "${source.name}" gave "${strange}", which it does not read.`);
    const readings = given as Readonly<Record<string, unknown>>;
    for (const name of source.metrics) this.#takeOne(name, readings);
  }

  /** What is wrong with one metric is told of that one alone. */
  #takeOne(name: string, readings: Readonly<Record<string, unknown>>): void {
    const { measures } = this.#options;
    let reading: unknown;
    try {
      reading = readings[name];
      measures.prepare(name, reading, this.#growth.of)();
    } catch (error) {
      measures.gathering.setStale(name, reasonOf(error));
      return;
    }
    const isGiven = reading !== undefined && reading !== null;
    if (isGiven && this.#givenAt.has(name)) this.#givenAt.set(name, performance.now());
    const reason = this.#staleReasonOf(name);
    if (isGiven || reason !== null || !this.#givenAt.has(name)) measures.gathering.setStale(name, reason);
  }

  #staleReasonOf(name: string): string | null {
    const { source } = this.#options;
    const sinceMs = performance.now() - (this.#givenAt.get(name) ?? performance.now());
    if (sinceMs <= source.everyMs * intervalsUntilStale) return null;
    return `The source "${source.name}" has not given it for ${Math.round(sinceMs / 1_000)} s.`;
  }

  async #remember(): Promise<void> {
    const { source, measures, lastMeasured } = this.#options;
    await measures.gathering.flush();
    for (const name of source.metrics) this.#measuredAt.set(name, (await lastMeasured(name)).stepAt);
  }

  async #fail(reason: string): Promise<void> {
    const { source, measures } = this.#options;
    for (const name of source.metrics) {
      if (!source.perNode || !(await this.#isMeasuredElsewhere(name))) measures.gathering.setStale(name, reason);
    }
  }

  /** What fails on this node alone makes nothing stale: the others measure it. */
  async #isMeasuredElsewhere(name: string): Promise<boolean> {
    const { source, lastMeasured } = this.#options;
    // Where that cannot be read nobody knows it to be well, and the source goes on to be asked.
    const last = await lastMeasured(name).catch(() => undefined);
    if (!last) return false;
    const { stepAt, updatedAt } = last;
    const isNew = stepAt > (this.#measuredAt.get(name) ?? Number.NEGATIVE_INFINITY);
    return isNew && updatedAt - stepAt < 2 * source.everyMs;
  }
}
