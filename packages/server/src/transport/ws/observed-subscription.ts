import { isTrackedEnvelope } from "@trpc/server";
import type { Observable, Unsubscribable } from "@trpc/server/observable";
import type { Waiter } from "../waiter.ts";
import type { Call } from "./call.ts";
import type { Message } from "./message.ts";
import type { Peer, Subscription } from "./subscription.ts";

/** An observable, which emits whenever it likes. While the socket takes no more, a bounded number of values waits. */
export class ObservedSubscription implements Subscription, Waiter {
  readonly #peer: Peer;
  readonly #call: Call;
  readonly #controller: AbortController;
  readonly #observable: Observable<unknown, unknown>;
  #observed: Unsubscribable | undefined;
  readonly #waiting: Message[] = [];
  #completed = false;
  #ended = false;

  constructor(peer: Peer, call: Call, controller: AbortController, observable: Observable<unknown, unknown>) {
    this.#peer = peer;
    this.#call = call;
    this.#controller = controller;
    this.#observable = observable;
  }

  start(): void {
    try {
      this.#observed = this.#observable.subscribe({
        next: (value) => this.#emitted(value),
        error: (cause) => this.#fail(cause),
        complete: () => this.#complete(),
      });
    } catch (cause) {
      this.#fail(cause);
    }
    if (this.#ended) this.#unsubscribe();
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
    while (!writer.blocked) {
      const message = this.#waiting.shift();
      if (!message) break;
      writer.push(message);
    }
    if (this.#waiting.length > 0) writer.wait(this);
    else if (this.#completed) this.#complete();
  }

  #emitted(value: unknown): void {
    if (this.#ended) return;
    const { writer, codec, queue } = this.#peer;
    const { head } = this.#call;
    try {
      const message = isTrackedEnvelope(value) ? codec.tracked(head, value[0], value[1]) : codec.data(head, value);
      if (!writer.blocked && this.#waiting.length === 0) {
        writer.push(message);
      } else if (this.#waiting.length < queue) {
        this.#waiting.push(message);
        writer.wait(this);
      } else {
        this.#peer.closeSlow();
      }
    } catch (cause) {
      this.#fail(cause);
    }
  }

  #fail(cause: unknown): void {
    if (this.#ended) return;
    for (const message of this.#waiting) this.#peer.writer.push(message);
    this.#end();
    this.#peer.report(this.#call, cause);
    this.#peer.finish(this.#call);
  }

  #complete(): void {
    if (this.#ended) return;
    this.#completed = true;
    if (this.#waiting.length > 0) return;
    this.#end();
    this.#peer.finish(this.#call);
  }

  #end(): void {
    this.#ended = true;
    this.#waiting.length = 0;
    this.#peer.writer.leave(this);
    this.#unsubscribe();
  }

  #unsubscribe(): void {
    try {
      this.#observed?.unsubscribe();
    } catch (cause) {
      this.#peer.report(this.#call, cause);
    }
  }
}
