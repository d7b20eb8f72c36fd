import type { Inbox } from "./tally.ts";

export interface Place {
  readonly port: number;
  /** The number of this subscriber, from 0. */
  readonly index: number;
}

/** An open subscription. */
export interface Subscriber {
  /** Ends its connection without a word. */
  drop(): void;
}

/** Subscribes, after the last event in the inbox where there is one, and resolves when the server has begun to send. */
export type Subscribe = (place: Place, inbox: Inbox) => Promise<Subscriber>;

/** Half of the users are staff. */
export function tokenOf(index: number): string {
  return `${index % 2 === 0 ? "staff" : "customer"}-${index}`;
}
