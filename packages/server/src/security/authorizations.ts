import { ShoalError } from "@shoal/contract";
import { TRPCError } from "@trpc/server";
import type { Caller } from "../channel/access.ts";
import type { LiveTopic } from "../channel/live-topic.ts";
import type { Logger } from "../logger.ts";
import type { TopicRef } from "../topic-ref.ts";
import { askToWatch } from "./ask.ts";
import { added, listOf, without } from "./few.ts";
import { userKey } from "./identity.ts";
import { plainText } from "./plain-text.ts";
import { type Asking, Question, type Watcher } from "./question.ts";
import type { Revocations } from "./revocations.ts";
import type { Visitors } from "./visitors.ts";

export interface AuthorizationsOptions {
  /** After how long it is asked again, in milliseconds, and for how long an answer may be used by who comes back. */
  readonly everyMs: number;
  /** In how many calls of {@link Authorizations.step} that time has passed. */
  readonly steps: number;
  readonly revocations: Revocations;
  readonly visitors: Visitors;
  readonly logger: Logger;
}

/** How many questions are asked again at a time. */
const mostAtOnce = 64;
/** After how many failures in a row a watch ends. */
const mostFailures = 2;
/** After how many times of `everyMs` a watch ends about which it could not even be asked. */
const mostMissed = 3;

/**
 * Whether users may watch topics: asked when a watch begins, and again and again as long as it runs. A user is asked about once for a
 * topic, however many watches there are, and the questions are spread over the time.
 */
export class Authorizations {
  readonly #options: AuthorizationsOptions;
  /** In the order in which they were last asked. */
  readonly #questions = new Map<unknown, Question>();
  /** What is to be asked in the next step. */
  readonly #urgent = new Set<Question>();
  /** By channel, when a failure was last logged. */
  readonly #told = new Map<string, number>();
  #step = 0;
  /** How many questions may be asked again, to be through with all of them in time. */
  #credit = 0;
  #underWay = 0;

  constructor(options: AuthorizationsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#questions.size;
  }

  /**
   * Asks whether the caller may watch, and returns what was asked; `undefined` where there is nothing to ask.
   *
   * @param kept - whether an answer of not long ago will do
   * @throws {ShoalError} `UNAUTHORIZED` or `FORBIDDEN` when the answer is no, or whatever `authorize` throws
   */
  async admit(live: LiveTopic, caller: Caller, kept: boolean): Promise<Question | undefined> {
    const { definition, ref } = live;
    if (caller.system || !definition.authorize) return undefined;
    const question = this.questionOf(ref, caller);
    if (!kept || !this.isAnswered(question)) await this.ask(question, live, caller);
    return question;
  }

  /** Whether the last answer was yes, and still holds. */
  isAnswered({ holdsUntil, moment, user, ref }: Question): boolean {
    return performance.now() < holdsUntil && !this.#options.revocations.since(moment, user, ref);
  }

  /** Fulfilled when the answer is yes, and nothing was revoked since it was asked. */
  async ask(question: Question, live: LiveTopic, caller: Caller): Promise<void> {
    const { revocations } = this.#options;
    let asked: Asking;
    do {
      const { asking } = question;
      asked = asking && asking.state === live.folded.state ? asking : this.#begin(question, live, caller);
      await asked.answer;
    } while (revocations.since(asked.moment, question.user, question.ref));
  }

  /** From now on it is asked again for this watch, as long as it runs. */
  add(question: Question, watcher: Watcher): void {
    if (!this.#questions.has(question.key)) this.#toBack(question);
    question.watchers = added(question.watchers, watcher);
  }

  delete(question: Question, watcher: Watcher): void {
    question.watchers = without(question.watchers, watcher);
    this.#letGo(question);
  }

  /** A watch goes on for who it is now; what that is not known of is asked soon. @returns the question from now on */
  move(question: Question, watcher: Watcher): Question {
    const next = this.questionOf(watcher.live.ref, watcher.caller, question);
    if (next !== question) this.delete(question, watcher);
    this.add(next, watcher);
    if (!next.isShared || !this.isAnswered(next)) this.#urgent.add(next);
    return next;
  }

  /** Asks again what is to be asked in this step, and lets go of what nobody needs. */
  step(): void {
    const { steps } = this.#options;
    this.#step += 1;
    const size = this.#questions.size;
    this.#credit = Math.min(size, this.#credit + size / steps);
    for (const question of this.#urgent) {
      if (this.#underWay >= mostAtOnce) return;
      this.#urgent.delete(question);
      this.#askAgain(question);
    }
    for (const question of this.#questions.values()) {
      const waited = this.#step - question.step;
      if (waited === 0) return;
      if (waited > mostMissed * steps) this.#giveUp(question);
      if (this.#underWay >= mostAtOnce || (waited < steps && this.#credit < 1)) return;
      this.#credit = Math.max(0, this.#credit - 1);
      this.#toBack(question);
      this.#askAgain(question);
    }
  }

  /**
   * What is to be asked about a caller: the same for all who are the same to the application. Who is not signed in, or no plain data, cannot
   * be told to be the same.
   *
   * @param own - what was asked about this one before
   */
  questionOf(ref: TopicRef, { user }: Caller, own?: Question): Question {
    const text = user ? plainText(user) : undefined;
    const owner = user ? this.#ownerOf(userKey(user.id, ref.tenant)) : undefined;
    if (text === undefined) return own && !own.isShared ? own : this.#make({}, ref, owner);
    const key = `${ref.id} ${text}`;
    return this.#questions.get(key) ?? this.#make(key, ref, owner);
  }

  /** The text that is kept of the user anyway, where there is one. */
  #ownerOf(user: string): string {
    return this.#options.visitors.get(user)?.key ?? user;
  }

  #make(key: unknown, ref: TopicRef, user: string | undefined): Question {
    const question = new Question(key, ref, user);
    this.#toBack(question);
    return question;
  }

  #toBack(question: Question): void {
    question.step = this.#step;
    this.#questions.delete(question.key);
    this.#questions.set(question.key, question);
  }

