/** What this handler adds to tRPC's: what a client may cost. */
export interface SocketLimits {
  /**
   * How many bytes may wait for a client that does not take them. Above, nothing more is pulled or pushed for it and nothing more is
   * read from it, until all is taken.
   * @default 1048576
   */
  readonly maxBufferedBytes?: number;
  /**
   * How many frames of a `watch` wait for such a client before they are dropped and it goes on from a snapshot; and how many values of
   * an observable, before it is closed with 4008.
   * @default 256
   */
  readonly queue?: number;
  /**
   * How long a client may take nothing at all while bytes wait for it, in milliseconds, before it is closed with 4008.
   * @default 30000
   */
  readonly slowMs?: number;
  /**
   * How many subscriptions one connection may have. One more is answered `TOO_MANY_REQUESTS`.
   * @default 1000
   */
  readonly maxSubscriptions?: number;
  /**
   * How many messages in a row may be malformed. Each is answered `PARSE_ERROR`; with the last the connection is closed with 4000.
   * @default 20
   */
  readonly maxMalformed?: number;
  /**
   * WebSocket pings, which browsers answer by themselves. A client that is silent for `pingMs` milliseconds gets one, and is
   * disconnected when it is silent for `pongMs` more.
   * @default { pingMs: 25000, pongMs: 10000 }
   */
  readonly heartbeat?: { readonly pingMs?: number; readonly pongMs?: number } | false;
}

/** The one place where defaults stand. */
export function withDefaults({ heartbeat = {}, ...options }: SocketLimits) {
  return {
    maxBufferedBytes: options.maxBufferedBytes ?? 1024 * 1024,
    queue: options.queue ?? 256,
    slowMs: options.slowMs ?? 30_000,
    maxSubscriptions: options.maxSubscriptions ?? 1_000,
    maxMalformed: options.maxMalformed ?? 20,
    heartbeat: heartbeat && { pingMs: heartbeat.pingMs ?? 25_000, pongMs: heartbeat.pongMs ?? 10_000 },
  };
}

export type Limits = ReturnType<typeof withDefaults>;

/**
 * Options for a `WebSocketServer`, which refuses a message before it is whole: 256 KiB, in 64 fragments. Its own defaults are
 * 100 MiB and 16,384.
 */
export const serverLimits = { maxPayload: 256 * 1024, maxFragments: 64 } as const;
