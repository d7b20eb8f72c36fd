import type { AnyFrame } from "@shoal/contract";
import { type TrackedEnvelope, tracked } from "@trpc/server";

/**
 * A frame with its position, made once and handed to every subscriber as the same object, so that a transport can keep
 * what it encoded of it.
 */
export class SharedFrame {
  readonly id: string;
  readonly frame: AnyFrame;
  readonly tracked: TrackedEnvelope<AnyFrame>;

  constructor(id: string, frame: AnyFrame) {
    this.id = id;
    this.frame = frame;
    this.tracked = tracked(id, frame);
  }
}
