import type { AnyOutcome } from "@shoal/contract";
import type { Sql, SqlExecutor, SqlStatement } from "./sql.ts";
import type { TopicRef } from "./topic-ref.ts";

export * from "./sql.ts";

/** An event as the log keeps it. Offsets of a topic start at 1 and have no hole. */
export interface StoredEvent {
  readonly offset: number;
  /** Milliseconds since the epoch by the store's clock, never before the event ahead of it. */
  readonly at: number;
  readonly type: string;
  readonly data: unknown;
  /** What the event tells the channel's private part; `null` when nothing. It never leaves the server. */
  readonly secret: unknown;
  readonly commandId: string | null;
  readonly userId: string | null;
  /** The version of the channel's contract that wrote it. */
  readonly version: number;
  /** The offsets of earlier events that this one took out of the log. */
  readonly redacts?: readonly number[];
  /** It was taken out of the log: `data`, `secret`, `commandId` and `userId` are `null`, and only its place is left. */
  readonly redacted?: true;
}

/** A topic's state at an offset, kept so that loading reads a bounded tail of events. */
export interface StoredSnapshot {
  readonly offset: number;
  readonly at: number;
  /** Whatever the node folds further from. */
  readonly state: unknown;
  /** The version of the channel's contract that wrote it. */
  readonly version: number;
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
  readonly sender: string;
  readonly commandId: string;
}

/** The recorded answer of a command. `digest` tells whether the same id comes with the same input. */
export interface CommandRecord extends CommandKey {
  readonly digest: string;
  readonly outcome: AnyOutcome;
  /** The version of the channel's contract that answered. */
  readonly version: number;
}

/**
 * Something that is due on a topic. `armed` waits for `due`; `fired` and `parked` (given up after too many failures)
 * are kept as long as the topic still names them, so that they do not start again.
 */
export interface StoredTimer {
  readonly name: string;
  /** When it is due, as the topic named it. */
  readonly at: number;
  /** When it is to be tried: `at`, or later after a failure. */
  readonly due: number;
  readonly command: string;
  readonly input: unknown;
  /** The offset of the topic when it was armed. */
  readonly armedAt: number;
  readonly attempts: number;
  readonly status: "armed" | "fired" | "parked";
  /** The version of the channel's contract that armed it. */
  readonly version: number;
}

/**
 * A command for another topic, which follows from an event and is run after it was stored: once in effect, in the order of the events
 * of its topic. One that is rejected, or fails too often, is `parked` and kept to be looked at.
 */
export interface StoredEffect {
  /** Made of the topic, its epoch, the offset and a number: the id of the command that it runs. */
  readonly id: string;
  /** The id of the topic that it comes from. */
  readonly source: string;
  readonly target: TopicRef;
  readonly command: string;
  readonly input: unknown;
  /** When it is to be tried. */
  readonly due: number;
  readonly attempts: number;
  readonly status: "armed" | "parked";
  /** The version of the target's contract in which the command is written. */
  readonly version: number;
}

/** A topic while a transaction holds its lock. */
export interface LockedTopic {
  /**
   * What was written after the known head; a whole topic instead when the epoch changed, or some of the tail is kept no more or
   * redacted.
   */
  readonly news:
    | { readonly kind: "tail"; readonly events: readonly StoredEvent[] }
    | { readonly kind: "reload"; readonly stored: StoredTopic };
  readonly records: readonly CommandRecord[];
  readonly timers: readonly StoredTimer[];
  /** As of which event what is derived from the topic is stored; 0 where nothing is. */
  readonly derived: number;
}

/** What a transaction sees after it has its locks. */
export interface Locked {
  /** The store's clock in milliseconds, read after the locks were taken. */
  readonly now: number;
  /** By topic id. A topic that another transaction holds is absent, and is to be asked for again. */
  readonly topics: ReadonlyMap<string, LockedTopic>;
  /** Reads in the transaction, as long as it is being decided. It cannot write. A statement that fails takes nothing else with it. */
  readonly sql: Sql;
}

/** An event that is to be redacted. */
export interface Redaction {
  readonly offset: number;
  /** What the ids of the effects that follow from the event begin with. */
  readonly effects: string;
}

