/** Counts who needs a thing, and lets go of it only a while after the last: a page change must not end what the next page needs. */
export class Usage {
  readonly #linger: number;
  readonly #changed: () => void;
  #count = 0;
  #active = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param linger - how long the thing stays in use after the last has left, in milliseconds
   * @param changed - called when `active` has changed
   */
  constructor(linger: number, changed: () => void) {
    this.#linger = linger;
    this.#changed = changed;
  }

  get active(): boolean {
    return this.#active;
  }

  /** Returns the function that ends this use; calling it again does nothing. */
  begin(): () => void {
    this.#count += 1;
    clearTimeout(this.#timer);
    this.#set(true);
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#end();
    };
  }

  /** To be called when the thing itself has ended: nothing is waited for any more. */
  close(): void {
    clearTimeout(this.#timer);
  }

  #end(): void {
    this.#count -= 1;
    if (this.#count === 0) this.#timer = setTimeout(() => this.#set(false), this.#linger);
  }

  #set(active: boolean): void {
    if (active === this.#active) return;
    this.#active = active;
    this.#changed();
  }
}
