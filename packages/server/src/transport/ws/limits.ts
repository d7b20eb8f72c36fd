import { type ConnectionLimits, withConnectionDefaults } from "../../security/connection-limits.ts";
import { type ReaderLimits, withReaderDefaults } from "../reader-limits.ts";

/** What this handler adds to tRPC's: what a client may cost, and how long it may take to say who it is. */
export interface SocketLimits extends ReaderLimits, Partial<ConnectionLimits> {
  /**
   * How many subscriptions one connection may have. One more is answered `TOO_MANY_REQUESTS`.
   * @default 1000
   */
  readonly maxSubscriptions?: number;
  /**
   * How many characters the requests of one connection's subscriptions may have together, which are kept as long as the subscriptions.
   * One more is answered `TOO_MANY_REQUESTS`.
   * @default 1048576
   */
  readonly maxSubscriptionChars?: number;
  /**
   * How many queries and mutations of one connection run at a time, and subscriptions begin. More wait in their order, and nothing
   * more is read from the client meanwhile.
   * @default 100
   */
  readonly maxCalls?: number;
  /**
   * How many messages in a row may be malformed. Each is answered `PARSE_ERROR`; with the last the connection is closed with 4000.
   * @default 20
   */
  readonly maxMalformed?: number;
  /**
   * How long a client that announced its `connectionParams` may take to send them, in milliseconds, before it is closed with 4001.
   * @default 5000
   */
  readonly authenticateMs?: number;
  /**
   * How long before its credentials expire a client is asked for new ones, in milliseconds; at most half of the time that is left of
   * them. See `expiresAt` of `initRealtime`.
   * @default 30000
   */
  readonly refreshMs?: number;
  /**
   * How many messages a client may send in a second, on and on; one that was silent before may send those of ten seconds at once. Each
   * request of an array counts, and each ping and pong. More is a flood, which closes the connection with 4008. 0 is as many as it likes.
   * @default 1000
   */
  readonly maxMessagesPerSecond?: number;
  /**
   * WebSocket pings, which browsers answer by themselves. A client that is silent for `pingMs` milliseconds gets one, and is
   * disconnected when it is silent for `pongMs` more.
   * @default { pingMs: 25000, pongMs: 10000 }
   */
  readonly heartbeat?: { readonly pingMs?: number; readonly pongMs?: number } | false;
}

/** A silent client may make up for so many seconds at once: one that connects anew asks for all it had. */
const burstSeconds = 10;

/** The one place where defaults stand. */
export function withDefaults({ heartbeat = {}, ...options }: SocketLimits) {
  const { maxMessagesPerSecond = 1_000 } = options;
  return {
    ...withReaderDefaults(options),
    ...withConnectionDefaults(options),
    maxSubscriptions: options.maxSubscriptions ?? 1_000,
    maxSubscriptionChars: options.maxSubscriptionChars ?? 1024 * 1024,
    maxCalls: options.maxCalls ?? 100,
    maxMalformed: options.maxMalformed ?? 20,
    authenticateMs: options.authenticateMs ?? 5_000,
    refreshMs: options.refreshMs ?? 30_000,
    maxMessagesPerSecond,
    messagesAtOnce: maxMessagesPerSecond === 0 ? Number.POSITIVE_INFINITY : maxMessagesPerSecond * burstSeconds,
    heartbeat: heartbeat && { pingMs: heartbeat.pingMs ?? 25_000, pongMs: heartbeat.pongMs ?? 10_000 },
  };
}

export type Limits = ReturnType<typeof withDefaults>;

/**
 * Options for a `WebSocketServer`, which refuses a message before it is whole: 256 KiB, in 64 fragments. Its own defaults are
 * 100 MiB and 16,384.
 */
export const serverLimits = { maxPayload: 256 * 1024, maxFragments: 64 } as const;
