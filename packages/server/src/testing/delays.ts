import type { After } from "../channel/after.ts";

interface Delay {
  readonly at: number;
  readonly run: () => void;
}

/** What waits for a time that a test moves. */
export class Delays {
  readonly #now: () => number;
  readonly #waiting = new Set<Delay>();

  /** @param now - the test's time, in milliseconds since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  readonly after: After = (ms, run) => {
    const delay = { at: this.#now() + ms, run };
    this.#waiting.add(delay);
    return () => this.#waiting.delete(delay);
  };

  /** How many wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** When the first of them is over. */
  get next(): number | undefined {
    return this.#first?.at;
  }

  /** Runs what is over by now, in its order. */
  run(): void {
    for (let first = this.#first; first && first.at <= this.#now(); first = this.#first) {
      this.#waiting.delete(first);
      first.run();
    }
  }

  get #first(): Delay | undefined {
    return [...this.#waiting].reduce<Delay | undefined>((a, b) => (a && a.at <= b.at ? a : b), undefined);
  }
}
