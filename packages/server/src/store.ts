import type { AnyOutcome } from "@shoal/contract";
import type { TopicRef } from "./topic-ref.ts";

/** An event as the log keeps it. Offsets of a topic start at 1 and have no hole. */
export interface StoredEvent {
  readonly offset: number;
  /** Milliseconds since the epoch by the store's clock, never before the event ahead of it. */
  readonly at: number;
  readonly type: string;
  readonly data: unknown;
  readonly commandId: string | null;
  readonly userId: string | null;
}

/** A topic's state at an offset, kept so that loading reads a bounded tail of events. */
export interface StoredSnapshot {
  readonly offset: number;
  readonly at: number;
  readonly state: unknown;
}

/** What is needed to hold a topic: its newest snapshot, if there is one, and every event after it. */
export interface StoredTopic {
  readonly epoch: string;
  readonly snapshot: StoredSnapshot | null;
  readonly events: readonly StoredEvent[];
}

/** Where a topic's log ends. */
export interface TopicHead {
  readonly epoch: string;
  readonly offset: number;
}

/** What a transaction wants of a topic: its lock, what was written after `known`, and the recorded answers of `commands`. */
export interface LockRequest {
  readonly topic: TopicRef;
  readonly known: TopicHead;
  readonly commands: readonly CommandKey[];
}

/** A command is known by its id within its topic and its sender. */
export interface CommandKey {
  readonly userId: string;
  readonly commandId: string;
}

/** The recorded answer of a command. `digest` tells whether the same id comes with the same input. */
export interface CommandRecord extends CommandKey {
  readonly digest: string;
  readonly outcome: AnyOutcome;
}

/** A topic while a transaction holds its lock. */
export interface LockedTopic {
  /** What was written after the known head; a whole topic instead when the epoch changed or the tail is kept no more. */
  readonly news:
    | { readonly kind: "tail"; readonly events: readonly StoredEvent[] }
    | { readonly kind: "reload"; readonly stored: StoredTopic };
  readonly records: readonly CommandRecord[];
}

/** What a transaction sees after it has its locks. */
export interface Locked {
  /** The store's clock in milliseconds, read after the locks were taken. */
  readonly now: number;
  /** By topic id. A topic that another transaction holds is absent, and is to be asked for again. */
  readonly topics: ReadonlyMap<string, LockedTopic>;
}

/** What a transaction writes for one topic. The events follow the head that the lock showed, without a hole. */
export interface TopicWrite {
  readonly topic: TopicRef;
  readonly events: readonly StoredEvent[];
  readonly records: readonly CommandRecord[];
}

/**
 * The durable log of every topic and the only source of order. An implementation imports nothing but this file, and
 * passes the shared suite.
 */
export interface Store {
  /** Gets ready: opens, migrates. Called once, before anything else. */
  open(): Promise<void>;
  close(): Promise<void>;
  /** A topic that nobody wrote to has no snapshot and no events, but an epoch, and always the same one. */
  load(topic: TopicRef): Promise<StoredTopic>;
  /** The kept events with offsets from `from` to `to`, both included, in order. */
  read(topic: TopicRef, from: number, to: number): Promise<readonly StoredEvent[]>;
  /** Where the topic's log ends now. */
  head(topic: TopicRef): Promise<TopicHead>;
  /**
   * Locks topics, shows them to `decide` and commits what it returns, all or nothing. When the promise is fulfilled,
   * it is durable. When `decide` throws, nothing is written and the error comes out as it is.
   */
  transaction(
    requests: readonly LockRequest[],
    decide: (locked: Locked) => Promise<readonly TopicWrite[]> | readonly TopicWrite[],
  ): Promise<void>;
}
