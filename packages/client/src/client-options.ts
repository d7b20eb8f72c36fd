import type { AnyChannel, Sender, ShoalError } from "@shoal/contract";
import type { Transport } from "./connection.ts";
import type { Transformer } from "./transformer.ts";
import type { WebSocketConstructor } from "./web-socket.ts";

/** Who uses a client, as the application knows it. */
export interface ClientUser extends Sender {
  /** Whose topics they are, where the server tells tenants apart. */
  readonly tenant?: string | undefined;
}

export interface ClientOptions<Channels extends readonly AnyChannel[]> {
  /** The tRPC endpoint: `http(s)://…` or `ws(s)://…`, or in a browser a path of its own server, such as `/trpc`. */
  readonly url: string;
  /** The contracts of the channels to use. */
  readonly channels: Channels;
  /**
   * Where the realtime router is mounted in the application's router; `""` where it is the whole of it.
   *
   * @default "realtime"
   */
  readonly path?: string | undefined;
  /**
   * What the server knows the user by. It is asked before each connection, and when the server wants another one since the last is about to
   * expire. Over a WebSocket it reaches the server's `createContext` as `info.connectionParams.token`, over HTTP as the header
   * `Authorization: Bearer <token>`; null or an empty one connects without. One that throws, or takes longer than ten seconds, is asked
   * again with the next attempt.
   */
  readonly token?: (() => string | null | Promise<string | null>) | undefined;
  /**
   * Who the user is now, as the token says. It makes predictions look right before the server confirms them. It is also how
   * the client knows that somebody else has signed in, since a token may change and be the same user's: what one user has asked for
   * is never sent as another, and what one has seen is not shown to another. A client without it is a client of one user: create
   * another one for the next.
   *
   * @default () => null
   */
  readonly user?: (() => ClientUser | null) | undefined;
  /**
   * Called once, when the server serves a newer version of a channel than this client has: reload the page, which brings the new
   * code. Topics that failed for it show the error, with the code `OUTDATED`.
   */
  readonly onOutdated?: ((error: ShoalError) => void) | undefined;
  /** The data transformer of the application's tRPC, if it has one. */
  readonly transformer?: Transformer | undefined;
  /**
   * How to reach the server. `"auto"` takes a WebSocket, and where none gets through although the server answers over HTTP, `"sse"`:
   * a stream of server-sent events for each topic, and HTTP for the rest. What was found holds for the client, and in a browser for the
   * tab, for an hour. A query that the contract calls `large` is asked over HTTP in any case.
   *
   * @default "auto"
   */
  readonly transport?: Transport | "auto" | undefined;
  /**
   * The largest message that the server takes, in bytes: its own option `maxPayload`. An input that makes a larger one is refused with
   * `PAYLOAD_TOO_LARGE` before it is sent.
   *
   * @default 262144
   */
  readonly maxPayload?: number | undefined;
  /**
   * What to connect with.
   *
   * @default the platform's own
   */
  readonly WebSocket?: WebSocketConstructor | undefined;
  /**
   * What to ask with over HTTP.
   *
   * @default the platform's own
   */
  readonly fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
  /** Headers to send over HTTP besides. It is asked before each request. */
  readonly headers?: (() => Record<string, string> | Promise<Record<string, string>>) | undefined;
  /**
   * How many streams may be open at once over `"sse"`. More subscriptions than that take turns.
   *
   * @default 4 in a browser that speaks HTTP/1 with the server, where six connections are all there are; without limit elsewhere
   */
  readonly maxStreams?: number | undefined;
  /**
   * How long a topic stays watched after its last subscriber has left, in milliseconds.
   *
   * @default 1000
   */
  readonly keepAlive?: number | undefined;
  /**
   * The least time between two presence updates of a topic, in milliseconds.
   *
   * @default 50
   */
  readonly presenceInterval?: number | undefined;
  /**
   * How long a request waits for its answer, in milliseconds, the wait for a connection included. A query or a broadcast then fails
   * with `TIMEOUT`; a command is sent again. A large answer that comes over HTTP beside a WebSocket may take longer, as long as it is coming.
   *
   * @default 10000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * How many commands of a user may wait, offline or behind others. The next one is refused with `TOO_MANY_REQUESTS`.
   *
   * @default 1000
   */
  readonly maxQueued?: number | undefined;
  /**
   * How long a command may stay without an answer, in milliseconds, the time offline included. It then fails with `TIMEOUT`. It must be less than
   * the time for which the server keeps outcomes, 24 hours by default, or a command could be done twice.
   *
   * @default 43200000
   */
  readonly maxQueuedMs?: number | undefined;
}

/** What is used where an option is not given. */
const defaultOptions = {
  path: "realtime",
  transport: "auto" as const,
  maxPayload: 256 * 1024,
  user: () => null,
  onOutdated: () => {},
  keepAlive: 1_000,
  presenceInterval: 50,
  timeoutMs: 10_000,
  maxQueued: 1_000,
  maxQueuedMs: 12 * 60 * 60 * 1_000,
};

type Defaulted = { readonly [Name in keyof typeof defaultOptions]: NonNullable<ClientOptions<[]>[Name]> };

/** The options that have a default, each as it was given or else by its default. */
export function withDefaults(options: ClientOptions<readonly AnyChannel[]>): Defaulted {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...defaultOptions, ...Object.fromEntries(given) };
}
