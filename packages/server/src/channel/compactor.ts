import { parse } from "@shoal/contract";
import type { Logger } from "../logger.ts";
import type { Store } from "../store.ts";
import type { TopicRef } from "../topic-ref.ts";
import type { Definition } from "./definition.ts";
import { type Folded, foldEvents, toSnapshot } from "./fold.ts";
import { frozen } from "./frozen.ts";
import { isA } from "./is-a.ts";
import type { LiveTopic } from "./live-topic.ts";
import { type TopicJob, TopicJobs } from "./topic-jobs.ts";
import { Unreadable } from "./unreadable.ts";
import { withinDeadline } from "./within-deadline.ts";

export interface CompactorOptions {
  readonly store: Store;
  readonly logger: Logger;
  /** Runs something with a topic, which stays loaded meanwhile. */
  readonly use: (definition: Definition, ref: TopicRef, run: (live: LiveTopic) => Promise<void>) => Promise<void>;
}

/** How many topics of a node are compacted at once. */
const mostAtOnce = 4;

const mostAttempts = 10;

/** After so many failures in a row a snapshot is stored as it is, so that loading stays bounded. */
const failuresBeforeAsItIs = 3;

/**
 * Makes and stores the snapshots of channels that `compact`, off every lock. A topic is compacted by the node that decides on it, when so
 * many events have come since the last snapshot that it knows of; by another node that holds it only when twice as many have, which
 * makes good what the first one did not, and keeps small what the other one holds.
 */
export class Compactor {
  readonly #options: CompactorOptions;
  readonly #jobs: TopicJobs;
  /** Those that could not be compacted: they are tried again when a snapshot is due, however large they are. */
  readonly #givenUp = new WeakSet<LiveTopic>();

  constructor(options: CompactorOptions) {
    this.#options = options;
    this.#jobs = new TopicJobs({
      atOnce: mostAtOnce,
      mostAttempts,
      run: (job, stopping) => options.use(job.definition, job.ref, (live) => this.#compact(live, job, stopping)),
      failed: (job, error) => this.#tell(job, error),
    });
  }

  /** Hears that this node decided on a topic, or loaded it. */
  decided(live: LiveTopic): void {
    if (this.#isDue(live, 1)) this.#jobs.soon(live.definition, live.ref);
  }

  /** Hears that a topic changed, whoever decided. */
  changed(live: LiveTopic): void {
    if (this.#isDue(live, 2)) this.#jobs.soon(live.definition, live.ref);
  }

  forget(id: string): void {
    this.#jobs.forget(id);
  }

  settle(): Promise<void> {
    return this.#jobs.settle();
  }

  /** What is under way is given up: whoever loads the topic next makes it good. */
  stop(): Promise<void> {
    return this.#jobs.stop(0);
  }

  async #compact(live: LiveTopic, { failures }: TopicJob, stopping: AbortSignal): Promise<void> {
    if (!this.#isDue(live, 1)) return;
    try {
      const { folded, renewals } = live;
      const compacted = { ...folded, state: await compactedState(live.definition, folded.state, stopping) };
      if (await take(live, compacted, renewals)) await this.#store(live, compacted);
      this.#givenUp.delete(live);
    } catch (error) {
      if (failures + 1 < failuresBeforeAsItIs || stopping.aborted) throw error;
      await this.#store(live, live.folded);
      this.#givenUp.add(live);
      const message = "a topic could not be compacted again and again; its snapshot was stored as it is";
      this.#options.logger.error({ error, topic: live.ref.id }, message);
    }
  }

  /**
   * In a transaction of its own. The store keeps a newer one where there is one, which is always so where something was redacted since; where
   * the topic is of another epoch, nothing is written.
   */
  async #store(live: LiveTopic, folded: Folded): Promise<void> {
    const { ref: topic, definition } = live;
    const known = { epoch: folded.epoch, offset: live.folded.offset };
    const end = live.folded;
    await this.#options.store.transaction(
      [{ topic, known, commands: [] }],
      ({ topics }) => {
        const news = topics.get(topic.id)?.news;
        if (news?.kind !== "tail" || news.events.some(({ redacts }) => redacts)) return [];
        const { offset, at } = news.events.at(-1) ?? end;
        const snapshot = toSnapshot(folded, definition.version);
        return [{ topic, head: { offset, at }, events: [], records: [], snapshot }];
      },
      { wait: true },
    );
    live.snapshotAt = folded.offset;
  }

  #isDue(live: LiveTopic, times: number): boolean {
    const { definition, folded, snapshotAt } = live;
    const { compact, compactWhen, snapshotEvery } = definition;
    if (!compact) return false;
    if (folded.offset - snapshotAt >= snapshotEvery * times) return true;
    return !this.#givenUp.has(live) && compactWhen?.(folded.state) === true;
  }

  #tell({ ref, failures }: TopicJob, error: unknown): void {
    // Why a topic cannot be read is told where it is found.
    if (isA(error, Unreadable)) return;
    this.#options.logger.error(
      { error, topic: ref.id, attempts: failures },
      "a topic was not compacted; trying again later",
    );
  }
}

/** @throws {ShoalError} `TIMEOUT` when it takes too long, `BAD_REQUEST` when it is no state of the channel, and whatever `compact` throws */
async function compactedState(definition: Definition, state: unknown, stopping: AbortSignal): Promise<unknown> {
  const { name, compact, compactDeadlineMs, state: schema } = definition;
  const message = `The compact of "${name}" took more than ${compactDeadlineMs} ms.`;
  const run = (signal: AbortSignal): unknown => compact?.(state, { signal });
  return frozen(parse(schema, await withinDeadline(compactDeadlineMs, message, run, stopping), `state of "${name}"`));
}

/**
 * Puts a compacted state in the place of the one that the topic has, with what happened since applied to it.
 *
 * @returns whether it is the topic's yet; it is not when events were redacted or the topic was begun anew meanwhile
 */
async function take(live: LiveTopic, compacted: Folded, renewals: number): Promise<boolean> {
  const { definition, ref } = live;
  for (let base = compacted; live.renewals === renewals; ) {
    const recent = live.since(base.offset);
    if (recent) {
      live.represent(foldEvents(definition, base, recent).state);
      return true;
    }
    const events = await live.read(base.offset + 1, live.folded.offset);
    if (events[0]?.offset !== base.offset + 1 || events.some(({ redacted }) => redacted)) return false;
    base = foldEvents(definition, base, definition.lifts.events(ref, events));
  }
  return false;
}
