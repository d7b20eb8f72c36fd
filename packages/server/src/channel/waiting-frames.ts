import type { AnyFrame, SnapshotReason } from "@shoal/contract";
import type { Room } from "./room.ts";
import type { SharedFrame } from "./shared-frame.ts";

/**
 * The frames that wait for a subscriber which reads slowly: a bounded number, of a bounded number of bytes, beside an opening, which waits
 * whole. A frame that was merged counts by its events. When one does not fit, or what waits is taken back, all are dropped, and nothing more is taken until the
 * subscriber is resynchronised.
 */
export class WaitingFrames {
  readonly #most: number;
  readonly #room: Room;
  /** How many of them what waits counts for, and how many bytes of the room. */
  #weight = 0;
  #bytes = 0;
  #frames: SharedFrame[] = [];
  /** How many of those in front are of an opening. */
  #openings = 0;
  #dropped: SnapshotReason | undefined;

  /**
   * @param most - how many frames wait, merged ones counted by their events
   * @param room - for their bytes
   */
  constructor(most: number, room: Room) {
    this.#most = most;
    this.#room = room;
  }

  get isEmpty(): boolean {
    return this.#frames.length === 0;
  }

  /** Whether nothing waits, nor was dropped without the subscriber's being resynchronised. */
  get isIdle(): boolean {
    return this.isEmpty && !this.#dropped;
  }

  /** @param opening - whether the frame is of an opening */
  push(frame: SharedFrame, opening: boolean): void {
    if (this.#dropped) return;
    if (opening) {
      this.#openings += 1;
      this.#append(frame);
    } else if (!this.#merge(frame)) {
      if (this.#take(frame.weight, frame.bytes)) this.#append(frame);
      else this.#drop("overflow");
    }
  }

  /** Drops all when one of them `isStale`. Who has yet to be resynchronised hears of another epoch, whatever it was dropped for. */
  retract(isStale: (frame: AnyFrame) => boolean, reason: SnapshotReason): void {
    const renewed = this.#dropped !== undefined && reason === "epoch";
    if (renewed || this.#frames.some(({ frame }) => isStale(frame))) this.#drop(reason);
  }

  shift(): SharedFrame | undefined {
    const frame = this.#frames.shift();
    if (!frame) return undefined;
    this.#weight -= frame.weight;
    if (this.#openings > 0) this.#openings -= 1;
    else this.#give(frame.bytes);
    return frame;
  }

  /** Why they were dropped, to who resynchronises now; undefined when they were not. */
  takeDropped(): SnapshotReason | undefined {
    const reason = this.#dropped;
    this.#dropped = undefined;
    return reason;
  }

  clear(): void {
    this.#empty();
    this.#dropped = undefined;
  }

  #drop(reason: SnapshotReason): void {
    this.#empty();
    this.#dropped = reason;
  }

  #empty(): void {
    this.#frames = [];
    this.#openings = 0;
    this.#weight = 0;
    this.#give(this.#bytes);
  }

  /** What may be conflated waits as one frame, as long as there is room for all of its events. */
  #merge(frame: SharedFrame): boolean {
    const last = this.#frames.length > this.#openings ? this.#frames.at(-1) : undefined;
    const merged = last?.merge(frame);
    if (!last || !merged) return false;
    const weight = merged.weight - last.weight;
    if (!this.#take(weight, merged.bytes - last.bytes)) return false;
    this.#weight += weight;
    this.#frames[this.#frames.length - 1] = merged;
    return true;
  }

  #append(frame: SharedFrame): void {
    this.#frames.push(frame);
    this.#weight += frame.weight;
  }

  /** Makes room, where there is any. */
  #take(weight: number, bytes: number): boolean {
    if (weight > this.#most - this.#weight || !this.#room.take(bytes)) return false;
    this.#bytes += bytes;
    return true;
  }

  #give(bytes: number): void {
    this.#bytes -= bytes;
    this.#room.give(bytes);
  }
}
