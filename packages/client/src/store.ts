import { Listeners } from "./listeners.ts";

/** A value that changes. `current` keeps its reference until it does, so that React's `useSyncExternalStore` can read it. */
export interface Readable<T> {
  readonly current: T;
  /** Calls `listener` after each change, until the returned function is called. */
  readonly subscribe: (listener: () => void) => () => void;
}

/** The one kind of observable in this package. */
export class Store<T> implements Readable<T> {
  #current: T;
  readonly #listeners = new Listeners<[]>();

  constructor(initial: T) {
    this.#current = initial;
  }

  get current(): T {
    return this.#current;
  }

  set(next: T): void {
    if (Object.is(next, this.#current)) return;
    this.#current = next;
    this.#listeners.tell();
  }

  readonly subscribe = (listener: () => void): (() => void) => this.#listeners.add(listener);
}
