import type { ShoalError } from "@shoal/contract";
import type { Caller } from "../channel/access.ts";
import type { LiveTopic } from "../channel/live-topic.ts";
import type { TopicRef } from "../topic-ref.ts";
import type { Few } from "./few.ts";

/** A watch that runs, about which it is asked again. */
export interface Watcher {
  readonly live: LiveTopic;
  readonly caller: Caller;
  end(error: ShoalError): void;
}

/** A call of `authorize` that is under way. */
export interface Asking {
  /** The state that it was shown. */
  readonly state: unknown;
  /** When it was asked, as it is counted by revocations. */
  readonly moment: number;
  /** Fulfilled when the answer is yes. */
  readonly answer: Promise<void>;
}

/** Whether somebody may watch a topic. All who are the same user, as the application describes it, share one. */
export class Question {
  readonly key: unknown;
  readonly ref: TopicRef;
  /** Who it is about, as revocations know it; `undefined` where nobody is signed in. */
  readonly user: string | undefined;
  /** Whom it is asked for again, the last one first. */
  watchers: Few<Watcher>;
  asking: Asking | undefined;
  /** Until when the last answer holds, by `performance.now()` in whole milliseconds, if it was yes; else 0. */
  holdsUntil = 0;
  /** When the last answer was asked for, as it is counted by revocations. */
  moment = 0;
  /** How often in a row it could not be answered when it was asked again. */
  failures = 0;
  /** In which step it was last asked. */
  step = 0;

  constructor(key: unknown, ref: TopicRef, user: string | undefined) {
    this.key = key;
    this.ref = ref;
    this.user = user;
  }

  /** Whether others may come to the same question. */
  get isShared(): boolean {
    return typeof this.key === "string";
  }
}
