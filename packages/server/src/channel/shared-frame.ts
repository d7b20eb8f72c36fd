import type { AnyFrame } from "@shoal/contract";
import { type TrackedEnvelope, tracked } from "@trpc/server";
import { conflateEvents } from "./conflate.ts";
import type { AnyEvent } from "./definition.ts";
import { frameBytes } from "./frame-bytes.ts";

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
  readonly #conflate: ((event: AnyEvent) => string | null) | undefined;

  constructor(id: string, frame: AnyFrame, conflate?: (event: AnyEvent) => string | null, weight = 1) {
    this.id = id;
    this.frame = frame;
    this.tracked = tracked(id, frame);
    this.weight = weight;
    this.#conflate = conflate;
  }

  /** About how many bytes it has as JSON. It is counted when somebody is slow, and not before. */
  get bytes(): number {
    this.#bytes ??= frameBytes(this.frame);
    return this.#bytes;
  }

  /** This frame and the next one as one, where the channel lets what waits be conflated. */
  merge(next: SharedFrame): SharedFrame | undefined {
    if (!this.#conflate || this.frame.kind !== "events" || next.frame.kind !== "events") return undefined;
    const events = conflateEvents([...this.frame.events, ...next.frame.events], this.#conflate);
    const frame = { ...this.frame, to: next.frame.to, events };
    return new SharedFrame(next.id, frame, this.#conflate, Math.max(1, events.length));
  }
}
