import type { SharedFrame } from "../../channel/shared-frame.ts";
import type { Watch } from "../../channel/watch.ts";
import { PushedFrames } from "../pushed-frames.ts";
import type { Call } from "./call.ts";
import type { Peer, Subscription } from "./subscription.ts";

/** A `watch` of a connection. */
export class PushedSubscription extends PushedFrames implements Subscription {
  readonly #peer: Peer;
  readonly #call: Call;
  readonly #controller: AbortController;

  constructor(peer: Peer, call: Call, controller: AbortController, watch: Watch) {
    super(peer, watch);
    this.#peer = peer;
    this.#call = call;
    this.#controller = controller;
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
    const { writer, codec } = this.#peer;
    writer.push(codec.frame(this.#call.head, frame));
  }

  protected override failed(error: Error): void {
    this.#peer.report(this.#call, error);
    this.#peer.finish(this.#call);
  }
}
