import type { AnyFrame, SnapshotReason } from "@shoal/contract";
import type { Attachment, FrameSink } from "../../channel/frame-sink.ts";
import type { SharedFrame } from "../../channel/shared-frame.ts";
import { WaitingFrames } from "../../channel/waiting-frames.ts";
import { attach, type Watch } from "../../channel/watch.ts";
import type { Call } from "./call.ts";
import type { Waiter } from "./socket-writer.ts";
import type { Peer, Subscription } from "./subscription.ts";

/**
 * A `watch`, whose frames are pushed to the socket as they come. While the socket takes no more they wait in a bounded queue
 * beside an opening, which waits whole; what does not fit drops them all, and the client goes on from a snapshot that is
 * made when its turn comes.
 */
export class PushedSubscription implements Subscription, FrameSink, Waiter {
  readonly #peer: Peer;
  readonly #call: Call;
  readonly #controller: AbortController;
  readonly #watch: Watch;
  #attachment: Attachment | undefined;
  /** `undefined` while nothing waits, and nothing was dropped. */
  #waiting: WaitingFrames | undefined;
  #opening = true;
  #ended = false;

  constructor(peer: Peer, call: Call, controller: AbortController, watch: Watch) {
    this.#peer = peer;
    this.#call = call;
    this.#controller = controller;
    this.#watch = watch;
  }

  start(): void {
    this.#watch[attach](this).then(
      (attachment) => this.#attached(attachment),
      (error) => this.fail(error),
    );
  }

  push(frame: SharedFrame): void {
    if (this.#ended) return;
    const { writer } = this.#peer;
    if (!this.#waiting && !writer.blocked) this.#send(frame);
    else this.#hold(frame);
  }

  retract(isStale: (frame: AnyFrame) => boolean, reason: SnapshotReason): void {
    this.#waiting?.retract(isStale, reason);
  }

  fail(error: unknown): void {
    if (this.#ended) return;
    this.#end();
    this.#peer.report(this.#call, this.#watch.toError(error));
    this.#peer.finish(this.#call);
  }

  stop(): void {
    if (this.#ended) return;
    this.drop();
    this.#peer.finish(this.#call);
  }

  drop(): void {
    this.#end();
    this.#controller.abort();
  }

  proceed(): void {
    const { writer } = this.#peer;
    const dropped = this.#waiting?.takeDropped();
    if (dropped) this.#resync(dropped);
    while (this.#waiting && !writer.blocked) {
      const frame = this.#waiting.shift();
      if (this.#waiting.isEmpty) this.#waiting = undefined;
      if (frame) this.#send(frame);
    }
    if (this.#waiting) writer.wait(this);
  }

  #attached(attachment: Attachment): void {
    this.#opening = false;
    this.#attachment = attachment;
    if (this.#ended) attachment.detach();
  }

  /** A frame that cannot be encoded ends this subscription, and no other. */
  #send(frame: SharedFrame): void {
    const { writer, codec } = this.#peer;
    try {
      writer.push(codec.frame(this.#call.head, frame));
    } catch (error) {
      this.fail(error);
    }
  }

  #hold(frame: SharedFrame): void {
    if (!this.#waiting) this.#peer.writer.wait(this);
    this.#waiting ??= new WaitingFrames(this.#peer.queue);
    this.#waiting.push(frame, this.#opening);
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

  #end(): void {
    this.#ended = true;
    this.#waiting = undefined;
    this.#peer.writer.leave(this);
    this.#attachment?.detach();
  }
}
