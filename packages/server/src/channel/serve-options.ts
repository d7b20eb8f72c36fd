import type { Channel, ChannelTypes, CommandInput, CreatingCommand, PublicCommand, TaggedEvent } from "@shoal/contract";
import type { Kysely } from "kysely";
import type { RateOptions } from "../security/rates.ts";
import type { CommandCall, EraseUserCall, HandlerResult } from "./command-call.ts";
import type { PrivatePart, PrivateTypes } from "./define-private.ts";
import type { Tables } from "./define-tables.ts";
import type { Derive } from "./derive.ts";
import type { Effect } from "./effects.ts";
import type { EventOf } from "./event-of.ts";
import type { OpenCall, WatchedCall } from "./lasting-call.ts";
import type { MemberCall } from "./member-call.ts";
import type { LoadCall, PrepareCall } from "./prepare-call.ts";
import type { QueryHandler } from "./query-call.ts";
import type { ErasedTopic, TopicChange } from "./topic-change.ts";

export type { EventOf } from "./event-of.ts";
export type { HistoryEvent, QueryCall, QueryHandler, TopicReader } from "./query-call.ts";
export type { ErasedTopic, TopicChange } from "./topic-change.ts";

/** What one may do to a topic, by the names of the procedures that do it. */
export type TopicAction<T extends ChannelTypes> =
  | "watch"
  | ([T["presence"]] extends [never] ? never : "presence")
  | ([keyof T["broadcasts"]] extends [never] ? never : "broadcast")
  | PublicCommand<T>;

/** The question that `authorize` answers. */
export interface AuthorizeCall<T extends ChannelTypes, W, C> {
  readonly user: W;
  readonly params: T["params"];
  readonly action: TopicAction<T>;
  readonly state: T["state"];
  /**
   * The context of the request; undefined when the server's own code acts for the user. While a watch lasts, it is that of one of those
   * who watch as this user, as it was last renewed.
   */
  readonly ctx: C | undefined;
}

type InternalCommand<T extends ChannelTypes> = Exclude<keyof T["commands"], PublicCommand<T>>;

/**
 * Something that is due on a topic: at `at`, the internal command `command` is run, once in effect. It is none of the `Prepared` ones,
 * which have a `prepare`.
 */
export type Timer<T extends ChannelTypes, Prepared = never> = {
  [K in InternalCommand<T>]: {
    /** Unique among the topic's timers. */
    readonly name: string;
    /** When, in milliseconds since the epoch by the store's clock. An instant that has passed is due at once. */
    readonly at: number;
    readonly command: K extends Prepared ? `"${K & string}" has a prepare, for which a timer cannot wait` : K;
  } & ({} extends CommandInput<T, K>
    ? { readonly input?: CommandInput<T, K> }
    : { readonly input: CommandInput<T, K> });
}[InternalCommand<T>];

/** How long a channel's events are kept. What is deleted is always covered by a snapshot of the state. */
export interface Retention {
  /**
   * The newest so many events of each topic.
   * @default all
   */
  readonly events?: number;
  /**
   * Events younger than so many milliseconds.
   * @default all
   */
  readonly ageMs?: number;
}

/** How the state and the events are cut for an audience. */
export interface View<T extends ChannelTypes, A> {
  /** What the audience may see of a state. */
  readonly state: (state: T["state"], audience: A) => T["state"];
  /** What it may see of an event; `null` hides it, and leaves its offset. */
  readonly event: (event: TaggedEvent<T["events"]>, audience: A) => TaggedEvent<T["events"]> | null;
}

