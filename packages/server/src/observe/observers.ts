/** Something that the logger was told, as it was told it: without secrets, and of a bounded size. */
export interface Fault {
  readonly level: "warn" | "error";
  /** In milliseconds since the epoch. */
  readonly at: number;
  readonly message: string;
  /** Plain JSON. What was thrown is in `error`, with its `name`, `message` and `stack`. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A user of whom there is something on this node. */
export interface UserHere {
  readonly id: string;
  readonly name?: string;
  readonly tenant?: string;
  /** Since when there is something without a break, in milliseconds since the epoch. */
  readonly since: number;
}

/** A user who has a connection or a watch on this node. */
export interface OnlineUser extends UserHere {
  /** How many WebSockets they have. */
  readonly connections: number;
  /** How many watches, over WebSockets, streams and otherwise. */
  readonly watches: number;
}

/** What `realtime.observe` tells of, as it happens. What a function throws is passed over. */
export interface Observer {
  /** The logger was given a warning or an error. Nothing may be logged in here without end: it would be told of, too. */
  readonly fault?: (fault: Fault) => unknown;
  /** The first connection or watch of a user has come to this node. */
  readonly came?: (user: UserHere) => unknown;
  /** The last one has gone. */
  readonly went?: (user: UserHere) => unknown;
}

/** Who hears of what happens in a realtime. */
export class Observers {
  readonly #all = new Set<Observer>();

  /** @returns the function that takes it out again */
  add(observer: Observer): () => void {
    const one = { ...observer };
    this.#all.add(one);
    return () => this.#all.delete(one);
  }

  get isEmpty(): boolean {
    return this.#all.size === 0;
  }

  fault(fault: Fault): void {
    this.#tell(({ fault: hear }) => hear?.(fault));
  }

  came(user: UserHere): void {
    this.#tell(({ came }) => came?.(user));
  }

  went(user: UserHere): void {
    this.#tell(({ went }) => went?.(user));
  }

  #tell(call: (observer: Observer) => unknown): void {
    for (const observer of this.#all) {
      try {
        const told = call(observer);
        if (told instanceof Promise) told.catch(() => {});
      } catch {}
    }
  }
}
