import type {
  Bare,
  BroadcastFrame,
  ChannelTypes,
  CommandOutcome,
  CommandSend,
  CreatingCommand,
  Flat,
  PublicCommand,
  QueryOutput,
  QuerySend,
  SnapshotReason,
  TopicSnapshot,
} from "@shoal/contract";
import type { Readable } from "./store.ts";
import type { TopicState } from "./topic-state.ts";

export interface RequestOptions {
  /** Gives up waiting; the promise is then rejected with the signal's reason. What was sent may still take effect. */
  readonly signal?: AbortSignal | undefined;
}

export interface CommandOptions {
  /**
   * Names the command: given again under the same id it has one effect and gets the first answer.
   *
   * @default one of `newCommandId()`
   */
  readonly commandId?: string | undefined;
  /**
   * Takes the command back; the promise is then rejected with the signal's reason. A command that still waits is never sent. One
   * that the server may have got goes on, and its prediction is shown, until it is known what became of it.
   */
  readonly signal?: AbortSignal | undefined;
}

/** The arguments of a request: an input without required fields may be left out. */
type Arguments<Input, Options> = {} extends Input
  ? [input?: Input, options?: Options]
  : [input: Input, options?: Options];

/**
 * A function for each command that clients may send. It resolves to the outcome, a rejection among them. Where there is no
 * connection, or it is lost before the answer, the command waits and is sent again, as the same command, and the promise resolves
 * late.
 *
 * @throws {ShoalError} (asynchronously) when there is no outcome: what the server refused it with; `TOO_MANY_REQUESTS` when more than
 * `maxQueued` wait already; `TIMEOUT` when there was no answer within `maxQueuedMs`; `CLOSED` when the client was closed
 */
export type Send<T extends ChannelTypes> = SendOf<T, Exclude<PublicCommand<T>, CreatingCommand<T>>>;

/**
 * A function for each command that makes a topic. Accepted, its outcome has the `params` of the topic that was made.
 *
 * @throws {ShoalError} (asynchronously) as {@link Send} does
 */
export type Create<T extends ChannelTypes> = SendOf<T, PublicCommand<T> & CreatingCommand<T>>;

type SendOf<T extends ChannelTypes, Names extends keyof T["commands"]> = {
  readonly [K in Names]: (...args: Arguments<CommandSend<T, K>, CommandOptions>) => Promise<CommandOutcome<T, K>>;
};

/** A function for each query. It rejects with a {@link ShoalError} when there is no answer. */
export type Query<T extends ChannelTypes> = {
  readonly [K in keyof T["queries"]]: (
    ...args: Arguments<QuerySend<T, K>, RequestOptions>
  ) => Promise<QueryOutput<T, K>>;
};

/** A function for each broadcast, which resolves once the server has taken it. */
export type Broadcast<T extends ChannelTypes> = {
  readonly [K in keyof T["broadcasts"]]: (
    ...args: Arguments<Flat<Bare<T["broadcasts"][K]>>, RequestOptions>
  ) => Promise<void>;
};

/** What this client shows of itself to the others on a topic. It is a member while the topic is watched and a state is set. */
export interface Presence<State> {
  /** Shows `state`. Calls in quick succession are sent at the client's `presenceInterval`, the last one always. */
  readonly set: (state: State) => void;
  /** Leaves. */
  readonly clear: () => void;
  /**
   * Shows `state` unless one is shown already, and leaves when the last of those who joined has called the function that
   * it got: for parts of a page that come and go on their own.
   */
  readonly join: (state: State) => () => void;
}

/** What a topic can begin with: a snapshot, or as much of one as is needed. Without a version it is taken to be of today's. */
export type BeginningState<T extends ChannelTypes> = Pick<TopicSnapshot<T>, "state" | "offset" | "position"> &
  Partial<Pick<TopicSnapshot<T>, "version" | "at">>;

/**
 * One channel with its params, as this client sees it. The same params give the same topic, however many use it: they
 * share one subscription, which starts with the first listener of any kind and ends a while after the last.
 */
export interface Topic<T extends ChannelTypes> extends Readable<TopicState<T>> {
  readonly channel: T["name"];
  readonly params: T["params"];
  readonly send: Send<T>;
  readonly presence: Presence<T["presence"]>;
  readonly broadcast: Broadcast<T>;
  /** Calls `listener` with each message that arrives, until the returned function is called. */
  readonly onBroadcast: (listener: (broadcast: BroadcastFrame<T["broadcasts"]>) => void) => () => void;
  /**
   * Calls `listener` with the reason of each snapshot that takes the place of a state which could be seen, until the returned
   * function is called: whatever changed in between is not told event by event. `current` is the new state then. The reason is
   * `initial` where the client itself had to ask anew, since a frame was missing.
   */
  readonly onReset: (listener: (reason: SnapshotReason) => void) => () => void;
  /**
   * Starts from a state that the page got in another way, such as one that the server rendered: it is shown as `stale`, and the
   * topic goes live from its position without another load. Does nothing where there is a state that is as new or is being watched, unless
   * it was too large to go on from, or where the snapshot is of another version of the contract.
   */
  readonly hydrate: (snapshot: BeginningState<T>) => void;
  /**
   * Asks for one of the channel's audiences, such as one that is told less often while the page is hidden; `undefined` leaves it to the
   * server. While the topic is watched it subscribes anew, from its position: the state stays, and so does the status until the server
   * answers. It is for all who use the topic, and the last call counts. A name that the channel does not declare is a failure.
   */
  readonly setAudience: (audience: string | undefined) => void;
  /** Watches again after a failure. Does nothing otherwise. */
  readonly retry: () => void;
  /** What the server has told of the topic, without predictions; undefined where that is nothing, or cannot be gone on from. */
  readonly snapshot: () => TopicSnapshot<T> | undefined;
}
