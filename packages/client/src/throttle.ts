/** Runs at once, and then at most once in each interval; a call in between is made up for at the interval's end. */
export class Throttle {
  readonly #interval: number;
  readonly #run: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #again = false;

  /** @param interval - in milliseconds */
  constructor(interval: number, run: () => void) {
    this.#interval = interval;
    this.#run = run;
  }

  call(): void {
    if (this.#timer === undefined) this.#fire();
    else this.#again = true;
  }

  /** Forgets a call that has not run yet. */
  cancel(): void {
    this.#again = false;
  }

  #fire(): void {
    this.#again = false;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#again) this.#fire();
    }, this.#interval);
    this.#run();
  }
}
