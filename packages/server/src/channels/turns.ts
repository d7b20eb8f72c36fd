/** What waits for its turn: of each one after the other, and of all who wait one in turn, so that who has much to do holds up nobody. */
export class Turns<Item> {
  /** By whose they are. Who is next stands first. */
  readonly #waiting = new Map<string, Item[]>();

  countOf(whose: string): number {
    return this.#waiting.get(whose)?.length ?? 0;
  }

  push(whose: string, item: Item): void {
    const theirs = this.#waiting.get(whose);
    if (theirs) theirs.push(item);
    else this.#waiting.set(whose, [item]);
  }

  shift(): Item | undefined {
    for (const [whose, [next, ...others]] of this.#waiting) {
      this.#waiting.delete(whose);
      if (others.length > 0) this.#waiting.set(whose, others);
      return next;
    }
    return undefined;
  }
}
