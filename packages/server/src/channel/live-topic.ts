import { type AnyFrame, type Position, type Sender, ShoalError, type SnapshotReason } from "@shoal/contract";
import { tellFault } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { Store, StoredEvent, StoredTopic, TopicHead } from "../store.ts";
import type { TopicRef } from "../topic-ref.ts";
import { AudienceFeed } from "./audience-feed.ts";
import type { AudienceName } from "./cut.ts";
import type { Definition } from "./definition.ts";
import { type Folded, foldEvents, foldStored } from "./fold.ts";
import type { FrameSink } from "./frame-sink.ts";
import { openingOf } from "./opening.ts";
import { Presence } from "./presence.ts";
import { Ring } from "./ring.ts";
import type { SharedFrame } from "./shared-frame.ts";

export interface LiveTopicOptions {
  readonly logger: Logger;
  /** How many recent events are held for those who come back. */
  readonly ring: number;
  /** How many events a resumption replays at most; who misses more gets a snapshot. */
  readonly maxReplay: number;
  /** Called after the state changed. */
  readonly changed: (live: LiveTopic) => void;
  /** Called when the log could not be read to its end. Whoever hears it calls {@link LiveTopic.readOn} again, later. */
  readonly stuck: (live: LiveTopic, error: unknown) => void;
}

/**
 * A topic as one node holds it. Its state advances by one way only: the next events, in order, either handed to
 * {@link offer} or read from the log by {@link catchUp}. Every subscriber sees each of them once.
 */
export class LiveTopic {
  readonly ref: TopicRef;
  readonly definition: Definition;
  readonly presence: Presence;
  readonly #store: Store;
  readonly #options: LiveTopicOptions;
  readonly #ring: Ring;
  /** By audience, those that have subscribers. */
  readonly #feeds = new Map<AudienceName, AudienceFeed>();
  #folded: Folded;
  #reading: Promise<void> | undefined;
  #readAgain = false;
  #closed = false;

