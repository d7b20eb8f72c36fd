import type { AnyFrame, SnapshotReason } from "@shoal/contract";
import type { SharedFrame } from "./shared-frame.ts";

/**
 * The frames that wait for a subscriber which reads slowly: a bounded number beside an opening, which waits whole. A frame that was
 * merged counts by its events. When one does not fit, or what waits is taken back, all are dropped, and nothing more is taken until the
 * subscriber is resynchronised.
 */
export class WaitingFrames {
  readonly #most: number;
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
    if (opening) this.#frames.push(frame);
    else if (!this.#merge(frame) && !this.#append(frame)) this.#drop("overflow");
  }

  /** Drops all when one of them `isStale`. Who has yet to be resynchronised hears of another epoch, whatever it was dropped for. */
  retract(isStale: (frame: AnyFrame) => boolean, reason: SnapshotReason): void {
    const renewed = this.#dropped !== undefined && reason === "epoch";
    if (renewed || this.#frames.some(({ frame }) => isStale(frame))) this.#drop(reason);
  }

  shift(): SharedFrame | undefined {
    return this.#frames.shift();
  }

  /** Why they were dropped, to who resynchronises now; undefined when they were not. */
  takeDropped(): SnapshotReason | undefined {
    const reason = this.#dropped;
    this.#dropped = undefined;
    return reason;
  }

  clear(): void {
    this.#frames = [];
    this.#dropped = undefined;
  }

  #drop(reason: SnapshotReason): void {
    this.#frames = [];
    this.#dropped = reason;
  }

  /** What may be conflated waits as one frame, as long as there is room for all of its events. */
  #merge(frame: SharedFrame): boolean {
    const last = this.#frames.at(-1);
    const merged = last?.merge(frame);
    if (!last || !merged || merged.weight - last.weight > this.#room()) return false;
    this.#frames[this.#frames.length - 1] = merged;
    return true;
  }

  #append(frame: SharedFrame): boolean {
    if (frame.weight > this.#room()) return false;
    this.#frames.push(frame);
    return true;
  }

  #room(): number {
    return this.#most - this.#frames.reduce((sum, { weight }) => sum + weight, 0);
  }
}
