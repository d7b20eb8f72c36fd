import type { Bare, ChannelTypes, CommandInput } from "@shoal/contract";
import type { PrivateTypes } from "./define-private.ts";

/** Whether the argument that goes with an event or a rejection may be left out: when nothing in it is required. */
type Data<D> = {} extends Bare<D> ? [data?: Bare<D>] : [data: Bare<D>];

/** The secret that goes with an event, where its private part declares one. */
type Secret<X extends PrivateTypes, K> = K extends keyof X["secrets"] ? [secret: X["secrets"][K]] : [];

/**
 * Adds an event to what the command does, with its secret where one is declared. It is refused when its schema refuses
 * what it is given.
 */
export type Emit<E, X extends PrivateTypes> = <K extends keyof E>(
  type: K,
  ...data: [...Data<E[K]>, ...Secret<X, K>]
) => void;

/** Ends the command with a typed reason; nothing that it emitted is kept. It never returns. */
export type Reject<R> = [keyof R] extends [never]
  ? (reason: "The contract declares no rejection of this command", ...data: readonly unknown[]) => never
  : <K extends keyof R>(reason: K, ...data: Data<R[K]>) => never;

type RejectionsOf<T extends ChannelTypes, K extends keyof T["commands"]> = T["commands"][K] extends {
  rejections: infer R;
}
  ? R
  : never;

/** What a command decides with. A handler looks at nothing else: no clock, no randomness, no I/O. */
export interface CommandCall<
  T extends ChannelTypes,
  K extends keyof T["commands"],
  W,
  Prepared,
  Loaded,
  X extends PrivateTypes,
> {
  readonly state: T["state"];
  /** What only the server knows of the topic; undefined where the channel has no private part. */
  readonly private: X["state"];
  readonly params: T["params"];
  readonly input: CommandInput<T, K>;
  /** What the command's `prepare` returned; undefined where it has none. */
  readonly prepared: Prepared;
  /** What the command's `load` returned; undefined where it has none. */
  readonly loaded: Loaded;
  /** Who sends; `null` when nobody is signed in, and when the server itself does. */
  readonly user: W;
  /** The store's clock in milliseconds, never before the topic's last event. */
  readonly now: number;
  /** The offset of the topic's last event before this command: what it emits first has the next one. */
  readonly offset: number;
  /** Unique for the sender and the topic; make ids from it. */
  readonly commandId: string;
  readonly emit: Emit<T["events"], X>;
  /**
   * Takes an earlier event out of the log, by its offset: its place stays, and what it said is deleted, in the log, in what its command
   * returned and in what waits for subscribers. The state is the duty of the event that the command emits, of which it needs one:
   * its `apply` takes out what the state holds of the redacted event.
   */
  readonly redact: (offset: number) => void;
  readonly reject: Reject<RejectionsOf<T, K>>;
}

/** What a channel's `eraseUser` decides with, in each topic in which the user is found. */
export interface EraseUserCall<T extends ChannelTypes, X extends PrivateTypes>
  extends Pick<CommandCall<T, never, null, undefined, undefined, X>, SharedParts> {
  readonly userId: string;
  /** The offsets of the kept events in which the id stands as a JSON string, whoever caused them: those that may have to be redacted. */
  readonly named: readonly number[];
}

type SharedParts = "state" | "private" | "params" | "now" | "offset" | "emit" | "redact";

/** Unlike `void` alone it refuses a promise, which would be an async handler's. */
// biome-ignore lint/suspicious/noConfusingVoidType: it stands in the return type of a handler, which may be `() => emit(…)`
type Nothing = void | undefined;

/** What a handler returns: the command's result, where one is declared. */
export type HandlerResult<T extends ChannelTypes, K extends keyof T["commands"]> = T["commands"][K] extends {
  result: infer Result;
}
  ? unknown extends Result
    ? Nothing
    : Result
  : Nothing;