interface CommonOptions<T extends ChannelTypes, W, C, X extends PrivateTypes, A extends string> {
  /** What the server decides with and nobody may see. */
  readonly private?: PrivatePart<T, X>;
  /**
   * Whether the user may do `action` on the topic; asked before a watch, a command, presence and a broadcast. About a watch it is asked
   * again while it lasts (`authorizeMs` of `createRealtime`), and a no ends it. That answer counts for all who are the same in everything
   * that `user` of `initRealtime` returns: what differs from session to session belongs in there.
   * @default whoever is signed in may
   */
  readonly authorize?: (call: AuthorizeCall<T, W, C>) => boolean | Promise<boolean>;
  /**
   * Whether the user may ask a query at all. What the query then reads of a topic is authorized as a watch.
   * @default whoever is signed in may
   */
  readonly authorizeQuery?: (call: {
    readonly user: W;
    readonly action: keyof T["queries"];
    readonly input: unknown;
    readonly ctx: C;
  }) => boolean | Promise<boolean>;
  /**
   * The few groups that see a topic differently, which needs `view` and `audience`, or at another pace, which needs `pace`: 1 to 64
   * letters, digits, - and _.
   */
  readonly audiences?: readonly A[];
  /**
   * Which audience a user belongs to, when the client `asked` for one or for none. Asked at each start of a watch, and when the user's
   * credentials are renewed on a connection. Where there is a `view`, one that changed begins, or goes on, from a snapshot.
   * @default what the client asked for, or the first one of `audiences`; with a `view` it must be given
   */
  readonly audience?: (user: W, params: T["params"], asked: NoInfer<A> | undefined) => NoInfer<A>;
  /**
   * At most how often an audience is sent what happened, in milliseconds, from 1 to a day: at once after a quiet time, and then at this
   * interval, conflated and encoded once for all. A subscriber who does not keep up goes on at the next slower one of these. Nothing is
   * left out: what is held is sent before presence, broadcasts and snapshots.
   * @default whatever happens is sent at once
   */
  readonly pace?: { readonly [K in NoInfer<A>]?: number };
  /**
   * Cuts states and events for an audience. Law: `apply(view.state(s), view.event(e))` is `view.state(apply(s, e))`, and where the
   * event is hidden, `view.state(s)` is. Encoding happens once for each audience.
   */
  readonly view?: View<T, NoInfer<A>>;
  /**
   * A key for events of which only the last counts: what is sent together, or waits for a slow subscriber, keeps the last of a
   * key, or what `merge` makes of them. `null` keeps the event, and nothing is left out across it. Law: with any keyed events `c`
   * between, `a c b` gives the state that `c b` gives, for `a` and `b` of one key.
   */
  readonly conflate?: (event: TaggedEvent<T["events"]>) => string | null;
  /**
   * What two events of one key become, in the place of the later one, where the last alone would not do. Pure; the event it returns has the
   * same key. It needs `conflate`. Law: with any keyed events `c` between, `a c b` gives the state that `c` and then
   * `merge(a, b)` give.
   * @default the later one
   */
  readonly merge?: (earlier: TaggedEvent<T["events"]>, later: TaggedEvent<T["events"]>) => TaggedEvent<T["events"]>;
  /**
   * What an event means for other topics: commands that {@link effect} names. Pure. They are stored with the event and run afterwards
   * by the system, each once in effect, those of one topic in the order of its events, and those of one event to different targets at
   * once. It sees the event's secret, and the states after the command: what it puts of them into a command's input is that command's
   * to keep to itself.
   */
  readonly effects?: (
    event: EventOf<T, NoInfer<X>>,
    context: { readonly params: T["params"]; readonly state: T["state"]; readonly private: NoInfer<X>["state"] },
  ) => readonly Effect[];
  /**
   * Whether what was accepted outlives a crash. Where it need not (cursors, the ticks of a game), `false` keeps the same order for less: in
   * unlogged tables on Postgres, in memory on one node. After a crash every topic of the channel begins anew, in another epoch, and
   * whoever watches it gets a snapshot. Such a channel has no `tables`, `project` and `load`.
   * @default true
   */
  readonly durable?: boolean;
  /**
   * Called when a user becomes a member of a topic on this node: with the first of their clients that watches it with presence. Nothing
   * waits for it.
   */
  readonly join?: (call: MemberCall<T, W, C>) => unknown;
  /** Called once for each `join`, when the last of the user's clients is gone, or this node closes, which waits for it. */
  readonly leave?: (call: MemberCall<T, W, C>) => unknown;
  /**
   * Called when somebody watches a topic on this node whom nobody else has watched it with, by whatever transport; the server's own
   * `subscribe` counts, too. Its signal aborts a while after the last of them has gone (`unwatchedMs` of `createRealtime`), or when this
   * node closes, which waits for what it returns. Of one topic it is not called again before that is through.
   */
  readonly whileWatched?: (call: WatchedCall<T>) => unknown;
  /** Called once, when the realtime has opened. Its signal aborts when it closes, which waits for what it returns. */
  readonly whileOpen?: (call: OpenCall<T>) => unknown;
  /**
   * Takes a user who is erased out of the topic, as a command would: it emits the event whose `apply` takes the user out of the state, or
   * nothing where the state holds nothing of the user. Pure. The user's own events are redacted besides, without being asked to.
   */
  readonly eraseUser?: (call: EraseUserCall<T, X>) => void;
  /**
   * Whose topic it is, by the user's id. It is erased with that user, whole, instead of by `eraseUser`. Pure.
   * @default nobody's
   */
  readonly owner?: (params: T["params"]) => string | null;
  /**
   * After how many events a snapshot of the state is stored, so that loading a topic reads no more events than that.
   * @default 500
   */
  readonly snapshotEvery?: number;
  /**
   * Makes of a state another one that is the same to whoever reads it, and smaller: for a state that grows with every event. It runs off
   * every lock when a snapshot is due. What it returns takes the place of the state at that offset, in the store and on this node, and
   * nobody is told. Law (`checkCompaction`): the two are the same, and stay so with every event.
   */
  readonly compact?: (state: T["state"], call: { readonly signal: AbortSignal }) => T["state"] | Promise<T["state"]>;
  /**
   * Whether it is time to compact though no snapshot is due: for a state of which some events are much larger than others. Pure, and
   * cheap, since it is asked after each command. It has to be false of a state that was just compacted.
   * @default when a snapshot is due
   */
  readonly compactWhen?: (state: T["state"]) => boolean;
  /**
   * How long a `compact` may take, in milliseconds, before it is given up and tried again later.
   * @default 30000
   */
  readonly compactDeadlineMs?: number;
  readonly retention?: Retention;
  /**
   * How often a user may ask something of this channel, on each node. More is refused with `TOO_MANY_REQUESTS`, which tells when to
   * try again. The system, timers, effects and the server's own hand are not counted.
   * @default the `rates` of `createRealtime`
   */
  readonly rates?: RateOptions;
  /**
   * The largest state, as JSON in bytes, that a snapshot frame carries; a larger one ends the watch with `PAYLOAD_TOO_LARGE`.
   * @default 2097152
   */
  readonly maxStateBytes?: number;
  /**
   * How long a `prepare` may take, in milliseconds, before its command fails with `TIMEOUT`.
   * @default 10000
   */
  readonly prepareDeadlineMs?: number;
  /**
   * How long a topic waits after a commit before the next one, in milliseconds, so that what comes meanwhile is committed and told
   * together: for topics that many write a little to all the time. An answer comes so much later at most; the first command after a quiet time
   * waits for nothing. Not for a channel with a `load`, which decides one command at a time.
   * @default 0
   */
  readonly gatherMs?: number;
}

