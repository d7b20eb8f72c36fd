import type { Readable } from "./store.ts";

/** The commands that wait, for a banner such as "offline, 3 changes are kept". */
export interface QueueState {
  /** How many commands of the user wait: for the connection, for an earlier one of their topic, or to be sent again. */
  readonly queued: number;
  /** How many commands of other users wait for them to be back. */
  readonly held: number;
  /** When the oldest of all these was given, in milliseconds since the epoch by this machine's clock. */
  readonly oldest: number | undefined;
}

/** The commands of a client that wait. It changes at the end of the turn in which a command was given. */
export interface Queue extends Readable<QueueState> {
  /** Gives up the commands of other users: their promises are rejected with `CLOSED`, and they are never sent again. */
  readonly discardHeld: () => void;
}

/** What every queue starts from, and what a server renders. */
export const initialQueueState: QueueState = { queued: 0, held: 0, oldest: undefined };
