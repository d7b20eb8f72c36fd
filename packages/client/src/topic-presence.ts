import { isRetryable, type ShoalError } from "@shoal/contract";
import { Backoff } from "./backoff.ts";
import { Throttle } from "./throttle.ts";
import type { Presence } from "./topic.ts";

export interface TopicPresenceOptions {
  /** The least time between two updates, in milliseconds. */
  readonly interval: number;
  /** Called when the state was set or cleared. */
  changed(): void;
  /** Whether the server takes updates now: only from a member. */
  ready(): boolean;
  /** @throws {ShoalError} (asynchronously) when the server has not taken it */
  send(state: unknown): Promise<unknown>;
}

/**
 * What this client shows on one topic, and what of it the server knows. It is soft state: what does not arrive is told again only while
 * nothing has taken its place, neither another state nor another subscription, which begins with it.
 */
export class TopicPresence implements Presence<unknown> {
  readonly #options: TopicPresenceOptions;
  readonly #throttle: Throttle;
  #state: { readonly value: unknown } | undefined;
  #told: { readonly value: unknown } | undefined;
  readonly #backoff = new Backoff();
  /** Until when the server, which has refused an update, is not told another. */
  #pause: ReturnType<typeof setTimeout> | undefined;
  #joined = 0;

  constructor(options: TopicPresenceOptions) {
    this.#options = options;
    this.#throttle = new Throttle(options.interval, () => void this.#send());
  }

  /** Whether there is a state to show. */
  get present(): boolean {
    return this.#state !== undefined;
  }

  /** The state for a subscription to begin with, which tells the server. */
  begin(): { readonly presence?: unknown } {
    this.interrupt();
    // Another object, so that an update before that fails is not taken for this.
    this.#state &&= { ...this.#state };
    this.#told = this.#state;
    return this.#state ? { presence: this.#state.value } : {};
  }

  /** To be called when the present subscription has ended. */
  interrupt(): void {
    this.#throttle.cancel();
    clearTimeout(this.#pause);
    this.#pause = undefined;
  }

  /** Tells the server what it does not know yet. */
  update(): void {
    if (this.#state !== this.#told) this.#throttle.call();
  }

  readonly set = (state: unknown): void => {
    this.#state = { value: state };
    this.#options.changed();
  };

  readonly clear = (): void => {
    if (!this.#state) return;
    this.#state = undefined;
    this.#options.changed();
  };

  readonly join = (state: unknown): (() => void) => {
    this.#joined += 1;
    if (!this.#state) this.set(state);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#joined -= 1;
      if (this.#joined === 0) this.clear();
    };
  };

  async #send(): Promise<void> {
    const state = this.#state;
    if (!state || this.#pause !== undefined || !this.#options.ready()) return;
    this.#told = state;
    try {
      await this.#options.send(state.value);
      this.#backoff.reset();
    } catch (error) {
      if (this.#told === state && this.#options.ready()) this.#failed(error as ShoalError);
    }
  }

  #failed({ code, retryAfterMs }: ShoalError): void {
    if (!isRetryable(code)) return;
    this.#told = undefined;
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.update();
    }, this.#backoff.next(retryAfterMs));
  }
}
