import type { ShoalError } from "@shoal/contract";
import type { TRPCUntypedClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { toShoalError, unanswered } from "./errors.ts";
import type { SubscriptionHandlers, SubscriptionRequest } from "./link.ts";

/** One subscription on one connection: it waits for it, and is over when either side ends it or the connection is lost. */
export class Subscription {
  readonly #path: string;
  readonly #ask: () => SubscriptionRequest;
  readonly #handlers: SubscriptionHandlers;
  readonly #onOver: () => void;
  #request: { unsubscribe(): void } | undefined;
  #over = false;

  constructor(path: string, ask: () => SubscriptionRequest, handlers: SubscriptionHandlers, onOver: () => void) {
    this.#path = path;
    this.#ask = ask;
    this.#handlers = handlers;
    this.#onOver = onOver;
  }

  get over(): boolean {
    return this.#over;
  }

  /** Sends the request, once. */
  start(trpc: TRPCUntypedClient<AnyTRPCRouter>): void {
    if (this.#over || this.#request) return;
    const { input, lastEventId } = this.#ask();
    this.#request = trpc.subscription(this.#path, lastEventId === undefined ? input : { ...input, lastEventId }, {
      onData: (tracked) => this.#data(tracked),
      onError: (error) => this.end(toShoalError(error), false),
      onComplete: () => this.end(unanswered(undefined), false),
    });
  }

  /** Ends it because its connection is lost; one that still waits for a connection goes on waiting. */
  lose(error: ShoalError): void {
    if (this.#request) this.end(error, true);
  }

  end(error: ShoalError, lost: boolean): void {
    if (this.#over) return;
    this.stop();
    this.#handlers.ended(error, lost);
  }

  stop(): void {
    if (this.#over) return;
    this.#over = true;
    this.#onOver();
    this.#request?.unsubscribe();
  }

  #data(tracked: unknown): void {
    if (this.#over) return;
    const { id, data } = tracked as { readonly id: string; readonly data: unknown };
    this.#handlers.data(id, data);
  }
}