  #begin(question: Question, live: LiveTopic, caller: Caller): Asking {
    const { moment } = this.#options.revocations;
    const answer = askToWatch(live, caller).then(
      () => this.#answered(question, asking, true),
      (error) => {
        this.#answered(question, asking, isRefusal(error) ? false : undefined);
        throw error;
      },
    );
    const asking: Asking = { state: live.folded.state, moment, answer };
    question.asking = asking;
    return asking;
  }

  #answered(question: Question, asking: Asking, allowed: boolean | undefined): void {
    if (question.asking === asking) question.asking = undefined;
    if (allowed) {
      question.holdsUntil = Math.trunc(performance.now() + this.#options.everyMs);
      question.moment = asking.moment;
      question.failures = 0;
      this.#toBack(question);
    } else if (allowed === false) {
      question.holdsUntil = 0;
      // One of the user's connections was refused; whether the others may stay is asked of them.
      if (question.watchers) this.#urgent.add(question);
      else this.#letGo(question);
    }
  }

  #askAgain(question: Question): void {
    const watcher = listOf(question.watchers).at(-1);
    if (!watcher) {
      this.#letGo(question);
      return;
    }
    this.#underWay += 1;
    this.ask(question, watcher.live, watcher.caller)
      .catch((error) => this.#refused(question, error))
      .finally(() => {
        this.#underWay -= 1;
        this.#urgent.delete(question);
      });
  }

  #refused(question: Question, error: unknown): void {
    if (isRefusal(error)) {
      this.#end(question, toShoalError(error));
      return;
    }
    question.failures += 1;
    this.#tell(question.ref.channel, error);
    if (question.failures >= mostFailures) this.#giveUp(question);
  }

  #giveUp(question: Question): void {
    const message = "The server cannot tell now whether you may still watch this. Try again.";
    this.#end(question, new ShoalError("SERVICE_UNAVAILABLE", message));
  }

  #end(question: Question, error: ShoalError): void {
    question.holdsUntil = 0;
    for (const watcher of listOf(question.watchers)) watcher.end(error);
    this.#letGo(question);
  }

  /** Forgets a question that nobody asks, and whose answer would be of no use to who comes back. */
  #letGo(question: Question): void {
    if (question.watchers || question.asking) return;
    this.#urgent.delete(question);
    if (question.isShared && this.isAnswered(question)) return;
    if (this.#questions.get(question.key) === question) this.#questions.delete(question.key);
  }

  /** Once in a while for a channel, and not for each of its users. */
  #tell(channel: string, error: unknown): void {
    const { everyMs, logger } = this.#options;
    const now = performance.now();
    if (now - (this.#told.get(channel) ?? Number.NEGATIVE_INFINITY) < everyMs) return;
    this.#told.set(channel, now);
    logger.error({ error, channel }, "`authorize` failed for watches that run; it is asked once more before they end");
  }
}

/** Whether somebody is refused, by an answer or, as some like it, by an error. */
function isRefusal(error: unknown): error is ShoalError | TRPCError {
  const known = error instanceof ShoalError || error instanceof TRPCError;
  return known && (error.code === "FORBIDDEN" || error.code === "UNAUTHORIZED");
}

function toShoalError(error: ShoalError | TRPCError): ShoalError {
  if (error instanceof ShoalError) return error;
  return new ShoalError(error.code === "UNAUTHORIZED" ? "UNAUTHORIZED" : "FORBIDDEN", error.message);
}
