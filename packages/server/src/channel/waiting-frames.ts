import type { AnyFrame, SnapshotReason } from "@shoal/contract";
import type { SharedFrame } from "./shared-frame.ts";

/**
 * The frames that wait for a subscriber which reads slowly: a bounded number beside an opening, which waits whole. A frame that was
 * merged counts by its events. When one does not fit, or what waits is taken back, all are dropped, and nothing more is taken until the
 * subscriber is resynchronised.
 */
export class WaitingFrames {
  readonly #most: number;
  /** How many of them what waits counts for. */
  #weight = 0;
  #frames: SharedFrame[] = [];
  #dropped: SnapshotReason | undefined;

  /** @param most - how many frames wait, merged ones counted by their events */
  constructor(most: number) {
    this.#most = most;
  }

  get isEmpty(): boolean {
    return this.#frames.length === 0;
  }

  /** @param opening - whether the frame is of an opening */
  push(frame: SharedFrame, opening: boolean): void {
    if (this.#dropped) return;
    if (!opening && this.#merge(frame)) return;
    if (!opening && frame.weight > this.#room) this.#drop("overflow");
    else this.#append(frame);
  }

  /** Drops all when one of them `isStale`. Who has yet to be resynchronised hears of another epoch, whatever it was dropped for. */
  retract(isStale: (frame: AnyFrame) => boolean, reason: SnapshotReason): void {
    const renewed = this.#dropped !== undefined && reason === "epoch";
    if (renewed || this.#frames.some(({ frame }) => isStale(frame))) this.#drop(reason);
  }

  shift(): SharedFrame | undefined {
    const frame = this.#frames.shift();
    this.#weight -= frame?.weight ?? 0;
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
    this.#weight = 0;
  }

  /** What may be conflated waits as one frame, as long as there is room for all of its events. */
  #merge(frame: SharedFrame): boolean {
    const last = this.#frames.at(-1);
    const merged = last?.merge(frame);
    if (!last || !merged || merged.weight - last.weight > this.#room) return false;
    this.#frames[this.#frames.length - 1] = merged;
    this.#weight += merged.weight - last.weight;
    return true;
  }

  #append(frame: SharedFrame): void {
    this.#frames.push(frame);
    this.#weight += frame.weight;
  }

  get #room(): number {
    return this.#most - this.#weight;
  }
}
