import type { Call } from "./call.ts";
import type { Peer, Subscription } from "./subscription.ts";

/** A subscription whose procedure has not answered yet. It keeps the id, and what is stopped meanwhile never starts. */
export class StartingSubscription implements Subscription {
  readonly controller = new AbortController();
  readonly #peer: Peer;
  readonly #call: Call;

  constructor(peer: Peer, call: Call) {
    this.#peer = peer;
    this.#call = call;
  }

  get isStopped(): boolean {
    return this.controller.signal.aborted;
  }

  stop(): void {
    this.controller.abort();
    this.#peer.finish(this.#call);
  }

  drop(): void {
    this.controller.abort();
  }
}