/** What a transaction writes for one topic. The events follow the head that the lock showed, without a hole. */
export interface TopicWrite {
  readonly topic: TopicRef;
  /** The offset and the time of the topic's last event after this write. */
  readonly head: { readonly offset: number; readonly at: number };
  readonly events: readonly StoredEvent[];
  readonly records: readonly CommandRecord[];
  /** All timers of the topic from now on; absent when they did not change. */
  readonly timers?: readonly StoredTimer[];
  /** Of the end of the topic or of a place before it. It takes the place of the one that is kept, unless that one is newer. */
  readonly snapshot?: StoredSnapshot;
  /** As of which event what is derived from the topic is stored from now on. It is 0 again where the topic is given another epoch. */
  readonly derived?: number;
  /** Commands for other topics that follow from the events, in their order. */
  readonly effects?: readonly StoredEffect[];
  /** The ids of effects on this topic that are done, and kept no more. */
  readonly settled?: readonly string[];
  /**
   * Events that are redacted, after all else is written: they keep their offset, time and type and nothing more; the records of the
   * commands that made them lose their results; parked effects that follow from them are deleted, and armed ones as soon as they
   * would be parked. A `snapshot` behind them is written too.
   */
  readonly redactions?: readonly Redaction[];
  /** Gives the topic another epoch, so that every node reads it anew. Its offsets go on. A `snapshot` of its end is written too. */
  readonly newEpoch?: true;
}

/** A user of a tenant, or of none, and how it is called as the sender of commands. */
export interface StoredUser {
  readonly id: string;
  readonly sender: string;
  readonly tenant: string | null;
}

/** A topic in which a user is found. */
export interface UserTopic {
  readonly topic: TopicRef;
  readonly epoch: string;
  /** The offsets of the events that the user caused. */
  readonly events: readonly number[];
}

export type Decide = (locked: Locked) => Promise<readonly TopicWrite[]> | readonly TopicWrite[];

export interface TransactionOptions {
  /**
   * Waits for a topic that another transaction holds, instead of leaving it out.
   * @default false
   */
  readonly wait?: boolean;
  /** Writes more in the same transaction, after what was decided. When it throws, nothing is written. */
  readonly project?: ((sql: Sql) => Promise<void>) | undefined;
  /** Joins this transaction, which the caller commits or rolls back, instead of one of the store's own. */
  readonly within?: SqlExecutor;
}

/** What a user has of topics is ended, on every node and once: of one topic, of a channel, or all of it. */
export interface StoredRevocation {
  readonly id: string;
  readonly userId: string;
  /** Whose user it is; `null` where there are no tenants. */
  readonly tenant: string | null;
  /** `null` for every channel, and the user's connections with them. */
  readonly channel: string | null;
  /** `null` for every topic of the channel. */
  readonly params: TopicRef["params"] | null;
}

/** What a look at the whole store shows. */
export interface Look {
  /** To be given to the next look. */
  readonly mark: string;
  /** The store's clock in milliseconds. */
  readonly now: number;
  /** Topics that were written to since the last look; some may be told twice, none is left out. */
  readonly changed: readonly (TopicHead & { readonly id: string })[];
  /** Whether every topic has another epoch than at the last look: also those that nobody wrote to since, or that are gone. */
  readonly renewed: boolean;
  /** Topics with a timer that is due, the longest due first, at most a thousand. */
  readonly due: readonly TopicRef[];
  /**
   * Effects that are armed, in the order in which they were stored, at most a thousand. Those from a topic of which one is to be tried
   * later leave room for the others.
   */
  readonly effects: readonly StoredEffect[];
  /** What was revoked since the last look, in its order; some may be told twice, none is left out. */
  readonly revocations: readonly StoredRevocation[];
}

/** Which events of a channel may be deleted: those beyond the newest `keep` of a topic, and those before `before`. */
export interface TrimPolicy {
  readonly channel: string;
  readonly keep: number | undefined;
  /** Milliseconds since the epoch. */
  readonly before: number | undefined;
}

/**
 * The durable log of every topic and the only source of order. An implementation imports nothing but this file and what
 * the port's words need, and passes the shared suite.
 *
 * Every method throws a `ShoalError` with `SERVICE_UNAVAILABLE` while the store cannot be reached or has no room.
 */
