import type { Caller } from "../channel/access.ts";
import type { LiveTopic } from "../channel/live-topic.ts";
import type { Observers } from "../observe/observers.ts";
import type { StoredRevocation } from "../store.ts";
import { askDeadlineMs } from "./ask.ts";
import { Authorizations } from "./authorizations.ts";
import { Connections, type ConnectionsOptions } from "./connections.ts";
import type { Question } from "./question.ts";
import { Revocations, revocationsMs } from "./revocations.ts";
import type { RunningWatch, WatchOptions } from "./running-watch.ts";
import { Visitors } from "./visitors.ts";
import { Watches } from "./watches.ts";

export interface GateOptions extends Omit<ConnectionsOptions, "realtime" | "revocations" | "visitors"> {
  /** After how long it is asked again whether a watch may go on, in milliseconds. */
  readonly authorizeMs: number;
  /** Who hears of users that come and go. */
  readonly observers: Observers;
}

/** How often at most and at least it is looked what is to be asked again and what has expired, in milliseconds. */
const shortestStepMs = 10;
const longestStepMs = 500;
/** In how many steps it is asked again, where that leaves each of them as long as it may be. */
const steps = 60;

/** Who is let into a realtime on this node, whether they may stay, and who has to go. One timer serves them all. */
export class Gate {
  readonly connections: Connections;
  readonly visitors: Visitors;
  readonly #authorizations: Authorizations;
  readonly #revocations: Revocations;
  readonly #watches: Watches;
  readonly #stepMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor({ authorizeMs: everyMs, observers, ...options }: GateOptions) {
    const { logger } = options;
    this.#stepMs = Math.min(longestStepMs, Math.max(shortestStepMs, everyMs / steps));
    const visitors = new Visitors(observers);
    this.visitors = visitors;
    this.#revocations = new Revocations(Math.max(revocationsMs, everyMs + askDeadlineMs));
    this.#authorizations = new Authorizations({
      everyMs,
      steps: Math.max(1, Math.round(everyMs / this.#stepMs)),
      revocations: this.#revocations,
      visitors,
      logger,
    });
    this.#watches = new Watches({ realtime: this, authorizations: this.#authorizations, visitors, logger });
    this.connections = new Connections({ ...options, realtime: this, revocations: this.#revocations, visitors });
  }

  /**
   * Asks whether the caller may watch a topic.
   *
   * @param kept - whether an answer of not long ago will do
   * @returns what was asked, to be given to {@link enter}
   * @throws {ShoalError} `UNAUTHORIZED` or `FORBIDDEN` when they may not, or whatever `authorize` throws
   */
  admit(live: LiveTopic, caller: Caller, kept: boolean): Promise<Question | undefined> {
    const admitted = this.#authorizations.admit(live, caller, kept);
    this.#wake();
    return admitted;
  }

  /** Lets a watch run that was admitted before. Where that was too long ago, or not before a revocation, it is asked again. */
  async enter(options: WatchOptions): Promise<RunningWatch> {
    const { live, caller } = options;
    const question = options.question && this.#authorizations.questionOf(live.ref, caller, options.question);
    // Looked at in the turn in which it begins, so that no revocation falls in between.
    while (question && !this.#authorizations.isAnswered(question)) {
      await this.#authorizations.ask(question, live, caller);
    }
    const watch = this.#watches.start({ ...options, question });
    this.#wake();
    return watch;
  }

  /** Ends at once what a user was let into here. One that was heard of before does nothing. */
  revoke(stored: StoredRevocation): void {
    const revocation = this.#revocations.hear(stored);
    if (!revocation) return;
    this.#watches.revoke(revocation);
    this.connections.revoke(revocation);
  }

  #wake(): void {
    if (this.#isIdle) return;
    this.#timer ??= setInterval(() => this.#step(), this.#stepMs).unref();
  }

  #step(): void {
    this.#watches.step(Date.now());
    this.#authorizations.step();
    if (!this.#isIdle) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  get #isIdle(): boolean {
    return this.#authorizations.size === 0 && this.#watches.expiring === 0;
  }
}
