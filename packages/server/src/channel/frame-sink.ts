import type { ShoalError } from "@shoal/contract";
import type { SharedFrame } from "./shared-frame.ts";

/** Where a live topic puts the frames of one subscriber. Nothing here waits: who cannot keep up drops and resynchronises. */
export interface FrameSink {
  push(frame: SharedFrame): void;
  /** The subscription ends with an error; nothing is pushed after it. */
  fail(error: ShoalError): void;
}

/** A subscriber's hold on a live topic. */
export interface Attachment {
  /** Starts anew from a snapshot, pushed at once: for a subscriber that has dropped its queue. */
  resync(): void;
  detach(): void;
}
