import { type AnyFrame, type Position, type Sender, ShoalError, type SnapshotReason } from "@shoal/contract";
import { redactedBy, tells } from "../redaction.ts";
import type { CommandKey, CommandRecord, Store, StoredEvent, StoredTopic, TopicHead } from "../store.ts";
import type { TopicRef } from "../topic-ref.ts";
import { AudienceFeeds, type Seating } from "./audience-feeds.ts";
import type { AudienceName } from "./cut.ts";
import type { Definition } from "./definition.ts";
import { type Folded, foldEvents, foldStored } from "./fold.ts";
import type { FrameSink } from "./frame-sink.ts";
import type { LiftedEvent } from "./lift.ts";
import type { LiveTopicOptions } from "./live-topic-options.ts";
import { openingOf } from "./opening.ts";
import { Presence } from "./presence.ts";
import { Ring } from "./ring.ts";

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
  readonly #feeds: AudienceFeeds;
  /** How often events were redacted, or all were replaced: what was read before it is to be read again. */
  renewals = 0;
  /** Where the snapshot is that this node knows to be stored; 0 where it knows of none. */
  snapshotAt: number;
  #folded: Folded;
  #reading: Promise<void> | undefined;
  #readAgain = false;
  #closed = false;
  /** Why nobody may use the topic, until its log can be followed again. */
  #refusal: ShoalError | undefined;

  constructor(ref: TopicRef, definition: Definition, store: Store, stored: StoredTopic, options: LiveTopicOptions) {
    this.ref = ref;
    this.definition = definition;
    this.#store = store;
    this.#options = options;
    this.#ring = new Ring(options.ring);
    const lifted = definition.lifts.stored(ref, stored);
    this.#ring.push(lifted.events);
    this.#folded = foldStored(definition, ref, lifted);
    this.snapshotAt = stored.snapshot?.offset ?? 0;
    this.presence = new Presence({
      push: (frame) => this.#feeds.push(frame),
      joined: (memberId, caller) => options.joined(this, memberId, caller),
    });
    const { logger, maxReplay, after } = options;
    const [folded, members] = [() => this.#folded, () => this.presence.members()];
    this.#feeds = new AudienceFeeds({ ref, definition, logger, maxReplay, after, ring: this.#ring, folded, members });
  }

  get folded(): Folded {
    return this.#folded;
  }

  /** Every event after `offset`; `undefined` when they are to be read from the log. */
  since(offset: number): readonly LiftedEvent[] | undefined {
    return offset === this.#folded.offset ? [] : this.#ring.after(offset);
  }

  /** Puts another state, which is the same to whoever reads it, in the place of this one. */
  represent(state: unknown): void {
    this.#folded = { ...this.#folded, state };
  }

  get subscribers(): number {
    return this.#feeds.subscribers;
  }

  /** Takes events that may be next. Known ones are passed over; where one is missing or empty the log is read instead. */
  offer(epoch: string, events: readonly StoredEvent[]): void {
    const { offset } = this.#folded;
    const news = events.filter((event) => event.offset > offset);
    const first = news[0];
    const redacted = news.some((event) => event.redacted);
    if (epoch !== this.#folded.epoch || (first && first.offset !== offset + 1) || redacted) {
      this.readOn();
      return;
    }
    if (first) this.#advance(this.definition.lifts.events(this.ref, news));
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
    const lifted = this.definition.lifts.stored(this.ref, stored);
    this.#folded = foldStored(this.definition, this.ref, lifted);
    this.snapshotAt = stored.snapshot?.offset ?? 0;
    this.#ring.clear();
    this.#ring.push(lifted.events);
    this.#retract(() => true, reason);
    this.#feeds.reset(reason);
    this.#options.changed(this);
  }

  /**
   * Subscribes: opens with a snapshot, or with the whole replay of what was missed since `position`, then goes on live.
   * Nothing is pushed before the opening is whole.
   *
   * @param mayOpen - asked at the last moment; it throws when the subscription is not to begin
   * @throws {ShoalError} `SERVICE_UNAVAILABLE` when the topic was closed meanwhile, `PAYLOAD_TOO_LARGE` when the state is larger
   * than the channel allows
   */
  async join(
    sink: FrameSink,
    position: Position | null,
    seating: Seating,
    mayOpen: () => void = () => {},
  ): Promise<void> {
    if (position?.epoch === this.#folded.epoch && position.offset > this.#folded.offset) await this.catchUp();
    let older: readonly StoredEvent[] = [];
    for (let seen = -1; position && seen !== this.renewals; ) {
      seen = this.renewals;
      older = await this.#readOlder(position);
    }
    if (this.#closed) throw closing();
    this.insist();
    mayOpen();
    const { maxReplay } = this.#options;
    const { definition } = this;
    const { audience } = seating;
    const opening = openingOf({
      definition,
      head: this.#folded,
      ring: this.#ring,
      audience,
      position,
      older,
      maxReplay,
    });
    this.#feeds.open(sink, seating, opening, position?.offset ?? 0);
  }

  /** Ends a subscription. */
  leave(sink: FrameSink): void {
    this.#feeds.leave(sink);
  }

  /** A subscription goes on as what another audience is shown; nothing happens where it is the same one. */
  move(sink: FrameSink, audience: AudienceName): void {
    this.#feeds.move(sink, audience);
  }

  /** Pushes a snapshot and who is here to a subscriber that dropped what it had queued. */
  resync(sink: FrameSink, reason: SnapshotReason = "overflow"): void {
    this.#feeds.resync(sink, reason);
  }

  broadcast(name: string, data: object, from: Sender | null): void {
    this.#feeds.push({ kind: "broadcast", name, data, from });
  }

  /** The kept events of this epoch with offsets from `from` to `to`, both included, in order, as they are stored. */
  read(from: number, to: number): Promise<readonly StoredEvent[]> {
    return this.#store.read(this.ref, from, to, this.#folded.epoch);
  }

  /** The recorded answer of a command, or `null` when there is none. */
  record(command: CommandKey): Promise<CommandRecord | null> {
    return this.#store.record(this.ref, command);
  }

  /** Ends every subscription, and refuses others, until the log can be followed again. */
  refuse(error: ShoalError): void {
    this.#refusal = error;
    this.#feeds.fail(error);
  }

  /** @throws {ShoalError} as it is refused, when it is */
  insist(): void {
    if (this.#refusal) throw this.#refusal;
  }

  /** Ends every subscription, and those that are about to begin, with an error that tells clients to try again. */
  close(): void {
    this.presence.close();
    this.#closed = true;
    this.#feeds.fail(closing());
  }

  #advance(events: readonly LiftedEvent[]): void {
    this.#folded = foldEvents(this.definition, this.#folded, events);
    this.#ring.push(events);
    this.#redact(redactedBy(events));
    this.#feeds.deliver(events);
    this.#options.changed(this);
  }

  /** What tells of redacted events leaves the memory, and what waits for slow subscribers. */
  #redact(offsets: readonly number[]): void {
    if (offsets.length === 0) return;
    this.#ring.redact(offsets);
    this.#retract((frame) => tells(frame, offsets), "expired");
  }

  #retract(isStale: (frame: AnyFrame) => boolean, reason: SnapshotReason): void {
    this.renewals += 1;
    this.#feeds.retract(isStale, reason);
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
      this.#refusal = undefined;
    } finally {
      // In the same turn as the last look at `#readAgain`: whoever calls from now on starts a read of its own.
      this.#reading = undefined;
    }
  }

  async #readTo(offset: number): Promise<void> {
    const events = await this.#store.read(this.ref, this.#folded.offset + 1, offset, this.#folded.epoch);
    const news = events.filter((event) => event.offset > this.#folded.offset);
    const follows = news[0]?.offset === this.#folded.offset + 1 && !news.some(({ redacted }) => redacted);
    if (follows) this.#advance(this.definition.lifts.events(this.ref, news));
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
   * are read is read too. When one is redacted there, this node hears why before anything is sent.
   */
  async #readOlder({ epoch, offset }: Position): Promise<readonly LiftedEvent[]> {
    const older: LiftedEvent[] = [];
    for (;;) {
      const from = (older.at(-1)?.offset ?? offset) + 1;
      const oldest = this.#ring.oldest ?? this.#folded.offset + 1;
      const tooMany = this.#folded.offset - offset > this.#options.maxReplay;
      if (epoch !== this.#folded.epoch || tooMany || from >= oldest) return older;
      const events = await this.#store.read(this.ref, from, oldest - 1, epoch);
      if (events.length === 0) {
        // They are kept no more, or the topic has another epoch by now: the opening is to say which.
        await this.catchUp();
        return older;
      }
      for (const event of this.definition.lifts.events(this.ref, events)) older.push(event);
      if (events.some(({ redacted }) => redacted)) await this.catchUp();
    }
  }
}

function closing(): ShoalError {
  return new ShoalError("SERVICE_UNAVAILABLE", "The server is shutting down.");
}
