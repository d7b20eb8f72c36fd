import type { Observers, OnlineUser, UserHere } from "../observe/observers.ts";
import type { User } from "../user.ts";
import type { Registration } from "./connections.ts";
import { countOf, type Few } from "./few.ts";
import { fromUserKey } from "./identity.ts";
import type { RunningWatch } from "./running-watch.ts";

/** What there is of a user on this node. */
export interface Visitor {
  /** Who it is. Whoever keeps it is given this one text. */
  readonly key: string;
  readonly name: string | undefined;
  /** In milliseconds since the epoch. */
  readonly since: number;
  connections: Few<Registration>;
  watches: Few<RunningWatch>;
}

/** The users of whom there is something on this node. */
export class Visitors {
  readonly #observers: Observers;
  /** In the order in which they came. */
  readonly #all = new Map<string, Visitor>();

  constructor(observers: Observers) {
    this.#observers = observers;
  }

  get size(): number {
    return this.#all.size;
  }

  get(key: string): Visitor | undefined {
    return this.#all.get(key);
  }

  /** A user of whom there is going to be something. */
  visit(key: string, { name }: User): Visitor {
    const known = this.#all.get(key);
    if (known) return known;
    const visitor: Visitor = { key, name, since: Date.now(), connections: undefined, watches: undefined };
    this.#all.set(key, visitor);
    if (!this.#observers.isEmpty) this.#observers.came(here(visitor));
    return visitor;
  }

  /** Forgets a user of whom there is nothing any more. */
  leave(visitor: Visitor): void {
    const { key, connections, watches } = visitor;
    if (connections || watches || !this.#all.delete(key)) return;
    if (!this.#observers.isEmpty) this.#observers.went(here(visitor));
  }

  /** So many of them at most, those who came first. */
  list(most: number): readonly OnlineUser[] {
    const users: OnlineUser[] = [];
    for (const visitor of this.#all.values()) {
      if (users.length >= most) break;
      const { connections, watches } = visitor;
      users.push({ ...here(visitor), connections: countOf(connections), watches: countOf(watches) });
    }
    return users;
  }
}

function here({ key, name, since }: Visitor): UserHere {
  const [id, tenant] = fromUserKey(key);
  return { id, ...(name !== undefined && { name }), ...(tenant !== null && { tenant }), since };
}