export interface Store {
  /**
   * Names what the store opens, the same for two stores that open the same. Within a process they then share what is open. A store
   * that nobody else can open has none.
   */
  readonly key?: string | undefined;
  /** Whether what was acknowledged outlives the process. */
  readonly durable: boolean;
  /**
   * The store for topics that need not outlive a crash, always the same one: the same order by the same laws, on as many nodes, and
   * cheaper. A crash empties it, and gives every topic another epoch. It is opened by itself, after this one, and is closed with
   * this one. A store that is not durable is its own.
   */
  volatile(): Store;
  /** Reads what is committed. It cannot write. */
  readonly sql: Sql;
  /** Gets ready: opens, migrates. Called once, before anything else. */
  open(): Promise<void>;
  close(): Promise<void>;
  /** A topic that nobody wrote to has no snapshot and no events, but an epoch, and always the same one. */
  load(topic: TopicRef): Promise<StoredTopic>;
  /**
   * The kept events with offsets from `from` to `to`, both included, in order.
   *
   * @param epoch - nothing is read when the topic has another one; without it, whatever it has
   */
  read(topic: TopicRef, from: number, to: number, epoch?: string): Promise<readonly StoredEvent[]>;
  /** Where the topic's log ends now. */
  head(topic: TopicRef): Promise<TopicHead>;
  /** The recorded answer of a command, if there is one. */
  record(topic: TopicRef, command: CommandKey): Promise<CommandRecord | null>;
  /** As of which event what is derived from a topic is stored; 0 where nothing is. */
  derived(topic: TopicRef): Promise<number>;
  /**
   * A bounded number of the topics of a channel that have events after what is derived from them.
   *
   * @param after - `next` of the page before; `null` begins
   */
  underived(
    channel: string,
    after: string | null,
  ): Promise<{ readonly topics: readonly TopicRef[]; readonly next: string | null }>;
  /**
   * Locks topics, shows them to `decide` and commits what it returns, all or nothing. When the promise is fulfilled,
   * it is durable. When `decide` throws, nothing is written and the error comes out as it is.
   */
  transaction(requests: readonly LockRequest[], decide: Decide, options?: TransactionOptions): Promise<void>;
  /**
   * Brings a channel's own tables forward: runs the steps that were not run before, each a list of statements, all or nothing. The
   * store keeps how many of them `name` has.
   *
   * @throws when the store has more steps than are given, which a newer version of the channel made
   */
  migrate(name: string, steps: readonly (readonly SqlStatement[])[]): Promise<void>;
  /**
   * What changed since the look that gave `mark` (`null`: since now), and what is due.
   *
   * @param channels - those whose timers, and commands of effects, are told; by default all
   */
  look(mark: string | null, channels?: readonly string[]): Promise<Look>;
  /** Deletes a bounded number of events that the policy allows and that a snapshot covers. Returns how many. */
  trim(policy: TrimPolicy): Promise<number>;
  /** Deletes a bounded number of command records that are older than an instant in milliseconds. Returns how many. */
  forget(before: number): Promise<number>;
  /** Has the next look of everybody else tell that something is revoked. */
  revoke(revocation: StoredRevocation): Promise<void>;
  /** Deletes a bounded number of revocations that are older than an instant in milliseconds. Returns how many. */
  forgetRevocations(before: number): Promise<number>;
  /** Keeps an effect that was not done as it is now: to be tried later, or parked. Nothing happens when it is kept no more. */
  postpone(effect: StoredEffect): Promise<void>;
  /** Keeps no more an effect whose command another store took. Nothing happens when it is kept no more. */
  settle(effectId: string): Promise<void>;
  /**
   * Deletes what there is of a topic: events, snapshot, timers, records, and the effects that come from it. What stays is its name, with
   * another epoch, in which offsets start anew. It waits for who has the lock.
   *
   * @param project - writes more in the same transaction; when it throws, nothing is deleted
   */
  erase(topic: TopicRef, project?: (sql: Sql) => Promise<void>): Promise<void>;
  /**
   * Looks through a bounded number of topics for those in which a user is found: by an event or a record of theirs, or by the id as a JSON
   * string in params, events, state or timers.
   *
   * @param after - `next` of the page before; `null` begins
   */
  findUser(
    user: StoredUser,
    after: string | null,
  ): Promise<{ readonly found: readonly UserTopic[]; readonly next: string | null }>;
  /** Deletes a bounded number of the records of a user's commands. Returns how many. */
  forgetUser(user: StoredUser): Promise<number>;
  /**
   * Gives every topic another epoch, so that no client goes on from what it had: for a copy of the store, or one restored from a
   * backup, where offsets could be given out twice.
   */
  newEpoch(): Promise<void>;
}
