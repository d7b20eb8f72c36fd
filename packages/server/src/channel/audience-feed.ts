import { type AnyFrame, formatPosition, ShoalError, type SnapshotReason } from "@shoal/contract";
import { conflateEvents } from "./conflate.ts";
import { type AudienceName, cutEvent, cutState, positionName } from "./cut.ts";
import type { Definition } from "./definition.ts";
import type { Folded } from "./fold.ts";
import type { FrameSink } from "./frame-sink.ts";
import type { LiftedEvent } from "./lift.ts";
import type { PacedSinks } from "./paced-sinks.ts";
import { SharedFrame } from "./shared-frame.ts";

type Replay = readonly SharedFrame[];

/** The subscribers of one audience of a topic, and the frames as they are cut for it: each made once, whoever gets it. */
export class AudienceFeed {
  readonly audience: AudienceName;
  /** Those that are sent everything at once. */
  readonly prompt = new Set<FrameSink>();
  /** The others, where the audience is paced. */
  readonly paced: PacedSinks | undefined;
  readonly #definition: Definition;
  readonly #snapshots = new Map<SnapshotReason, SharedFrame>();
  /** By the offset that they begin after: whoever comes back at about the same time is sent the same. */
  readonly #replays = new Map<number, WeakRef<Replay>>();
  /** The state that what is kept here was made at. */
  #madeAt: Folded | undefined;

  constructor(audience: AudienceName, definition: Definition, pacedBy: (feed: AudienceFeed) => PacedSinks | undefined) {
    this.audience = audience;
    this.#definition = definition;
    this.paced = pacedBy(this);
  }

  get size(): number {
    return this.prompt.size + (this.paced?.size ?? 0);
  }

  *sinks(): Iterable<FrameSink> {
    yield* this.prompt;
    if (this.paced) yield* this.paced.sinks();
  }

  has(sink: FrameSink): boolean {
    return this.prompt.has(sink) || this.paced?.offsetOf(sink) !== undefined;
  }

  /** A subscriber begins, or goes on, at an offset, which without a pace is the topic's last one. */
  place(sink: FrameSink, offset: number, paced: boolean): void {
    if (paced && this.paced) this.paced.place(sink, offset);
    else this.prompt.add(sink);
  }

  /** @returns whether it was of this audience */
  delete(sink: FrameSink): boolean {
    return this.prompt.delete(sink) || (this.paced?.delete(sink) ?? false);
  }

  push(frame: SharedFrame): void {
    for (const sink of this.sinks()) sink.push(frame);
  }

  /** Takes back what waits for subscribers and what is kept of it here. */
  retract(isStale: (frame: AnyFrame) => boolean, reason: SnapshotReason): void {
    this.#forget();
    for (const sink of this.sinks()) sink.retract?.(isStale, reason);
  }

  /** Ends every subscription with an error. */
  fail(error: ShoalError): void {
    for (const sink of this.sinks()) sink.fail(error);
    this.prompt.clear();
    this.paced?.clear();
  }

  /** @throws {ShoalError} `PAYLOAD_TOO_LARGE` when the state is larger than the channel allows */
  snapshot(folded: Folded, reason: SnapshotReason): SharedFrame {
    this.#renew(folded);
    const frame = this.#snapshots.get(reason) ?? this.#makeSnapshot(folded, reason);
    this.#snapshots.set(reason, frame);
    return frame;
  }

  /** The events as this audience may see them; those hidden or conflated leave no entry. */
  events(folded: Folded, events: readonly LiftedEvent[]): SharedFrame {
    const { conflation } = this.#definition;
    const entries = events.flatMap((event) => cutEvent(this.#definition, event, this.audience) ?? []);
    const frame: AnyFrame = {
      kind: "events",
      from: events[0]?.offset ?? 0,
      to: events.at(-1)?.offset ?? 0,
      events: conflation ? conflateEvents(entries, conflation) : entries,
    };
    return this.share(folded, frame);
  }

  /** What a subscriber that comes back is sent: how many events it missed, and then those. They are all since `offset`. */
  replay(folded: Folded, offset: number, missed: readonly LiftedEvent[]): Replay {
    this.#renew(folded);
    const known = this.#replays.get(offset)?.deref();
    if (known) return known;
    const replay = this.#makeReplay(folded, offset, missed);
    this.#replays.set(offset, new WeakRef(replay));
    return replay;
  }

  share(folded: Folded, frame: AnyFrame, offset = folded.offset): SharedFrame {
    const id = formatPosition({ epoch: folded.epoch, offset, audience: positionName(this.audience) });
    return new SharedFrame(id, frame, this.#definition.conflation);
  }

  #makeReplay(folded: Folded, offset: number, missed: readonly LiftedEvent[]): Replay {
    const resumed = this.share(folded, { kind: "resumed", replayed: missed.length }, offset);
    return missed.length > 0 ? [resumed, this.events(folded, missed)] : [resumed];
  }

  /** What was made at another state is good no more. */
  #renew(folded: Folded): void {
    if (this.#madeAt !== folded) this.#forget();
    this.#madeAt = folded;
  }

  #forget(): void {
    this.#snapshots.clear();
    this.#replays.clear();
  }

  #makeSnapshot(folded: Folded, reason: SnapshotReason): SharedFrame {
    const { maxStateBytes, name } = this.#definition;
    const { offset, at } = folded;
    const state = cutState(this.#definition, folded.state, this.audience);
    const bytes = Buffer.byteLength(JSON.stringify(state) ?? "");
    if (bytes > maxStateBytes) {
      throw new ShoalError(
        "PAYLOAD_TOO_LARGE",
        `The state of this topic of "${name}" has ${bytes} bytes, more than the ${maxStateBytes} that a snapshot may have. Bound the state, or raise maxStateBytes.`,
      );
    }
    return this.share(folded, { kind: "snapshot", reason, state, offset, at });
  }
}
