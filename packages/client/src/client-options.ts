import type { AnyChannel, Sender, ShoalError } from "@shoal/contract";
import type { Transformer } from "./transformer.ts";
import type { WebSocketConstructor } from "./web-socket.ts";

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
   * What the server knows the user by. It is asked before each connection and reaches the server's `createContext` as
   * `info.connectionParams.token`; null connects without one. One that throws is asked again with the next attempt.
   */
  readonly token?: (() => string | null | Promise<string | null>) | undefined;
  /**
   * Who the user is, for predictions to look right before the server confirms them.
   *
   * @default () => null
   */
  readonly user?: (() => Sender | null) | undefined;
  /**
   * Called once, when the server serves a newer version of a channel than this client has: reload the page, which brings the new
   * code. Topics that failed for it show the error, with the code `OUTDATED`.
   */
  readonly onOutdated?: ((error: ShoalError) => void) | undefined;
  /** The data transformer of the application's tRPC, if it has one. */
  readonly transformer?: Transformer | undefined;
  /**
   * What to connect with.
   *
   * @default the platform's own
   */
  readonly WebSocket?: WebSocketConstructor | undefined;
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
}

/** What is used where an option is not given. */
export const defaultOptions = {
  path: "realtime",
  user: () => null,
  onOutdated: () => {},
  keepAlive: 1_000,
  presenceInterval: 50,
};
