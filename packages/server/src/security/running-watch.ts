import type { ShoalError, SnapshotReason } from "@shoal/contract";
import type { Caller } from "../channel/access.ts";
import type { Attachment, FrameSink } from "../channel/frame-sink.ts";
import type { LiveTopic } from "../channel/live-topic.ts";
import type { Held } from "../channel/topics.ts";
import { added, type Few, listOf } from "./few.ts";
import type { Identity } from "./identity.ts";
import type { Question, Watcher } from "./question.ts";

/** Who keeps the watches that run. */
export interface WatchKeeper {
  /** Which realtime they are of. */
  readonly realtime: object;
  /** The caller is described otherwise from now on. */
  renewed(watch: RunningWatch): void;
  /** It subscribes its sink from now on. */
  opened(watch: RunningWatch): void;
  ended(watch: RunningWatch): void;
  /** It could not be told to its subscriber that it ended. */
  untold(watch: RunningWatch, error: unknown): void;
}

/** What a {@link RunningWatch} begins with. */
export interface WatchOptions {
  readonly live: LiveTopic;
  readonly sink: FrameSink;
  readonly caller: Caller;
  readonly question: Question | undefined;
  /** For how long it outlives what the caller signed in with, in milliseconds. */
  readonly graceMs: number;
  /** Keeps the topic, and is let go of at the end. */
  readonly held: Held;
  /** The audience that the client asked for. */
  readonly asked: string | undefined;
}

/** A subscriber's hold on a topic, from before its opening to its end. It ends by its subscriber, or because it may not go on. */
export class RunningWatch implements Attachment, Watcher {
  readonly live: LiveTopic;
  readonly asked: string | undefined;
  readonly #sink: FrameSink;
  readonly #graceMs: number;
  readonly #keeper: WatchKeeper;
  question: Question | undefined;
  #caller: Caller;
  /** `undefined` once it has ended. */
  #held: Held | undefined;
  #endings: Few<() => void>;
  #error: ShoalError | undefined;
  #isOpen = false;

  constructor({ live, sink, caller, question, graceMs, held, asked }: WatchOptions, keeper: WatchKeeper) {
    this.live = live;
    this.asked = asked;
    this.#sink = sink;
    this.#caller = caller;
    this.question = question;
    this.#graceMs = graceMs;
    this.#held = held;
    this.#keeper = keeper;
  }

  get realtime(): object {
    return this.#keeper.realtime;
  }

  get caller(): Caller {
    return this.#caller;
  }

  /** In milliseconds since the epoch; infinite where it does not end by itself. */
  get endsAt(): number {
    return (this.#caller.expiresAt ?? Number.POSITIVE_INFINITY) + this.#graceMs;
  }

  /** Whether it has subscribed its sink, and did until it ended. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Its sink has been subscribed. */
  opened(): void {
    if (!this.#held) return;
    this.#isOpen = true;
    this.#keeper.opened(this);
  }

  /** Calls something once when it ends; at once where it has. */
  onEnd(ending: () => void): void {
    if (this.#held) this.#endings = added(this.#endings, ending);
    else ending();
  }

  /** @throws {ShoalError} why it ended, when it was ended */
  insist(): void {
    if (this.#error) throw this.#error;
  }

  /** Tells the subscriber why, and hands on nothing more, also not what was on its way. */
  end(error: ShoalError): void {
    if (!this.#held) return;
    this.#error = error;
    try {
      this.#sink.discard?.();
      this.#sink.fail(error);
    } catch (cause) {
      this.#keeper.untold(this, cause);
    }
    this.detach();
  }

  detach(): void {
    const held = this.#held;
    this.#held = undefined;
    if (!held) return;
    this.live.leave(this.#sink);
    for (const ending of listOf(this.#endings)) ending();
    held.done();
    this.#keeper.ended(this);
  }

  resync(reason?: SnapshotReason): void {
    this.live.resync(this.#sink, reason);
  }

  renew({ user, ctx, expiresAt }: Identity): void {
    if (!this.#held) return;
    this.#caller = { ...this.#caller, user, ctx, expiresAt };
    this.#keeper.renewed(this);
  }

  /** Goes on as what another audience is shown, where it is another one. */
  show(audience: string): void {
    this.live.move(this.#sink, audience);
  }
}
