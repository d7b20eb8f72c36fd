/** Waits that can be cut short. */
export class Pause {
  readonly #signal: AbortSignal;
  #wake: () => void = () => {};

  /** @param signal - when it aborts, nothing waits any more */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Ends the wait that is under way. */
  wake(): void {
    this.#wake();
  }

  async wait(ms: number): Promise<void> {
    if (this.#signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timeout = setTimeout(done, ms).unref();
      const signal = this.#signal;
      function done(): void {
        clearTimeout(timeout);
        signal.removeEventListener("abort", done);
        resolve();
      }
      signal.addEventListener("abort", done);
      this.#wake = done;
    });
  }
}
