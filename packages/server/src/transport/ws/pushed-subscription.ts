import type { Attachment, FrameSink } from "../../channel/frame-sink.ts";
import type { SharedFrame } from "../../channel/shared-frame.ts";
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
  /** What waits, oldest first; `undefined` while nothing does. */
  #waiting: SharedFrame[] | undefined;
  #opening = true;
  #overflowed = false;
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
    if (this.#ended || this.#overflowed) return;
    const { writer } = this.#peer;
    if (!this.#waiting && !writer.blocked) this.#send(frame);
    else this.#hold(frame);
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
    if (this.#overflowed) this.#resync();
    while (this.#waiting && !writer.blocked) {
      const frame = this.#waiting.shift();
      if (this.#waiting.length === 0) this.#waiting = undefined;
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
    const waiting = this.#waiting ?? [];
    if (waiting.length === 0) this.#peer.writer.wait(this);
    this.#waiting = waiting;
    const merged = this.#opening ? undefined : waiting.at(-1)?.merge(frame);
    if (merged) {
      waiting[waiting.length - 1] = merged;
    } else if (this.#opening || waiting.length < this.#peer.queue) {
      waiting.push(frame);
    } else {
      this.#waiting = undefined;
      this.#overflowed = true;
    }
  }

  #resync(): void {
    this.#overflowed = false;
    this.#opening = true;
    try {
      this.#attachment?.resync();
    } catch (error) {
      this.fail(error);
    }
    this.#opening = false;
  }

  #end(): void {
    this.#ended = true;
    this.#waiting = undefined;
    this.#overflowed = false;
    this.#peer.writer.leave(this);
    this.#attachment?.detach();
  }
}
