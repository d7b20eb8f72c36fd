import { type AnyFrame, type Member, ShoalError, type SnapshotReason } from "@shoal/contract";
import { tellFault } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { TopicRef } from "../topic-ref.ts";
import { type After, afterTime } from "./after.ts";
import { AudienceFeed } from "./audience-feed.ts";
import type { AudienceName } from "./cut.ts";
import { type Definition, pacesOf } from "./definition.ts";
import type { Folded } from "./fold.ts";
import type { FrameSink } from "./frame-sink.ts";
import { isA } from "./is-a.ts";
import type { LiftedEvent } from "./lift.ts";
import type { Opening } from "./opening.ts";
import { PacedSinks } from "./paced-sinks.ts";
import type { Ring } from "./ring.ts";
import type { SharedFrame } from "./shared-frame.ts";

export interface AudienceFeedsOptions {
  readonly ref: TopicRef;
  readonly definition: Definition;
  readonly logger: Logger;
  readonly ring: Ring;
  readonly maxReplay: number;
  readonly after?: After | undefined;
  /** The topic as it is now. */
  readonly folded: () => Folded;
  /** Who is on it. */
  readonly members: () => readonly Member<unknown>[];
}

/** As whom a subscriber watches. */
export interface Seating {
  readonly audience: AudienceName;
  /** Whether it waits for the pace of its audience, where that has one. */
  readonly paced: boolean;
}

/** The subscribers of a topic, by audience. What happens is sent to each audience as it may see it, and at its pace. */
export class AudienceFeeds {
  readonly #options: AudienceFeedsOptions;
  /** Those that have subscribers. */
  readonly #feeds = new Map<AudienceName, AudienceFeed>();

  constructor(options: AudienceFeedsOptions) {
    this.#options = options;
  }

