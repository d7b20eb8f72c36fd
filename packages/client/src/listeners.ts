import { apart } from "./apart.ts";

/** Functions that are called when something happens. One function added twice is two listeners, each with its own end. */
export class Listeners<Told extends readonly unknown[]> {
  readonly #entries = new Set<{ readonly call: (...told: Told) => void }>();

  /** Returns the function that ends it. */
  readonly add = (listener: (...told: Told) => void): (() => void) => {
    const entry = { call: listener };
    this.#entries.add(entry);
    return () => {
      this.#entries.delete(entry);
    };
  };

  /** Calls those that are there now. */
  tell(...told: Told): void {
    for (const { call } of [...this.#entries]) apart(() => call(...told));
  }
}
