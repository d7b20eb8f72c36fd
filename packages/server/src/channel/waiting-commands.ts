import { type AnyOutcome, ShoalError } from "@shoal/contract";
import type { Definition } from "./definition.ts";
import type { LiveTopic } from "./live-topic.ts";
import type { Answer, Firing, PendingCommand } from "./topic-decisions.ts";

/** How many commands of one topic a transaction takes; the rest is in the next one. */
const mostOfTopic = 1_000;

/** How often those are looked for whose time is over, in milliseconds. */
const expiryMs = 250;

/** Who waits for a group: a command, or, without one, somebody who wants what is due to be fired. */
export interface Waiting {
  readonly pending: PendingCommand | undefined;
  readonly since: number;
  /** Set when it was left to a further transaction. */
  firing?: Firing | undefined;
  settled: boolean;
  resolve(outcome: AnyOutcome | undefined): void;
  reject(error: unknown): void;
}

/** One topic's part of a transaction. */
export interface Group {
  readonly live: LiveTopic;
  readonly waiting: readonly Waiting[];
}

/** Those who wait for an answer, in queues by topic. Nobody waits without an end. */
export class WaitingCommands {
  readonly #deadlineMs: number;
  readonly #queues = new Map<LiveTopic, Waiting[]>();
  readonly #open = new Set<Waiting>();
  #expiry: NodeJS.Timeout | undefined;

  /** @param deadlineMs - after how long one that has no answer fails */
  constructor(deadlineMs: number) {
    this.#deadlineMs = deadlineMs;
  }

  add(live: LiveTopic, pending: PendingCommand | undefined, since: number): Promise<AnyOutcome | undefined> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { pending, resolve, reject, since, settled: false };
      const queue = this.#queues.get(live) ?? [];
      queue.push(waiting);
      this.#queues.set(live, queue);
      this.#open.add(waiting);
      this.#expiry ??= this.#watchDeadlines();
    });
  }

  has(live: LiveTopic): boolean {
    return this.#queues.has(live);
  }

  /** Takes from the queues of the topics that are ready. */
  take(isReady: (live: LiveTopic) => boolean): readonly Group[] {
    return [...this.#queues.keys()].filter(isReady).map((live) => this.#takeOf(live));
  }

  /** Those who wait are the first in their topic's next transaction. */
  putBack({ live, waiting }: Group, firing: Firing): void {
    for (const one of waiting) one.firing = firing;
    this.#queues.set(live, [...waiting, ...(this.#queues.get(live) ?? [])]);
  }

  answer(waiting: Waiting, answer: Answer | undefined): void {
    if (answer && "error" in answer) this.refuse(waiting, answer.error);
    else this.#settle(waiting, () => waiting.resolve(answer?.outcome));
  }

  refuse(waiting: Waiting, error: unknown): void {
    this.#settle(waiting, () => waiting.reject(error));
  }

  stop(): void {
    clearInterval(this.#expiry);
    this.#expiry = undefined;
  }

  #takeOf(live: LiveTopic): Group {
    const queue = this.#queues.get(live) ?? [];
    const most = loads(live.definition) ? 1 : mostOfTopic;
    const waiting = queue.splice(0, most).filter(({ settled }) => !settled);
    if (queue.length === 0) this.#queues.delete(live);
    return { live, waiting };
  }

  /** Apart from where a command waits, so that what the interval holds is not that command's topic. */
  #watchDeadlines(): NodeJS.Timeout {
    return setInterval(() => this.#expire(), expiryMs).unref();
  }

  /** What is not answered in time fails as retryable, and may yet be stored under its id. */
  #expire(): void {
    const before = Date.now() - this.#deadlineMs;
    for (const waiting of this.#open) if (waiting.since <= before) this.refuse(waiting, notStored(undefined));
  }

  #settle(waiting: Waiting, answer: () => void): void {
    this.#open.delete(waiting);
    if (!waiting.settled) answer();
    waiting.settled = true;
  }
}

/** Whether a channel decides one command of a topic at a time, since what it loads follows from the one before. */
export function loads({ loads: handlers }: Definition): boolean {
  return Object.keys(handlers).length > 0;
}

export function notStored(cause: unknown): ShoalError {
  const message = "The store did not confirm the command in time. Send it again with the same commandId.";
  return new ShoalError("SERVICE_UNAVAILABLE", message, { cause });
}
