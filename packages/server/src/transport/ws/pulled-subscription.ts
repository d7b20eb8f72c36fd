import { isTrackedEnvelope } from "@trpc/server";
import type { Call } from "./call.ts";
import type { Peer, Subscription } from "./subscription.ts";

/** An async iterable, which is asked for its next value when the last one was sent and the socket takes more. */
export class PulledSubscription implements Subscription {
  readonly #peer: Peer;
  readonly #call: Call;
  readonly #controller: AbortController;
  readonly #iterator: AsyncIterator<unknown>;
  #ended = false;

  constructor(peer: Peer, call: Call, controller: AbortController, iterable: AsyncIterable<unknown>) {
    this.#peer = peer;
    this.#call = call;
    this.#controller = controller;
    this.#iterator = iterable[Symbol.asyncIterator]();
  }

  async start(): Promise<void> {
    try {
      await this.#pull();
    } catch (cause) {
      if (!this.#ended) this.#peer.report(this.#call, cause);
    }
    if (this.#ended) return;
    this.#ended = true;
    this.#peer.finish(this.#call);
    await this.#return();
  }

  stop(): void {
    if (this.#ended) return;
    void this.#abort().then(() => this.#peer.finish(this.#call));
  }

  drop(): void {
    if (!this.#ended) void this.#abort();
  }

  async #pull(): Promise<void> {
    const { writer } = this.#peer;
    while (!this.#ended) {
      while (writer.blocked) await new Promise<void>((proceed) => writer.wait({ proceed }));
      if (!(await this.#sendNext())) return;
    }
  }

  /** A function of its own, so that no value is held while the next one is waited for. */
  async #sendNext(): Promise<boolean> {
    const { done, value } = await this.#iterator.next();
    if (this.#ended || done) return false;
    const { writer, codec } = this.#peer;
    const { head } = this.#call;
    writer.push(isTrackedEnvelope(value) ? codec.tracked(head, value[0], value[1]) : codec.data(head, value));
    return true;
  }

  async #abort(): Promise<void> {
    this.#ended = true;
    this.#controller.abort();
    await this.#return();
  }

  async #return(): Promise<void> {
    try {
      await this.#iterator.return?.();
    } catch (cause) {
      this.#peer.report(this.#call, cause);
    }
  }
}
