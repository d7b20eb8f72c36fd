import type { AnyFrame, SnapshotReason } from "@shoal/contract";
import type { Attachment, FrameSink } from "../channel/frame-sink.ts";
import type { Room } from "../channel/room.ts";
import type { SharedFrame } from "../channel/shared-frame.ts";
import { WaitingFrames } from "../channel/waiting-frames.ts";
import { attach, type Watch } from "../channel/watch.ts";
import type { WireMeters } from "../observe/wire-meters.ts";
import type { Identity } from "../security/identity.ts";
import type { Waiter } from "./waiter.ts";

/** Whom the frames of a watch are pushed to. */
export interface FramePeer {
  readonly writer: {
    /** Whether it takes no more for now. */
    readonly blocked: boolean;
    wait(waiter: Waiter): void;
    leave(waiter: Waiter): void;
  };
  /** How many frames wait while it takes no more. */
  readonly queue: number;
  /** For their bytes. */
  readonly room: Room;
  /** Where they are counted. */
  readonly wire: WireMeters;
}

/**
 * A `watch`, whose frames are pushed to a client as they come. While the client takes no more they wait in a bounded queue,
 * of bounded bytes, beside an opening, which waits whole; what does not fit drops them all, and the client goes on from a snapshot that is
 * made when its turn comes.
 */
export abstract class PushedFrames implements FrameSink, Waiter {
  readonly #writer: FramePeer["writer"];
  readonly #peer: FramePeer;
  readonly #toError: Watch["toError"];
  /** Let go of once it is attached. */
  #watch: Watch | undefined;
  #attachment: Attachment | undefined;
  /** Who its user became while it was being attached. */
  #renewed: Identity | undefined;
  /** `undefined` while nothing waits, and nothing was dropped. */
  #waiting: WaitingFrames | undefined;
  #opening = true;
  #ended = false;

  constructor(peer: FramePeer, watch: Watch) {
    this.#writer = peer.writer;
    this.#peer = peer;
    this.#toError = watch.toError;
    this.#watch = watch;
  }

  /** Sends a frame. @throws when it cannot be encoded: that ends this watch, and no other */
  protected abstract send(frame: SharedFrame): void;

  /** The watch has ended with an error that is fit to leave the server. */
  protected abstract failed(error: Error): void;

  protected get ended(): boolean {
    return this.#ended;
  }

  /** @param graceMs - for how long it goes on after what its user signed in with has expired, in milliseconds */
  start(graceMs = 0): void {
    this.#watch?.[attach](this, { graceMs }).then(
      (attachment) => this.#attached(attachment),
      (error) => this.fail(error),
    );
  }

  get waits(): boolean {
    return this.#waiting !== undefined;
  }

  push(frame: SharedFrame): void {
    if (this.#ended) return;
    if (!this.#waiting && !this.#writer.blocked) this.#send(frame);
    else this.#hold(frame);
  }

  retract(isStale: (frame: AnyFrame) => boolean, reason: SnapshotReason): void {
    this.#waiting?.retract(isStale, reason);
  }

  /** Goes on for who its user is now, by the realtime that it is of. */
  renew(identities: ReadonlyMap<object, Identity>): void {
    const watch = this.#attachment ?? this.#watch;
    const identity = watch && identities.get(watch.realtime);
    if (!identity) return;
    watch.renew(identity);
    if (!this.#attachment) this.#renewed = identity;
  }

  fail(error: unknown): void {
    if (this.#ended) return;
    this.end();
    this.failed(this.#toError(error));
  }

  proceed(): void {
    const writer = this.#writer;
    const dropped = this.#waiting?.takeDropped();
    if (dropped) this.#resync(dropped);
    while (this.#waiting && !writer.blocked) {
      const frame = this.#waiting.shift();
      if (this.#waiting.isEmpty) this.#waiting = undefined;
      if (frame) this.#send(frame);
    }
    if (this.#waiting) writer.wait(this);
  }

  /** Lets go of the topic, and of what waits. */
  protected end(): void {
    this.#ended = true;
    this.#waiting?.clear();
    this.#waiting = undefined;
    this.#writer.leave(this);
    this.#attachment?.detach();
  }

  #attached(attachment: Attachment): void {
    this.#opening = false;
    this.#watch = undefined;
    this.#attachment = attachment;
    if (this.#renewed) attachment.renew(this.#renewed);
    this.#renewed = undefined;
    if (this.#ended) attachment.detach();
  }

  #send(frame: SharedFrame): void {
    try {
      this.send(frame);
      this.#peer.wire.frames += 1;
    } catch (error) {
      this.fail(error);
    }
  }

  #hold(frame: SharedFrame): void {
    if (!this.#waiting) this.#writer.wait(this);
    this.#waiting ??= new WaitingFrames(this.#peer.queue, this.#peer.room);
    try {
      this.#waiting.push(frame, this.#opening);
    } catch (error) {
      // It cannot be merged with what waits: that ends this watch, and no other.
      this.fail(error);
    }
  }

  #resync(reason: SnapshotReason): void {
    this.#opening = true;
    try {
      this.#attachment?.resync(reason);
    } catch (error) {
      this.fail(error);
    }
    this.#opening = false;
  }
}