  get subscribers(): number {
    return [...this.#feeds.values()].reduce((count, { size }) => count + size, 0);
  }

  /** The state as an audience may see it, with its position. */
  snapshot(audience: AudienceName): SharedFrame {
    return this.#feedOf(audience).snapshot(this.#options.folded(), "initial");
  }

  /**
   * A subscriber begins: with a snapshot, or with what it missed since `offset`.
   *
   * @throws {ShoalError} `PAYLOAD_TOO_LARGE` when the state is larger than the channel allows
   */
  open(sink: FrameSink, { audience, paced }: Seating, opening: Opening, offset: number): void {
    const feed = this.#feedOf(audience);
    const folded = this.#options.folded();
    const frames =
      opening.kind === "snapshot"
        ? this.#snapshotOf(feed, opening.reason)
        : [...feed.replay(folded, offset, opening.events), ...this.#presenceOf(feed)];
    this.#push(sink, frames);
    this.#place(sink, feed, paced);
  }

  leave(sink: FrameSink): void {
    for (const feed of this.#feeds.values()) {
      if (feed.delete(sink) && feed.size === 0) this.#feeds.delete(feed.audience);
    }
  }

  /**
   * A subscriber goes on as another audience: from a snapshot where the channel has a view, and else from where it was. Nothing happens
   * where it is the same one.
   *
   * @throws whatever a view, a `conflate` or a `merge` throws; the subscriber is of no audience then
   */
  move(sink: FrameSink, audience: AudienceName): void {
    const before = this.#feedOfSink(sink);
    if (!before || before.audience === audience) return;
    const offset = before.paced?.offsetOf(sink) ?? this.#options.folded().offset;
    const feed = this.#feedOf(audience);
    this.leave(sink);
    const { view } = this.#options.definition;
    if (view) sink.retract?.(() => true, "audience");
    this.#push(sink, view ? this.#snapshotOf(feed, "audience") : this.#since(feed, offset));
    this.#place(sink, feed, true);
  }

  resync(sink: FrameSink, reason: SnapshotReason): void {
    const feed = this.#feedOfSink(sink);
    if (feed) this.#restart(sink, feed, reason);
  }

  /** The topic has advanced by events, which its ring has by now. */
  deliver(events: readonly LiftedEvent[]): void {
    for (const feed of this.#feeds.values()) {
      const frame = feed.prompt.size > 0 && this.#made(feed, () => feed.events(this.#options.folded(), events));
      if (frame) for (const sink of feed.prompt) sink.push(frame);
      feed.paced?.hear();
    }
  }

  /** Sends everybody what is no event. What is held for an audience goes before. */
  push(frame: AnyFrame): void {
    for (const feed of this.#feeds.values()) {
      feed.paced?.flush();
      feed.push(feed.share(this.#options.folded(), frame));
    }
  }

  /** Takes back what waits for subscribers, where it `isStale`. */
  retract(isStale: (frame: AnyFrame) => boolean, reason: SnapshotReason): void {
    for (const feed of this.#feeds.values()) feed.retract(isStale, reason);
  }

  /** Everybody starts anew. */
  reset(reason: SnapshotReason): void {
    for (const feed of this.#feeds.values()) {
      if (!this.#made(feed, () => feed.snapshot(this.#options.folded(), reason))) continue;
      for (const sink of feed.sinks()) this.#restart(sink, feed, reason);
    }
  }

  /** Ends every subscription with an error. */
  fail(error: ShoalError): void {
    for (const feed of this.#feeds.values()) feed.fail(error);
    this.#feeds.clear();
  }

  #feedOf(audience: AudienceName): AudienceFeed {
    const { definition } = this.#options;
    return this.#feeds.get(audience) ?? new AudienceFeed(audience, definition, (feed) => this.#pacedOf(feed));
  }

  #feedOfSink(sink: FrameSink): AudienceFeed | undefined {
    return [...this.#feeds.values()].find((feed) => feed.has(sink));
  }

  #pacedOf(feed: AudienceFeed): PacedSinks | undefined {
    const { definition, after = afterTime, folded } = this.#options;
    const paces = pacesOf(definition, feed.audience);
    if (!paces) return undefined;
    const since = (offset: number) => this.#made(feed, () => this.#since(feed, offset));
    return new PacedSinks({ paces, after, head: () => folded().offset, since, push: (...sent) => this.#push(...sent) });
  }

  /** What comes after an offset: a snapshot where there is more than the topic holds, or some of it is redacted. */
  #since(feed: AudienceFeed, offset: number): readonly SharedFrame[] {
    const { ring, maxReplay, folded } = this.#options;
    if (offset === folded().offset) return [];
    const events = ring.after(offset);
    if (!events || events.length > maxReplay) return this.#snapshotOf(feed, "overflow");
    if (events.some(({ redacted }) => redacted)) return this.#snapshotOf(feed, "expired");
    return [feed.events(folded(), events)];
  }

  /** Counts how subscribers begin and go on. What is told them as it happens is no part of that. */
  #push(sink: FrameSink, frames: readonly SharedFrame[]): void {
    const { meters } = this.#options.definition;
    for (const shared of frames) {
      sink.push(shared);
      if (shared.frame.kind === "snapshot") meters.snapshots[shared.frame.reason] += 1;
      else if (shared.frame.kind === "resumed") meters.resumed += 1;
    }
  }

  #place(sink: FrameSink, feed: AudienceFeed, paced: boolean): void {
    this.#feeds.set(feed.audience, feed);
    feed.place(sink, this.#options.folded().offset, paced);
  }

  #restart(sink: FrameSink, feed: AudienceFeed, reason: SnapshotReason): void {
    this.#push(sink, this.#snapshotOf(feed, reason));
    if (feed.has(sink)) feed.place(sink, this.#options.folded().offset, !feed.prompt.has(sink));
  }

  #snapshotOf(feed: AudienceFeed, reason: SnapshotReason): readonly SharedFrame[] {
    return [feed.snapshot(this.#options.folded(), reason), ...this.#presenceOf(feed)];
  }

  #presenceOf(feed: AudienceFeed): readonly SharedFrame[] {
    const { definition, members, folded } = this.#options;
    return definition.presence ? [feed.share(folded(), { kind: "presence", full: members() })] : [];
  }

  /**
   * What is made for an audience. When it cannot be made, since the state has grown too large to be sent or a view, a `conflate` or a
   * `merge` throws, the watches of that audience end, and those of the others go on.
   */
  #made<R>(feed: AudienceFeed, make: () => R): R | undefined {
    try {
      return make();
    } catch (error) {
      feed.fail(this.#toFailure(error, feed));
      this.#feeds.delete(feed.audience);
      return undefined;
    }
  }

  #toFailure(error: unknown, { audience }: AudienceFeed): ShoalError {
    if (isA(error, ShoalError) && error.code !== "INTERNAL_SERVER_ERROR") return error;
    const { logger, ref, folded } = this.#options;
    const { offset } = folded();
    const what = "an audience cannot be shown what happened; its subscribers were sent away";
    return tellFault(logger, { error, topic: ref.id, audience, offset }, what);
  }
}
