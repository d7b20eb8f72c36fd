import { Throttle } from "./throttle.ts";
import type { Presence } from "./topic.ts";

export interface TopicPresenceOptions {
  /** The least time between two updates, in milliseconds. */
  readonly interval: number;
  /** Called when the state was set or cleared. */
  changed(): void;
  /** Whether the server takes updates now: only from a member. */
  ready(): boolean;
  send(state: unknown): void;
}

/** What this client shows on one topic, and what of it the server knows. */
export class TopicPresence implements Presence<unknown> {
  readonly #options: TopicPresenceOptions;
  readonly #throttle: Throttle;
  #state: { readonly value: unknown } | undefined;
  #told: { readonly value: unknown } | undefined;
  #joined = 0;

  constructor(options: TopicPresenceOptions) {
    this.#options = options;
    this.#throttle = new Throttle(options.interval, () => this.#send());
  }

  /** Whether there is a state to show. */
  get present(): boolean {
    return this.#state !== undefined;
  }

  /** The state for a subscription to begin with, which tells the server. */
  begin(): { readonly presence?: unknown } {
    this.#throttle.cancel();
    this.#told = this.#state;
    return this.#state ? { presence: this.#state.value } : {};
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

  #send(): void {
    if (!this.#state || !this.#options.ready()) return;
    this.#told = this.#state;
    this.#options.send(this.#state.value);
  }
}