type PrepareHandlers<T extends ChannelTypes, W, C, Pd, DB> = {
  readonly [K in keyof Pd]: K extends keyof T["commands"]
    ? (call: PrepareCall<T, K, W, C, DB>) => Pd[K] | Promise<Pd[K]>
    : `"${K & string}" is no command of this channel`;
};

/** Decides each command: pure and synchronous. The type is written out, so that messages and hovers show what a handler returns. */
type CommandHandlers<T extends ChannelTypes, W, Pd, Ld, X extends PrivateTypes> = {
  readonly [K in keyof T["commands"]]: (
    call: CommandCall<T, K, W, K extends keyof Pd ? Pd[K] : undefined, K extends keyof Ld ? Ld[K] : undefined, X>,
  ) => HandlerResult<T, K>;
};

type QueryHandlers<T extends ChannelTypes, W, C, DB> = {
  readonly [K in keyof T["queries"]]: QueryHandler<T, K, W, C, DB>;
};

type LoadHandlers<T extends ChannelTypes, W, Ld, DB> = {
  readonly [K in keyof Ld]: K extends keyof T["commands"]
    ? (call: LoadCall<T, K, W, DB>) => Promise<Ld[K]>
    : `"${K & string}" is no command of this channel`;
};

/** What a topic's params are made from. `id` is unique for the sender and the command, and the same when it is sent again. */
export interface MintCall<T extends ChannelTypes, K extends keyof T["commands"], W> {
  readonly id: string;
  readonly input: CommandInput<T, K>;
  readonly user: W;
}

