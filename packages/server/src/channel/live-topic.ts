import {
  type AnyFrame,
  type FrameEvent,
  formatPosition,
  type Position,
  type Sender,
  ShoalError,
  type SnapshotReason,
} from "@shoal/contract";
import type { Store, StoredEvent, StoredTopic, TopicHead } from "../store.ts";
import type { TopicRef } from "../topic-ref.ts";
import type { Definition } from "./definition.ts";
import { type Folded, foldEvents, foldStored } from "./fold.ts";
import type { FrameSink } from "./frame-sink.ts";
import { Presence } from "./presence.ts";
import { Ring } from "./ring.ts";
import { SharedFrame } from "./shared-frame.ts";

/** The audience of a channel that declares none. */
const everyone = "all";

export interface LiveTopicOptions {
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
  readonly #sinks = new Set<FrameSink>();
  readonly #snapshots = new Map<SnapshotReason, SharedFrame>();
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
    return this.#sinks.size;
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
    this.#snapshots.clear();
    for (const sink of this.#sinks) this.#pushSnapshot(sink, reason);
    this.#options.changed(this);
  }

  /**
   * Subscribes: opens with a snapshot, or with the whole replay of what was missed since `position`, then goes on live.
   * Nothing is pushed before the opening is whole.
   *
   * @returns the function that ends it
   * @throws {ShoalError} `SERVICE_UNAVAILABLE` when the topic was closed meanwhile
   */
  async join(sink: FrameSink, position: Position | null): Promise<() => void> {
    if (position?.epoch === this.#folded.epoch && position.offset > this.#folded.offset) await this.catchUp();
    const older = position ? await this.#readOlder(position) : [];
    if (this.#closed) throw closing();
    this.#open(sink, position, older);
    this.#sinks.add(sink);
    return () => this.#sinks.delete(sink);
  }

  /** Pushes a snapshot and who is here to a subscriber that dropped what it had queued. */
  resync(sink: FrameSink): void {
    this.#pushSnapshot(sink, "overflow");
  }

  broadcast(name: string, data: object, from: Sender | null): void {
    this.#pushAll({ kind: "broadcast", name, data, from });
  }

  /** Ends every subscription with an error. */
  fail(error: ShoalError): void {
    for (const sink of this.#sinks) sink.fail(error);
    this.#sinks.clear();
  }

  /** Ends every subscription, and those that are about to begin, with an error that tells clients to try again. */
  close(): void {
    this.#closed = true;
    this.presence.close();
    this.fail(closing());
  }

  #advance(events: readonly StoredEvent[]): void {
    this.#folded = foldEvents(this.definition, this.#folded, events);
    this.#ring.push(events);
    this.#snapshots.clear();
    this.#pushAll(eventsFrame(events));
    this.#options.changed(this);
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

  /** The events between a position and the ring, read from the log when they are few enough to replay. */
  async #readOlder({ epoch, offset }: Position): Promise<readonly StoredEvent[]> {
    const missed = this.#folded.offset - offset;
    const oldest = this.#ring.oldest ?? this.#folded.offset + 1;
    if (epoch !== this.#folded.epoch || missed > this.#options.maxReplay || offset + 1 >= oldest) return [];
    return await this.#store.read(this.ref, offset + 1, oldest - 1);
  }

  #open(sink: FrameSink, position: Position | null, older: readonly StoredEvent[]): void {
    const opening = this.#opening(position, older);
    if (typeof opening === "string") {
      this.#pushSnapshot(sink, opening);
      return;
    }
    const resumed = { kind: "resumed", replayed: opening.length } as const;
    sink.push(new SharedFrame(this.#position(position?.offset), resumed));
    if (opening.length > 0) sink.push(this.#share(eventsFrame(opening)));
    this.#pushPresence(sink);
  }

  /** The whole replay, or the reason why there is none. */
  #opening(position: Position | null, older: readonly StoredEvent[]): readonly StoredEvent[] | SnapshotReason {
    const { epoch, offset } = this.#folded;
    if (!position) return "initial";
    if (position.epoch !== epoch) return "epoch";
    if (position.audience !== everyone) return "audience";
    if (position.offset > offset) return "ahead";
    if (position.offset === offset) return [];
    const start = older.at(-1)?.offset ?? position.offset;
    const recent = start === offset ? [] : this.#ring.after(start);
    const replay = recent && [...older, ...recent];
    const whole = replay?.[0]?.offset === position.offset + 1 && replay.length === offset - position.offset;
    return whole && replay.length <= this.#options.maxReplay ? replay : "expired";
  }

  #pushSnapshot(sink: FrameSink, reason: SnapshotReason): void {
    const { offset, at, state } = this.#folded;
    const frame = this.#snapshots.get(reason) ?? this.#share({ kind: "snapshot", reason, state, offset, at });
    this.#snapshots.set(reason, frame);
    sink.push(frame);
    this.#pushPresence(sink);
  }

  #pushPresence(sink: FrameSink): void {
    if (this.definition.presence) sink.push(this.#share({ kind: "presence", full: this.presence.members() }));
  }

  #pushAll(frame: AnyFrame): void {
    const shared = this.#share(frame);
    for (const sink of this.#sinks) sink.push(shared);
  }

  #share(frame: AnyFrame): SharedFrame {
    return new SharedFrame(this.#position(this.#folded.offset), frame);
  }

  #position(offset = this.#folded.offset): string {
    return formatPosition({ epoch: this.#folded.epoch, offset, audience: everyone });
  }
}

function closing(): ShoalError {
  return new ShoalError("SERVICE_UNAVAILABLE", "The server is shutting down.");
}

function eventsFrame(events: readonly StoredEvent[]): AnyFrame {
  const entries = events.map(toFrameEvent);
  return { kind: "events", from: entries[0]?.offset ?? 0, to: entries.at(-1)?.offset ?? 0, events: entries };
}

/** An event as subscribers see it: without who sent it. */
export function toFrameEvent({ offset, at, type, data, commandId }: StoredEvent): FrameEvent<Record<string, unknown>> {
  const entry = { offset, at, type, data: data as object };
  return commandId === null ? entry : { ...entry, commandId };
}
