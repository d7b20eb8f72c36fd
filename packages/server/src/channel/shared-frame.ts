import type { AnyFrame } from "@shoal/contract";
import { type TrackedEnvelope, tracked } from "@trpc/server";
import { type Conflation, conflateEvents } from "./conflate.ts";
import { frameBytes } from "./frame-bytes.ts";

/** Two frames as one: which one followed, and what they became. */
interface Merged {
  readonly next: WeakRef<SharedFrame>;
  readonly frame: WeakRef<SharedFrame>;
}

/**
 * A frame with its position, made once and handed to every subscriber as the same object, so that a transport can keep
 * what it encoded of it.
 */
export class SharedFrame {
  readonly id: string;
  readonly frame: AnyFrame;
  readonly tracked: TrackedEnvelope<AnyFrame>;
  /** As how many frames it counts where it waits: one, or as many as it has events where it was merged. */
  readonly weight: number;
  #bytes: number | undefined;
  /** Subscribers that fall behind together share what they wait for: it is merged, and encoded, once for them. */
  #merged: Merged | undefined;
  readonly #conflation: Conflation | undefined;

  constructor(id: string, frame: AnyFrame, conflation?: Conflation, weight = 1) {
    this.id = id;
    this.frame = frame;
    this.tracked = tracked(id, frame);
    this.weight = weight;
    this.#conflation = conflation;
  }

  /** About how many bytes it has as JSON. It is counted when somebody is slow, and not before. */
  get bytes(): number {
    this.#bytes ??= frameBytes(this.frame);
    return this.#bytes;
  }

  /**
   * This frame and the next one as one, where the channel lets what waits be conflated.
   *
   * @throws whatever the channel's `conflate` and `merge` throw
   */
  merge(next: SharedFrame): SharedFrame | undefined {
    const known = this.#merged?.next.deref() === next ? this.#merged.frame.deref() : undefined;
    if (known || !this.#conflation) return known;
    if (this.frame.kind !== "events" || next.frame.kind !== "events") return undefined;
    const events = conflateEvents([...this.frame.events, ...next.frame.events], this.#conflation);
    const frame = { ...this.frame, to: next.frame.to, events };
    const merged = new SharedFrame(next.id, frame, this.#conflation, Math.max(1, events.length));
    this.#merged = { next: new WeakRef(next), frame: new WeakRef(merged) };
    return merged;
  }
}
