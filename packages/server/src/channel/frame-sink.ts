import type { AnyFrame, ShoalError, SnapshotReason } from "@shoal/contract";
import type { Identity } from "../security/identity.ts";
import type { SharedFrame } from "./shared-frame.ts";

/** Where a live topic puts the frames of one subscriber. Nothing here waits: who cannot keep up drops and resynchronises. */
export interface FrameSink {
  push(frame: SharedFrame): void;
  /** Whether something that was pushed before still waits here, or was dropped. Absent where nothing ever waits. */
  readonly waits?: boolean;
  /** The subscription ends with an error; nothing is pushed after it. */
  fail(error: ShoalError): void;
  /**
   * Takes back what waits here and was not sent. If one of the frames that wait `isStale`, all are dropped, nothing is pushed for now,
   * and the sink resynchronises for this reason when it is next read. Absent where nothing ever waits.
   */
  retract?(isStale: (frame: AnyFrame) => boolean, reason: SnapshotReason): void;
  /**
   * Takes back all that was pushed and has not left this process: the subscriber may not see it any more, and the subscription ends.
   * Absent where nothing is gathered before it leaves.
   */
  discard?(): void;
}

/** A subscriber's hold on a live topic. */
export interface Attachment {
  /** Which realtime it is of: the same for all of its watches. */
  readonly realtime: object;
  /**
   * Starts anew from a snapshot, pushed at once: for a subscriber that has dropped its queue.
   *
   * @param reason - `"overflow"` where none is given
   */
  resync(reason?: SnapshotReason): void;
  /** Goes on for the same user with another context, and until another instant. */
  renew(identity: Identity): void;
  detach(): void;
}
