import type { ChannelTypes } from "@shoal/contract";
import type { Kysely } from "kysely";

/** What a channel derives from a topic, from its state as of `offset`. */
export interface DeriveCall<T extends ChannelTypes> {
  readonly state: T["state"];
  readonly offset: number;
  readonly params: T["params"];
  readonly tenant: string | null;
  /** Aborted when the deadline has passed, or the server stops, and nobody waits for the value any more. */
  readonly signal: AbortSignal;
}

/** What was derived, to be written. */
export interface DerivedValue<T extends ChannelTypes, V> {
  readonly value: V;
  /** The last event that is in `value`. */
  readonly offset: number;
  readonly params: T["params"];
  readonly tenant: string | null;
}

/**
 * A projection that is too slow for the transaction of a command: it is made some time after, off every lock, and is at times behind.
 * `value` of what it wrote last for a topic is always that of the newest state for which one was written.
 */
export interface Derive<T extends ChannelTypes, DB, V> {
  /**
   * How long after an event it is made, in milliseconds: after the last one of those that come one soon after the other, but five times as
   * long after the first of them at the latest.
   */
  readonly afterMs: number;
  /**
   * How long `run` may take, in milliseconds, before it is given up and tried again later.
   * @default 30000
   */
  readonly deadlineMs?: number;
  /** Makes the value. It may wait; no lock is held. One at a time for a topic, four at once on a node. */
  readonly run: (call: DeriveCall<T>) => V | Promise<V>;
  /**
   * Writes the value into the channel's own tables, in a transaction under the topic's lock. It is not called where a newer one was
   * written, nor where the topic was erased, or something of it redacted, since the state.
   */
  readonly write: (tx: Kysely<DB>, derived: DerivedValue<T, NoInfer<V>>) => Promise<void>;
}
