/** Somebody who wants one of a few places. */
export interface Guest {
  /** It has a place. */
  begin(): void;
  /** Others wait: it is to leave, and may come again. @returns whether it did; some cannot */
  yield(): boolean;
}

/**
 * A few places for many. Who finds none waits, and gets the next that is free. While somebody waits, the one who has had a place for
 * longest yields it, again and again.
 */
export class Turns {
  readonly #places: () => number;
  readonly #turn: number;
  readonly #inside = new Set<Guest>();
  readonly #waiting = new Set<Guest>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param places - how many there are now
   * @param turn - how long one has a place while others wait, in milliseconds
   */
  constructor(places: () => number, turn: number) {
    this.#places = places;
    this.#turn = turn;
  }

  /** @returns the function that leaves */
  enter(guest: Guest): () => void {
    this.#waiting.add(guest);
    this.#admit();
    return () => {
      this.#waiting.delete(guest);
      this.#inside.delete(guest);
      this.#admit();
    };
  }

  #admit(): void {
    for (const guest of this.#waiting) {
      if (this.#inside.size >= this.#places()) break;
      this.#waiting.delete(guest);
      this.#inside.add(guest);
      guest.begin();
    }
    if (this.#waiting.size === 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    } else this.#timer ??= setTimeout(() => this.#next(), this.#turn);
  }

  #next(): void {
    this.#timer = undefined;
    [...this.#inside].some((guest) => guest.yield());
    this.#admit();
  }
}