type MintHandlers<T extends ChannelTypes, W> = {
  readonly [K in CreatingCommand<T>]: (call: MintCall<T, K, W>) => T["params"];
};

/**
 * How the server serves a channel. Write `prepare` and `load` before `commands`, which get what they return: types are inferred in the
 * order in which they are written.
 */
export interface ServeOptions<
  T extends ChannelTypes,
  W,
  C,
  Pd = {},
  X extends PrivateTypes = PrivateTypes,
  A extends string = string,
  Ld = {},
  DB = unknown,
  V = unknown,
> extends CommonOptions<T, W, C, X, A> {
  /** The channel's own tables, beside its log. */
  readonly tables?: Tables<DB>;
  /**
   * Runs before a command, outside of every lock: it fetches or decodes what the handler then finds as `prepared`. It runs for effects
   * too, with `user` null and `ctx` undefined, and not for a command that is answered from the record of an earlier one.
   */
  readonly prepare?: PrepareHandlers<T, W, C, Pd, DB>;
  /**
   * The commands whose `prepare` may as well run again for a command that was answered before, since it is quick and only reads: that spares
   * a look at the store for each of them.
   * @default none
   */
  readonly prepareAgain?: readonly (keyof T["commands"])[];
  /**
   * Reads tables under the topic's lock, for a decision on what the bounded state does not hold. A channel with a `load` decides one
   * command of a topic at a time.
   */
  readonly load?: LoadHandlers<T, W, Ld, DB>;
  /** Names the topic that a command makes: pure, from the `id` it is given. Needed for each command that `creates`. */
  readonly mint?: MintHandlers<T, W>;
  /**
   * What is due on the topic in this state. Pure. A timer is armed when the state first names it, and gone when the state names
   * it no more; a name with another instant is another timer. It fires under the topic's lock, so its command has no `prepare`.
   */
  readonly timers?: (state: T["state"], params: T["params"]) => readonly Timer<T, keyof NoInfer<Pd>>[];
  /** Decides each command. */
  readonly commands?: CommandHandlers<T, W, Pd, Ld, X>;
  /** Writes the channel's own tables, in the transaction of the events; once for all topics of the channel in a group. */
  readonly project?: (tx: Kysely<DB>, changes: readonly TopicChange<T, NoInfer<X>>[]) => Promise<void>;
  /** Writes what is slow to make into the channel's own tables, some time after the events. It needs `tables`. */
  readonly derive?: Derive<T, DB, V>;
  /** Deletes what the channel's own tables hold of a topic that is erased, in the transaction that erases it. */
  readonly erased?: (tx: Kysely<DB>, topic: ErasedTopic<T>) => Promise<void>;
  /**
   * The params of topics of which the channel's own tables hold a user who is erased. It is for what tables keep longer than the log
   * and the state: topics that hold the user themselves are found without it. Each is then asked to take the user out, by `eraseUser`.
   */
  readonly findUser?: (
    read: Kysely<DB>,
    user: { readonly userId: string; readonly tenant: string | null },
  ) => Promise<readonly T["params"][]>;
  /** Answers each query. */
  readonly queries?: QueryHandlers<T, W, C, DB>;
}

/** What a channel's options may not leave out. It is apart from the options, where a condition would stop the inference. */
export type RequiredHandlers<T extends ChannelTypes> = (keyof T["commands"] extends never
  ? {}
  : { readonly commands: unknown }) &
  (keyof T["queries"] extends never ? {} : { readonly queries: unknown }) &
  (CreatingCommand<T> extends never ? {} : { readonly mint: unknown });

/** A channel with the code that serves it, ready for `createRealtime`. */
export interface ServedChannel<T extends ChannelTypes, in W, in C> {
  readonly channel: Channel<T>;
  /** Carries the types, and is always undefined. */
  readonly "~serves": ((user: W, ctx: C) => void) | undefined;
  readonly options: ServeSettings;
}

/** The options of a served channel, whatever its types: each value was checked where the channel was served. */
export type ServeSettings = Readonly<Record<string, unknown>>;

/** A served channel of any types, for code that serves them all. */
// biome-ignore lint/suspicious/noExplicitAny: a served channel consumes its user and context, so no other bound holds all
export type AnyServed<W = any, C = any> = ServedChannel<any, W, C>;
