const firstLimit = 500;
const lastLimit = 30_000;

/** The longest delay after so many failures in a row, in milliseconds: half a second, then double each time, up to thirty. */
export function delayLimit(failures: number): number {
  return Math.min(lastLimit, firstLimit * 2 ** failures);
}

/** The longest that a timer can wait, in milliseconds. */
export const longestDelay = 2 ** 31 - 1;

/** Delays between attempts, in milliseconds: random between 0 and a limit that doubles from half a second to thirty. */
export class Backoff {
  #attempt = 0;

  /** @param least - the least that the delay may be, in milliseconds */
  next(least = 0): number {
    const delay = Math.random() * delayLimit(this.#attempt);
    this.#attempt += 1;
    return Math.min(longestDelay, Math.max(least, delay));
  }

  /** To be called when an attempt has succeeded. */
  reset(): void {
    this.#attempt = 0;
  }
}
