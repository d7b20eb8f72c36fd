import { TRPCError } from "@trpc/server";
import type { Call } from "./call.ts";
import type { Limits } from "./limits.ts";
import type { Subscription } from "./subscription.ts";

type Id = number | string;

/** The subscriptions of one connection, by the id under which it asked. Most connections have one, which needs no map. */
export class Subscriptions {
  #id: Id | undefined;
  #only: Subscription | undefined;
  #all: Map<Id, Subscription> | undefined;
  /** How many characters their requests have together. */
  #chars = 0;

  get size(): number {
    return this.#all?.size ?? (this.#only ? 1 : 0);
  }

  get(id: Id): Subscription | undefined {
    if (this.#all) return this.#all.get(id);
    return this.#only && this.#id === id ? this.#only : undefined;
  }

  /**
   * Counts one more.
   *
   * @throws {TRPCError} when there is no room for it, or its id is taken
   */
  admit({ id, size }: Call, { maxSubscriptions, maxSubscriptionChars }: Limits): void {
    if (this.get(id)) throw new TRPCError({ code: "BAD_REQUEST", message: `Duplicate id ${id}` });
    if (this.size >= maxSubscriptions) {
      throw tooMany(`This connection has ${maxSubscriptions} subscriptions, the most that one may have.`);
    }
    if (this.#chars + size > maxSubscriptionChars) {
      throw tooMany(`The requests of one connection's subscriptions may have ${maxSubscriptionChars} characters.`);
    }
    this.#chars += size;
  }

  /** Lets go of one that was admitted. */
  forget({ id, size }: Call): void {
    if (!this.get(id)) return;
    this.#chars -= size;
    this.#all?.delete(id);
    if (this.#id === id) this.#only = undefined;
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

function tooMany(what: string): TRPCError {
  return new TRPCError({ code: "TOO_MANY_REQUESTS", message: `${what} Stop one of them first.` });
}
