import type { SharedFrame } from "../../channel/shared-frame.ts";
import type { Watch } from "../../channel/watch.ts";
import { PushedFrames } from "../pushed-frames.ts";
import type { Call } from "./call.ts";
import type { Codec } from "./codec.ts";
import type { Head } from "./head.ts";
import type { SocketWriter } from "./socket-writer.ts";
import type { Peer, Subscription } from "./subscription.ts";

/** A `watch` of a connection. It has at hand what each frame needs: to look it up costs more than all else here. */
export class PushedSubscription extends PushedFrames implements Subscription {
  readonly #peer: Peer;
  readonly #call: Call;
  readonly #controller: AbortController;
  readonly #writer: SocketWriter;
  readonly #codec: Codec;
  readonly #head: Head;

  constructor(peer: Peer, call: Call, controller: AbortController, watch: Watch) {
    super(peer, watch);
    this.#peer = peer;
    this.#call = call;
    this.#controller = controller;
    this.#writer = peer.writer;
    this.#codec = peer.codec;
    this.#head = call.head;
  }

  override start(): void {
    super.start(this.#peer.graceMs);
  }

  discard(): void {
    this.#writer.discard((message) => this.#codec.isFrame(this.#head, message));
  }

  stop(): void {
    if (this.ended) return;
    this.drop();
    this.#peer.finish(this.#call);
  }

  drop(): void {
    this.end();
    this.#controller.abort();
  }

  protected override send(frame: SharedFrame): void {
    this.#writer.push(this.#codec.frame(this.#head, frame));
  }

  protected override failed(error: Error): void {
    this.#peer.report(this.#call, error);
    this.#peer.finish(this.#call);
  }
}
