import { setMaxListeners } from "node:events";
import type { TopicRef } from "../topic-ref.ts";
import type { Definition } from "./definition.ts";

/** What is to be done for one topic. */
export interface TopicJob {
  readonly definition: Definition;
  readonly ref: TopicRef;
  /** How often it failed since it was last done. */
  readonly failures: number;
}

export interface TopicJobsOptions {
  /** How many run at once at most. */
  readonly atOnce: number;
  /** How often it is tried in a row at most, before it is left until it is asked for again. */
  readonly mostAttempts: number;
  /** @param stopping - aborted when nobody waits for it any more */
  readonly run: (job: TopicJob, stopping: AbortSignal) => Promise<void>;
  /** Hears of each failure, with how often it failed by now. It will be tried again, unless it was the last attempt. */
  readonly failed: (job: TopicJob, error: unknown) => void;
}

interface Entry {
  readonly definition: Definition;
  readonly ref: TopicRef;
  /** Since when it has been asked for and not begun; undefined when nobody asks. */
  since: number | undefined;
  due: number;
  /** Until when it waits after a failure. */
  notBefore: number;
  failures: number;
  running: Promise<void> | undefined;
  timeout: NodeJS.Timeout | undefined;
  /** When its timer rings. */
  rings: number;
  /** Those who wait for its next end. */
  ended: (() => void)[];
}

/** How long it waits after a failure: 1, 2, 4, … seconds, and a minute at most. */
const firstBackoffMs = 1_000;
const longestBackoffMs = 60_000;

/**
 * Work that follows from what happens to topics and that nobody waits for: for each topic one at a time, some at once over all, soon after
 * it is asked for, and again when it failed.
 */
export class TopicJobs {
  readonly #options: TopicJobsOptions;
  readonly #entries = new Map<string, Entry>();
  /** Those that are due and wait for others to end. */
  readonly #ready: Entry[] = [];
  readonly #stopping = new AbortController();
  #running = 0;
  #stopped = false;

  constructor(options: TopicJobsOptions) {
    this.#options = options;
    setMaxListeners(0, this.#stopping.signal);
  }

  /**
   * Asks for the topic's job: to be begun after `delayMs`, or later when it is asked for again meanwhile, but `mostMs` after the first
   * time it was asked for at the latest. What was asked for while it runs is done after it.
   */
  soon(definition: Definition, ref: TopicRef, delayMs = 0, mostMs = delayMs): void {
    if (this.#stopped) return;
    const entry = this.#entries.get(ref.id) ?? this.#add(definition, ref);
    const now = Date.now();
    entry.since ??= now;
    entry.due = Math.max(entry.notBefore, Math.min(now + delayMs, entry.since + mostMs));
    this.#plan(entry);
  }

  isRunning(id: string): boolean {
    return this.#entries.get(id)?.running !== undefined;
  }

  /** Fulfilled when the topic's job has run the next time, well or not, or nobody asks for it. */
  ended(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    return entry ? new Promise((resolve) => entry.ended.push(resolve)) : Promise.resolve();
  }

  /** Gives up what waits for a topic. What runs for it is run to its end. */
  forget(id: string): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    entry.since = undefined;
    if (!entry.running) this.#drop(entry);
  }

  /** Runs what waits for its time now, but for what failed, and waits for it and for what is running. */
  async settle(): Promise<void> {
    for (const entry of this.#entries.values()) {
      if (entry.failures > 0) continue;
      entry.due = 0;
      this.#plan(entry);
    }
    const busy = [...this.#entries.values()].filter(({ failures }) => failures === 0);
    await Promise.all(busy.map(({ ref }) => this.ended(ref.id)));
  }

  /** Begins nothing more. What runs has some time to end; then it is told to stop. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    const running = [...this.#entries.values()].flatMap((entry) => entry.running ?? []);
    for (const entry of [...this.#entries.values()]) if (!entry.running) this.#drop(entry);
    this.#ready.length = 0;
    const timeout = setTimeout(() => this.#stopping.abort(new Error("The server is shutting down.")), graceMs);
    await Promise.all(running);
    clearTimeout(timeout);
  }

  #add(definition: Definition, ref: TopicRef): Entry {
    const times = { since: undefined, due: 0, notBefore: 0, rings: 0, failures: 0 };
    const entry: Entry = { definition, ref, ...times, running: undefined, timeout: undefined, ended: [] };
    this.#entries.set(ref.id, entry);
    return entry;
  }

  #drop(entry: Entry): void {
    clearTimeout(entry.timeout);
    this.#entries.delete(entry.ref.id);
    this.#end(entry);
  }

  #end(entry: Entry): void {
    const { ended } = entry;
    entry.ended = [];
    for (const resolve of ended) resolve();
  }

  /** A timer that rings too early is left as it is, so that one more event costs none: it rings again. */
  #plan(entry: Entry): void {
    if (entry.running || this.#stopped) return;
    if (entry.timeout && entry.rings <= entry.due) return;
    clearTimeout(entry.timeout);
    entry.rings = entry.due;
    entry.timeout = setTimeout(() => this.#ring(entry), Math.max(0, entry.due - Date.now())).unref();
  }

  #ring(entry: Entry): void {
    entry.timeout = undefined;
    if (entry.due > Date.now()) {
      this.#plan(entry);
      return;
    }
    if (!this.#ready.includes(entry)) this.#ready.push(entry);
    this.#startNext();
  }

  #startNext(): void {
    while (this.#running < this.#options.atOnce) {
      const entry = this.#ready.shift();
      if (!entry) return;
      if (this.#entries.get(entry.ref.id) !== entry || this.#stopped) continue;
      this.#running += 1;
      entry.running = this.#run(entry).finally(() => {
        this.#running -= 1;
        this.#startNext();
      });
    }
  }

  async #run(entry: Entry): Promise<void> {
    clearTimeout(entry.timeout);
    entry.timeout = undefined;
    entry.since = undefined;
    const { ended } = entry;
    entry.ended = [];
    try {
      await this.#options.run(entry, this.#stopping.signal);
      entry.failures = 0;
      entry.notBefore = 0;
    } catch (error) {
      if (!this.#stopped) this.#fail(entry, error);
    }
    entry.running = undefined;
    for (const resolve of ended) resolve();
    if (entry.since === undefined || this.#stopped) this.#drop(entry);
    else this.#plan(entry);
  }

  #fail(entry: Entry, error: unknown): void {
    entry.failures += 1;
    this.#options.failed(entry, error);
    entry.notBefore = Date.now() + Math.min(longestBackoffMs, firstBackoffMs * 2 ** (entry.failures - 1));
    if (entry.failures < this.#options.mostAttempts) entry.since ??= Date.now();
    entry.due = entry.notBefore;
  }
}
