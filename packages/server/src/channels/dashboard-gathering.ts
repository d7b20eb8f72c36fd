import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Json } from "@shoal/contract";
import type { AnyNumbers, DashboardSamples, EventList } from "@shoal/contract/dashboards";
import { isUnavailable } from "../channel/unavailable.ts";
import { reasonOf } from "./dashboard-readings.ts";
import { joinSamples, otherKeyOf, type Sample } from "./dashboard-samples.ts";

export interface GatheringOptions {
  /** Sends the command `update`. */
  readonly send: (samples: DashboardSamples) => Promise<unknown>;
  /** At most how often it is sent, in milliseconds. */
  readonly paceMs: number;
}

/** An update with more numbers than this goes in several: each is an event, which has a limit. */
const maxNumbers = 50_000;

/** How often, and how far apart, an update is sent while the store is away, before it is given up. */
const mostAttempts = 10;
const retryMs = 1_000;

/**
 * What came on this node since the last update, and its way to the topic. However much comes, of each metric so many series as may be kept
 * apart are held, and one for the others; and that twice while something is on its way.
 */
export class Gathering {
  readonly #options: GatheringOptions;
  /** Tells its updates from those of any other. */
  readonly #id = randomUUID();
  /** Of the last update. */
  #number = 0;
  #series = new Map<string, Map<string, Sample>>();
  #lists = new Map<string, Json[]>();
  #tables = new Map<string, readonly Json[]>();
  #stale = new Map<string, string | null>();
  #isEnding = false;
  #timeout: NodeJS.Timeout | undefined;
  #sentAt = Number.NEGATIVE_INFINITY;
  /** Fulfilled when what was taken out of here is committed. */
  #sending: Promise<void> | undefined;
  /** The same for what is here, once it is to be sent at once. */
  #next: Promise<void> | undefined;

  constructor(options: GatheringOptions) {
    this.#options = options;
  }

  add(name: string, metric: AnyNumbers, key: string, sample: Sample): void {
    const keyed = this.#series.get(name) ?? new Map<string, Sample>();
    this.#series.set(name, keyed);
    const isKept = keyed.has(key) || keyed.size < metric.maxSeries;
    const kept = isKept ? key : otherKeyOf(metric);
    const before = keyed.get(kept);
    keyed.set(kept, before ? joinSamples(metric.kind, before, sample) : sample);
    this.#changed();
  }

  push(name: string, { keep }: EventList, data: Json): void {
    const list = this.#lists.get(name) ?? [];
    this.#lists.set(name, list);
    list.push(data);
    if (list.length > keep) list.shift();
    this.#changed();
  }

  setRows(name: string, rows: readonly Json[]): void {
    this.#tables.set(name, rows);
    this.#changed();
  }

  /** @param reason - why the metric is not up to date; `null` when it is */
  setStale(name: string, reason: string | null): void {
    this.#stale.set(name, reason);
    this.#changed();
  }

  /**
   * Sends what is here without waiting for its time. It is fulfilled when that is committed.
   *
   * @throws {ShoalError} when it cannot be, and is given up
   */
  async flush(): Promise<void> {
    clearTimeout(this.#timeout);
    this.#timeout = undefined;
    if (this.#next) return await this.#next;
    if (this.#isEmpty()) return await this.#sending;
    if (!this.#sending) return await this.#send();
    this.#next = this.#sending.then(ignore, ignore).then(() => {
      this.#next = undefined;
      return this.#send();
    });
    return await this.#next;
  }

  /** Sends what is here for the last time: nothing waits for a store that is away. */
  async end(): Promise<void> {
    this.#isEnding = true;
    await this.flush().catch(ignore);
  }

  #isEmpty(): boolean {
    return this.#series.size + this.#lists.size + this.#tables.size + this.#stale.size === 0;
  }

  #changed(): void {
    if (this.#timeout || this.#sending || this.#next) return;
    const inMs = Math.max(0, this.#sentAt + this.#options.paceMs - performance.now());
    this.#timeout = setTimeout(() => void this.flush().catch(ignore), inMs).unref();
  }

  #send(): Promise<void> {
    this.#sentAt = performance.now();
    const sending = this.#sendAll(this.#take()).finally(() => {
      if (this.#sending === sending) this.#sending = undefined;
      if (!this.#isEmpty()) this.#changed();
    });
    this.#sending = sending;
    return sending;
  }

  /** A part that cannot be sent holds up none of the others. */
  async #sendAll(updates: readonly DashboardSamples[]): Promise<void> {
    const errors: unknown[] = [];
    for (const update of updates) {
      this.#number += 1;
      const batch = { from: this.#id, number: this.#number };
      await this.#sendOne({ ...update, batch }).catch((error: unknown) => {
        errors.push(error);
        // Whoever watches is told that something is missing.
        const why = isUnavailable(error) ? "the store was away." : reasonOf(error);
        const reason = `An update was lost: ${why}`;
        for (const name of namesIn(update)) if (!this.#stale.has(name)) this.#stale.set(name, reason);
      });
    }
    if (errors.length > 0) throw errors[0];
  }

  /** It has its number, so that it counts once however often it is sent. */
  async #sendOne(update: DashboardSamples): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#options.send(update);
        return;
      } catch (error) {
        if (!isUnavailable(error) || attempt === mostAttempts || this.#isEnding) throw error;
        await wait(retryMs, undefined, { ref: false });
      }
    }
  }

  #take(): readonly DashboardSamples[] {
    const parts: DashboardSamples["series"][] = [{}];
    let room = maxNumbers;
    for (const [name, keyed] of this.#series) {
      const numbers = [...keyed.values()].reduce((sum, { length }) => sum + length, 0);
      if (numbers > room && room < maxNumbers) {
        parts.push({});
        room = maxNumbers;
      }
      room -= numbers;
      const last = parts.at(-1);
      if (last) last[name] = Object.fromEntries(keyed) as Record<string, number[]>;
    }
    const lists = Object.fromEntries(this.#lists);
    const tables = Object.fromEntries(this.#tables) as Record<string, Json[]>;
    const stale = Object.fromEntries(this.#stale);
    this.#series = new Map();
    this.#lists = new Map();
    this.#tables = new Map();
    this.#stale = new Map();
    // What is stale is said with the last part, or a sample of an earlier one would stand against it.
    return parts.map((series, index) =>
      index === parts.length - 1 ? { series, lists, tables, stale } : { series, lists: {}, tables: {}, stale: {} },
    );
  }
}

function namesIn({ series, lists, tables }: DashboardSamples): readonly string[] {
  return Object.keys({ ...series, ...lists, ...tables });
}

function ignore(): void {}