  constructor(ref: TopicRef, definition: Definition, store: Store, stored: StoredTopic, options: LiveTopicOptions) {
    this.ref = ref;
    this.definition = definition;
    this.#store = store;
    this.#options = options;
    this.#ring = new Ring(options.ring);
    this.#ring.push(stored.events);
    this.#folded = foldStored(definition, ref, stored);
    this.presence = new Presence((frame) => this.#pushAll(frame));
  }

  get folded(): Folded {
    return this.#folded;
  }

  get subscribers(): number {
    return [...this.#feeds.values()].reduce((count, { sinks }) => count + sinks.size, 0);
  }

  /** Takes events that may be next. Known ones are passed over; after a hole the log is read instead. */
  offer(epoch: string, events: readonly StoredEvent[]): void {
    const { offset } = this.#folded;
    const news = events.filter((event) => event.offset > offset);
    const first = news[0];
    if (epoch !== this.#folded.epoch || (first && first.offset !== offset + 1)) {
      this.readOn();
      return;
    }
    if (first) this.#advance(news);
  }

  /** Hears where the log ends, and reads what is missing. */
  behind({ epoch, offset }: TopicHead): void {
    if (epoch !== this.#folded.epoch || offset > this.#folded.offset) this.readOn();
  }

  /** Reads the log to its end, for nobody who waits for it. */
  readOn(): void {
    this.catchUp().catch((error) => this.#options.stuck(this, error));
  }

  /** Reads the log to its end. Whoever calls while a read is under way gets one that began after the call. */
  catchUp(): Promise<void> {
    this.#readAgain = true;
    this.#reading ??= Promise.resolve().then(() => this.#readAll());
    return this.#reading;
  }

  /** Starts over from what the store holds, and tells every subscriber why. */
  reset(stored: StoredTopic, reason: SnapshotReason = stored.epoch === this.#folded.epoch ? "expired" : "epoch"): void {
    this.#folded = foldStored(this.definition, this.ref, stored);
    this.#ring.clear();
    this.#ring.push(stored.events);
    for (const feed of this.#feeds.values()) this.#resetFeed(feed, reason);
    this.#options.changed(this);
  }

  /**
   * Subscribes: opens with a snapshot, or with the whole replay of what was missed since `position`, then goes on live.
   * Nothing is pushed before the opening is whole.
   *
   * @returns the function that ends it
   * @throws {ShoalError} `SERVICE_UNAVAILABLE` when the topic was closed meanwhile, `PAYLOAD_TOO_LARGE` when the state is larger
   * than the channel allows
   */
  async join(sink: FrameSink, position: Position | null, audience: AudienceName): Promise<() => void> {
    if (position?.epoch === this.#folded.epoch && position.offset > this.#folded.offset) await this.catchUp();
    const older = position ? await this.#readOlder(position) : [];
    if (this.#closed) throw closing();
    const feed = this.#feeds.get(audience) ?? new AudienceFeed(audience, this.definition);
    this.#open(sink, feed, position, older);
    this.#feeds.set(audience, feed);
    feed.sinks.add(sink);
    return () => {
      feed.sinks.delete(sink);
      if (feed.sinks.size === 0 && this.#feeds.get(audience) === feed) this.#feeds.delete(audience);
    };
  }

  /** Pushes a snapshot and who is here to a subscriber that dropped what it had queued. */
  resync(sink: FrameSink): void {
    for (const feed of this.#feeds.values()) if (feed.sinks.has(sink)) this.#pushSnapshot(sink, feed, "overflow");
  }

  /** The state as an audience may see it, with its position. */
  snapshot(audience: AudienceName): SharedFrame {
    const feed = this.#feeds.get(audience) ?? new AudienceFeed(audience, this.definition);
    return feed.snapshot(this.#folded, "initial");
  }

  broadcast(name: string, data: object, from: Sender | null): void {
    this.#pushAll({ kind: "broadcast", name, data, from });
  }

  /** Ends every subscription with an error. */
  fail(error: ShoalError): void {
    for (const feed of this.#feeds.values()) feed.fail(error);
    this.#feeds.clear();
  }

  /** Ends every subscription, and those that are about to begin, with an error that tells clients to try again. */
  close(): void {
    this.presence.close();
    this.#closed = true;
    this.fail(closing());
  }

  #advance(events: readonly StoredEvent[]): void {
    this.#folded = foldEvents(this.definition, this.#folded, events);
    this.#ring.push(events);
    for (const feed of this.#feeds.values()) {
      const frame = this.#made(feed, () => feed.events(this.#folded, events));
      if (frame) feed.push(frame);
    }
    this.#options.changed(this);
  }

  #resetFeed(feed: AudienceFeed, reason: SnapshotReason): void {
    if (!this.#made(feed, () => feed.snapshot(this.#folded, reason))) return;
    for (const sink of feed.sinks) this.#pushSnapshot(sink, feed, reason);
  }

  /**
   * A frame for an audience. When it cannot be made, since the state has grown too large to be sent or a view or a `conflate` throws,
   * the watches of that audience end, and those of the others go on.
   */
  #made(feed: AudienceFeed, make: () => SharedFrame): SharedFrame | undefined {
    try {
      return make();
    } catch (error) {
      feed.fail(this.#toFailure(error, feed));
      this.#feeds.delete(feed.audience);
      return undefined;
    }
  }

  #toFailure(error: unknown, { audience }: AudienceFeed): ShoalError {
    if (error instanceof ShoalError && error.code !== "INTERNAL_SERVER_ERROR") return error;
    const { offset } = this.#folded;
    const what = "an audience cannot be shown what happened; its subscribers were sent away";
    return tellFault(this.#options.logger, { error, topic: this.ref.id, audience, offset }, what);
  }

  async #readAll(): Promise<void> {
    try {
      while (this.#readAgain) {
        this.#readAgain = false;
        const head = await this.#store.head(this.ref);
        const { epoch, offset } = this.#folded;
        // Who is far behind starts over instead of reading, and sending, everything in between.
        if (head.epoch !== epoch || head.offset - offset > this.#options.maxReplay) await this.#reload();
        else if (head.offset > offset) await this.#readTo(head.offset);
      }
    } finally {
      // In the same turn as the last look at `#readAgain`: whoever calls from now on starts a read of its own.
      this.#reading = undefined;
    }
  }

  async #readTo(offset: number): Promise<void> {
    const events = await this.#store.read(this.ref, this.#folded.offset + 1, offset);
    const news = events.filter((event) => event.offset > this.#folded.offset);
    if (news[0] && news[0].offset === this.#folded.offset + 1) this.#advance(news);
    else if (this.#folded.offset < offset) await this.#reload();
  }

  /** Starts over, but never behind what has become of the topic while the store was read. */
  async #reload(): Promise<void> {
    const before = this.#folded;
    const stored = await this.#store.load(this.ref);
    if (this.#folded === before) this.reset(stored);
    else this.#readAgain = true;
  }

  /**
   * The events between a position and the ring, read from the log when they are few enough to replay. What leaves the ring while they
   * are read is read too.
   */
  async #readOlder({ epoch, offset }: Position): Promise<readonly StoredEvent[]> {
    const older: StoredEvent[] = [];
    for (;;) {
      const from = (older.at(-1)?.offset ?? offset) + 1;
      const oldest = this.#ring.oldest ?? this.#folded.offset + 1;
      const tooMany = this.#folded.offset - offset > this.#options.maxReplay;
      if (epoch !== this.#folded.epoch || tooMany || from >= oldest) return older;
      const events = await this.#store.read(this.ref, from, oldest - 1);
      if (events.length === 0) return older;
      for (const event of events) older.push(event);
    }
  }

  #open(sink: FrameSink, feed: AudienceFeed, position: Position | null, older: readonly StoredEvent[]): void {
    const { maxReplay } = this.#options;
    const { audience } = feed;
    const opening = openingOf({ head: this.#folded, ring: this.#ring, audience, position, older, maxReplay });
    if (opening.kind === "snapshot") {
      this.#pushSnapshot(sink, feed, opening.reason);
      return;
    }
    const { events } = opening;
    sink.push(feed.share(this.#folded, { kind: "resumed", replayed: events.length }, position?.offset));
    if (events.length > 0) sink.push(feed.events(this.#folded, events));
    this.#pushPresence(sink, feed);
  }

  #pushSnapshot(sink: FrameSink, feed: AudienceFeed, reason: SnapshotReason): void {
    sink.push(feed.snapshot(this.#folded, reason));
    this.#pushPresence(sink, feed);
  }

  #pushPresence(sink: FrameSink, feed: AudienceFeed): void {
    if (!this.definition.presence) return;
    sink.push(feed.share(this.#folded, { kind: "presence", full: this.presence.members() }));
  }

  #pushAll(frame: AnyFrame): void {
    for (const feed of this.#feeds.values()) feed.push(feed.share(this.#folded, frame));
  }
}

function closing(): ShoalError {
  return new ShoalError("SERVICE_UNAVAILABLE", "The server is shutting down.");
}
