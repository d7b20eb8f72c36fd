interface Swept {
  sweep(): void;
}

/** How often at most and at least things are looked at, in milliseconds. */
const shortest = 10;
const longest = 1_000;

/**
 * One timer for the deadlines of many: each is looked at in steps and counts them, so that a connection has no timer of its
 * own. A deadline comes up to one step late; a stalled event loop counts as one step.
 */
export class Sweeper<S extends Swept = Swept> {
  /** How long a step takes, in milliseconds. */
  readonly stepMs: number;
  readonly #swept = new Set<S>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param deadlines - in milliseconds; a step is a fifth of the shortest
   */
  constructor(...deadlines: readonly number[]) {
    this.stepMs = Math.max(shortest, Math.min(longest, ...deadlines.map((deadline) => deadline / 5)));
  }

  /** In how many steps so many milliseconds have passed. */
  steps(ms: number): number {
    return Math.ceil(ms / this.stepMs);
  }

  /** How much of what is allowed in a second is allowed in a step. */
  aStep(perSecond: number): number {
    return (perSecond * this.stepMs) / 1_000;
  }

  /** What is looked at now. */
  get swept(): Iterable<S> {
    return this.#swept;
  }

  add(swept: S): void {
    this.#swept.add(swept);
    this.#timer ??= setInterval(() => this.#sweep(), this.stepMs).unref();
  }

  delete(swept: S): void {
    this.#swept.delete(swept);
    if (this.#swept.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #sweep(): void {
    for (const swept of this.#swept) swept.sweep();
  }
}
