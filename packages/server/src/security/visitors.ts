import type { Registration } from "./connections.ts";
import type { Few } from "./few.ts";
import type { RunningWatch } from "./running-watch.ts";

/** What there is of a user on this node. */
export interface Visitor {
  /** Who it is. Whoever keeps it is given this one text. */
  readonly key: string;
  connections: Few<Registration>;
  watches: Few<RunningWatch>;
}

/** The users of whom there is something on this node. */
export class Visitors {
  readonly #all = new Map<string, Visitor>();

  get(key: string): Visitor | undefined {
    return this.#all.get(key);
  }

  /** A user of whom there is going to be something. */
  visit(key: string): Visitor {
    const visitor = this.#all.get(key) ?? { key, connections: undefined, watches: undefined };
    this.#all.set(key, visitor);
    return visitor;
  }

  /** Forgets a user of whom there is nothing any more. */
  leave({ key, connections, watches }: Visitor): void {
    if (!connections && !watches) this.#all.delete(key);
  }
}
