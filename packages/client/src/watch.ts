import { type AnyFrame, isRetryable, type ShoalError } from "@shoal/contract";
import { Backoff } from "./backoff.ts";
import type { Link, SubscriptionRequest } from "./link.ts";

export interface WatchHandlers {
  /** What to ask for now; called for each subscription, just before it is sent. */
  request(): SubscriptionRequest;
  frame(position: string, frame: AnyFrame): void;
  /** The subscription ended, and the next is on its way. */
  lost(error: ShoalError): void;
  /** The subscription ended, and no other follows. */
  failed(error: ShoalError): void;
}

/** Keeps one subscription to a topic going: when it ends, the next one asks from where the topic then is. */
export class Watch {
  readonly #link: Link;
  readonly #path: string;
  readonly #handlers: WatchHandlers;
  readonly #backoff = new Backoff();
  #running = false;
  #unsubscribe: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(link: Link, path: string, handlers: WatchHandlers) {
    this.#link = link;
    this.#path = path;
    this.#handlers = handlers;
  }

  get running(): boolean {
    return this.#running;
  }

  /** Whether it waits for the time of its next subscription, which is to be asked what it asks for. */
  get waiting(): boolean {
    return this.#running && this.#unsubscribe === undefined;
  }

  /** Subscribes; in place of the present subscription, if there is one. */
  start(): void {
    this.stop();
    this.#running = true;
    this.#unsubscribe = this.#link.subscribe(this.#path, () => this.#handlers.request(), {
      data: (id, data) => this.#handlers.frame(id, data as AnyFrame),
      ended: (error, lost) => this.#ended(error, lost),
    });
  }

  /**
   * Subscribes after a delay that grows until a subscription has proven good.
   *
   * @param least - how long the server wants to see no other, in milliseconds
   */
  startLater(least = 0): void {
    this.stop();
    this.#running = true;
    this.#timer = setTimeout(() => this.start(), this.#backoff.next(least));
  }

  /** To be called when the subscription has proven good. */
  succeeded(): void {
    this.#backoff.reset();
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  #ended(error: ShoalError, lost: boolean): void {
    this.stop();
    if (!lost && !isRetryable(error.code)) {
      this.#handlers.failed(error);
      return;
    }
    // Without a connection the link makes this wait, so that all topics start again as soon as there is one.
    if (lost) this.start();
    else this.startLater(error.retryAfterMs);
    this.#handlers.lost(error);
  }
}
