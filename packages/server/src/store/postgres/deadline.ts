/** When something must have come to an end, by this machine's monotonic clock. */
export class Deadline {
  readonly #end: number;

  constructor(inMs: number) {
    this.#end = performance.now() + inMs;
  }

  /** How long there is left, in milliseconds, and never less than `least`. */
  left(least = 1): number {
    return Math.max(least, Math.ceil(this.#end - performance.now()));
  }
}
