import type {
  Bare,
  Channel,
  ChannelTypes,
  CommandInput,
  FrameEvent,
  PublicCommand,
  QueryOutput,
} from "@shoal/contract";
import { ShoalError } from "@shoal/contract";
import type { User } from "../user.ts";

/** Whether the argument that goes with an event or a rejection may be left out: when nothing in it is required. */
type Data<D> = {} extends Bare<D> ? [data?: Bare<D>] : [data: Bare<D>];

/** Adds an event to what the command does. It is refused when the event's schema refuses its data. */
export type Emit<E> = <K extends keyof E>(type: K, ...data: Data<E[K]>) => void;

/** Ends the command with a typed reason; nothing that it emitted is kept. It never returns. */
export type Reject<R> = <K extends keyof R>(reason: K, ...data: Data<R[K]>) => never;

type RejectionsOf<T extends ChannelTypes, K extends keyof T["commands"]> = T["commands"][K] extends {
  rejections: infer R;
}
  ? R
  : never;

/** What a command decides with. A handler looks at nothing else: no clock, no randomness, no I/O. */
export interface CommandCall<T extends ChannelTypes, K extends keyof T["commands"], W> {
  readonly state: T["state"];
  readonly params: T["params"];
  readonly input: CommandInput<T, K>;
  /** Who sends; `null` when nobody is signed in. */
  readonly user: W;
  /** The store's clock in milliseconds, never before the topic's last event. */
  readonly now: number;
  /** Unique for the sender and the topic; make ids from it. */
  readonly commandId: string;
  readonly emit: Emit<T["events"]>;
  readonly reject: Reject<RejectionsOf<T, K>>;
}

// biome-ignore lint/suspicious/noConfusingVoidType: it stands in the return type of a handler, which may be `() => emit(…)`
type Nothing = void;

type ResultOf<T extends ChannelTypes, K extends keyof T["commands"]> = T["commands"][K] extends { result: infer Result }
  ? unknown extends Result
    ? Nothing
    : Result
  : Nothing;

/** Decides one command: pure and synchronous. */
export type CommandHandler<T extends ChannelTypes, K extends keyof T["commands"], W> = (
  call: CommandCall<T, K, W>,
) => ResultOf<T, K>;

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
  /** The context of the request; undefined when the server's own code acts for the user. */
  readonly ctx: C | undefined;
}

/** One event of a topic's history, with who caused it. */
export type HistoryEvent<T extends ChannelTypes> = FrameEvent<T["events"]> & { readonly userId: string | null };

/** A topic as a query reads it, for the user who asks: what the user may not watch is refused. */
export interface TopicReader<T extends ChannelTypes> {
  state(): Promise<T["state"]>;
  /** The newest events below offset `before` (by default all), at most `limit`, newest first. */
  history(options: {
    readonly before?: number | undefined;
    readonly limit: number;
  }): Promise<readonly HistoryEvent<T>[]>;
}

/** What a query answers with. */
export interface QueryCall<T extends ChannelTypes, K extends keyof T["queries"], W, C> {
  readonly input: T["queries"][K] extends { input: infer Input } ? Input : never;
  readonly user: W;
  readonly ctx: C;
  /** @throws {ShoalError} `FORBIDDEN` or `UNAUTHORIZED` from its methods when the user may not watch the topic */
  topic(params: T["params"]): TopicReader<T>;
}

export type QueryHandler<T extends ChannelTypes, K extends keyof T["queries"], W, C> = (
  call: QueryCall<T, K, W, C>,
) => QueryOutput<T, K> | Promise<QueryOutput<T, K>>;

/** Something that is due on a topic: at `at`, the internal command `command` is run, once in effect. */
export type Timer<T extends ChannelTypes> = {
  [K in Exclude<keyof T["commands"], PublicCommand<T>>]: {
    /** Unique among the topic's timers. */
    readonly name: string;
    /** When, in milliseconds since the epoch by the store's clock. An instant that has passed is due at once. */
    readonly at: number;
    readonly command: K;
  } & ({} extends CommandInput<T, K>
    ? { readonly input?: CommandInput<T, K> }
    : { readonly input: CommandInput<T, K> });
}[Exclude<keyof T["commands"], PublicCommand<T>>];

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

type CommandHandlers<T extends ChannelTypes, W> = { readonly [K in keyof T["commands"]]: CommandHandler<T, K, W> };
type QueryHandlers<T extends ChannelTypes, W, C> = { readonly [K in keyof T["queries"]]: QueryHandler<T, K, W, C> };

/** How the server serves a channel. */
export type ServeOptions<T extends ChannelTypes, W, C> = {
  /**
   * Whether the user may do `action` on the topic; asked before a watch, a command, presence and a broadcast.
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
   * What is due on the topic in this state. Pure. A timer is armed when the state first names it, and gone when the state names
   * it no more; a name with another instant is another timer.
   */
  readonly timers?: (state: T["state"], params: T["params"]) => readonly Timer<T>[];
  /**
   * After how many events a snapshot of the state is stored, so that loading a topic reads no more events than that.
   * @default 500
   */
  readonly snapshotEvery?: number;
  readonly retention?: Retention;
} & (keyof T["commands"] extends never ? {} : { readonly commands: CommandHandlers<T, W> }) &
  (keyof T["queries"] extends never ? {} : { readonly queries: QueryHandlers<T, W, C> });

/** A channel with the code that serves it, ready for `createRealtime`. */
export interface ServedChannel<T extends ChannelTypes, W, C> {
  readonly channel: Channel<T>;
  readonly options: ServeOptions<T, W, C>;
}

/** A served channel of any types, for code that serves them all. */
// biome-ignore lint/suspicious/noExplicitAny: a served channel both consumes and produces its types, so no other bound holds all
export type AnyServed<W = any, C = any> = ServedChannel<any, W, C>;

/**
 * Puts a contract together with the handlers that decide its commands. Applications use the one that `initRealtime`
 * returns, which knows their user and context; a library that serves a channel for everybody uses this one.
 *
 * @throws {ShoalError} `BAD_REQUEST` when a declared command or query has no handler
 */
export function serveChannel<T extends ChannelTypes, W extends User | null = User | null, C = object>(
  channel: Channel<T>,
  options: ServeOptions<T, W, C>,
): ServedChannel<T, W, C> {
  const { commands = {}, queries = {} } = options as { commands?: object; queries?: object };
  for (const name of Object.keys(channel.commands)) requireHandler(channel.name, "command", name, commands);
  for (const name of Object.keys(channel.queries)) requireHandler(channel.name, "query", name, queries);
  return { channel, options };
}

function requireHandler(channel: string, kind: string, name: string, handlers: object): void {
  if (Object.hasOwn(handlers, name)) return;
  throw new ShoalError(
    "BAD_REQUEST",
    `Channel "${channel}": the ${kind} "${name}" has no handler. Add it to serveChannel.`,
  );
}
