const firstLimit = 500;
const lastLimit = 30_000;

/** The longest delay after so many failures in a row, in milliseconds: half a second, then double each time, up to thirty. */
export function delayLimit(failures: number): number {
  return Math.min(lastLimit, firstLimit * 2 ** failures);
}

/** Delays between attempts, in milliseconds: random between 0 and a limit that doubles from half a second to thirty. */
export class Backoff {
  #attempt = 0;

  next(): number {
    const limit = delayLimit(this.#attempt);
    this.#attempt += 1;
    return Math.random() * limit;
  }

  /** To be called when an attempt has succeeded. */
  reset(): void {
    this.#attempt = 0;
  }
}
