import type { Logger } from "../logger.ts";
import type { LockedTopic, Sql, Store } from "../store.ts";
import type { TopicRef } from "../topic-ref.ts";
import type { Definition } from "./definition.ts";
import type { Folded } from "./fold.ts";
import { isA } from "./is-a.ts";
import { kyselyOf } from "./kysely-of.ts";
import type { LiveTopic } from "./live-topic.ts";
import { type TopicJob, TopicJobs } from "./topic-jobs.ts";
import { underLock } from "./under-lock.ts";
import { Unreadable } from "./unreadable.ts";
import { withinDeadline } from "./within-deadline.ts";

export interface DeriverOptions {
  readonly store: Store;
  readonly logger: Logger;
  readonly definitions: Iterable<Definition>;
  /** How long a `write` may hold up a topic, in milliseconds. */
  readonly lockMs: number;
  /** Runs something with a topic, which stays loaded meanwhile. */
  readonly use: (definition: Definition, ref: TopicRef, run: (live: LiveTopic) => Promise<void>) => Promise<void>;
}

/** How many topics of a node are derived at once. */
const mostAtOnce = 4;

const mostAttempts = 10;

/** How long one that runs is waited for when the server stops, in milliseconds. */
const stopGraceMs = 5_000;

const defaultDeadlineMs = 30_000;

/** At most so many times as long as after one event, it waits while more of them come. */
const patience = 5;

/** How long a failed look for what is behind waits for the next one, in milliseconds. */
const lookAgainMs = 5_000;

/**
 * Keeps what channels `derive` from their topics. The store tells as of which event that is, so what a process owed when it died is made
 * good: by the next one that opens the store, by whoever loads the topic, and by another node that holds it, a while later.
 */
export class Deriver {
  readonly #options: DeriverOptions;
  readonly #jobs: TopicJobs;
  /** Those that were seen since they were loaded. */
  readonly #seen = new WeakSet<LiveTopic>();
  readonly #stopping = new AbortController();
  #catchingUp: Promise<void> = Promise.resolve();

  constructor(options: DeriverOptions) {
    this.#options = options;
    this.#jobs = new TopicJobs({
      atOnce: mostAtOnce,
      mostAttempts,
      run: (job, stopping) => options.use(job.definition, job.ref, (live) => this.#derive(live, stopping)),
      failed: (job, error) => this.#tell(job, error),
    });
  }

  /** Derives what is behind in the store, whoever left it so. */
  start(): void {
    this.#catchingUp = this.#catchUp();
  }

  /** Hears that this node decided on a topic. */
  decided({ definition, ref }: LiveTopic): void {
    if (definition.derive) this.#soon(definition, ref, definition.derive.afterMs);
  }

  /** Hears that a topic was loaded, or changed, whoever decided. One that it loaded itself is looked at already. */
  changed(live: LiveTopic): void {
    const { definition, ref, folded } = live;
    if (!definition.derive) return;
    const loaded = !this.#seen.has(live);
    this.#seen.add(live);
    if (folded.offset === 0 || (loaded && this.#jobs.isRunning(ref.id))) return;
    this.#soon(definition, ref, definition.derive.afterMs * (loaded ? 1 : patience));
  }

  forget(id: string): void {
    this.#jobs.forget(id);
  }

  settle(): Promise<void> {
    return this.#jobs.settle();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#jobs.stop(stopGraceMs);
    await this.#catchingUp;
  }

  #soon(definition: Definition, ref: TopicRef, delayMs: number): void {
    this.#jobs.soon(definition, ref, delayMs, delayMs * patience);
  }

  async #derive(live: LiveTopic, stopping: AbortSignal): Promise<void> {
    const { definition, ref, folded } = live;
    const { derive, name } = definition;
    if (!derive || folded.offset === 0 || (await this.#options.store.derived(ref)) >= folded.offset) return;
    const { deadlineMs = defaultDeadlineMs, afterMs } = derive;
    const { params, tenant } = ref;
    const { state, offset } = folded;
    const message = `What "${name}" derives was not made within ${deadlineMs} ms.`;
    const run = (signal: AbortSignal) => derive.run({ state, offset, params, tenant, signal });
    const value = await withinDeadline(deadlineMs, message, run, stopping);
    if (await this.#write(live, folded, value)) return;
    await live.catchUp();
    this.#soon(definition, ref, afterMs);
  }

  /** @returns whether this value, or one of a newer state, is written; it is not when the topic is another one by now */
  async #write({ definition, ref: topic }: LiveTopic, folded: Folded, value: unknown): Promise<boolean> {
    const { store, lockMs } = this.#options;
    const { epoch, offset, at } = folded;
    const { params, tenant } = topic;
    let done = false;
    const write = async (tx: Sql) => definition.derive?.write(kyselyOf(tx), { value, offset, params, tenant });
    await store.transaction(
      [{ topic, known: { epoch, offset }, commands: [] }],
      ({ topics }) => {
        const locked = topics.get(topic.id);
        const tail = locked && follows(locked);
        done = tail !== undefined;
        if (!locked || !tail || locked.derived >= offset) return [];
        const head = tail.at(-1) ?? { offset, at };
        return [{ topic, head: { offset: head.offset, at: head.at }, events: [], records: [], derived: offset }];
      },
      {
        wait: true,
        project: (sql) => underLock(sql, `The write of what "${definition.name}" derives`, lockMs, write),
      },
    );
    return done;
  }

  async #catchUp(): Promise<void> {
    const derived = [...this.#options.definitions].filter(({ derive }) => derive);
    for (const definition of derived) {
      let after: string | null | undefined = null;
      while (after !== undefined && !this.#stopping.signal.aborted) after = await this.#catchUpAfter(definition, after);
    }
  }

  /**
   * A page of them, to its end, so that a backlog needs little memory.
   *
   * @returns after which one the next page begins, the same again when this one was not found; undefined for the last
   */
  async #catchUpAfter(definition: Definition, after: string | null): Promise<string | null | undefined> {
    const { store, logger } = this.#options;
    try {
      const { topics, next } = await store.underived(definition.name, after);
      for (const ref of topics) this.#jobs.soon(definition, ref);
      await Promise.all(topics.map(({ id }) => this.#jobs.ended(id)));
      return next ?? undefined;
    } catch (error) {
      const message = "the topics of which more is to be derived were not found; trying again";
      if (!this.#stopping.signal.aborted) logger.error({ error, channel: definition.name }, message);
      await pause(lookAgainMs, this.#stopping.signal);
      return after;
    }
  }

  #tell({ ref, failures }: TopicJob, error: unknown): void {
    // Why a topic cannot be read is told where it is found.
    if (isA(error, Unreadable)) return;
    const message =
      failures < mostAttempts
        ? "what is derived of a topic was not made; trying again later"
        : "what is derived of a topic could not be made again and again; it is left until the topic changes";
    this.#options.logger.error({ error, topic: ref.id, attempts: failures }, message);
  }
}

/** What was written since, where nothing of what was there before is another one now. */
function follows({ news }: LockedTopic) {
  return news.kind === "tail" && !news.events.some(({ redacts }) => redacts) ? news.events : undefined;
}

/** Fulfilled after a while, or as soon as the signal is aborted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timeout = setTimeout(resolve, ms).unref();
    signal.addEventListener("abort", () => {
      clearTimeout(timeout);
      resolve();
    });
  });
}
