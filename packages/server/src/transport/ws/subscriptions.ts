import type { Subscription } from "./subscription.ts";

type Id = number | string;

/** The subscriptions of one connection, by the id under which it asked. Most connections have one, which needs no map. */
export class Subscriptions {
  #id: Id | undefined;
  #only: Subscription | undefined;
  #all: Map<Id, Subscription> | undefined;

  get size(): number {
    return this.#all?.size ?? (this.#only ? 1 : 0);
  }

  has(id: Id): boolean {
    return this.get(id) !== undefined;
  }

  get(id: Id): Subscription | undefined {
    if (this.#all) return this.#all.get(id);
    return this.#only && this.#id === id ? this.#only : undefined;
  }

  set(id: Id, subscription: Subscription): void {
    if (!this.#all && this.#id !== undefined && this.#id !== id && this.#only) {
      this.#all = new Map([[this.#id, this.#only]]);
      this.#only = undefined;
    }
    if (this.#all) {
      this.#all.set(id, subscription);
    } else {
      this.#id = id;
      this.#only = subscription;
    }
  }

  delete(id: Id): void {
    this.#all?.delete(id);
    if (this.#id === id) this.#only = undefined;
  }

  /** All of them, as they are now. */
  get list(): readonly Subscription[] {
    if (this.#all) return [...this.#all.values()];
    return this.#only ? [this.#only] : [];
  }

  /** Drops all of them. */
  drop(): void {
    const { list } = this;
    this.#all = undefined;
    this.#only = undefined;
    for (const subscription of list) subscription.drop();
  }
}
