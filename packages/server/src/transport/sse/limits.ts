import { type ReaderLimits, withReaderDefaults } from "../reader-limits.ts";

/** What this handler adds to tRPC's: what a client with a stream may cost. */
export interface StreamLimits extends ReaderLimits {
  /**
   * How long a stream is silent before it is sent a ping, in milliseconds, where the router's own `sse.ping` does not say. A client
   * that has gone without a word is found by it.
   * @default 25000
   */
  readonly pingMs?: number | false;
  /**
   * How many streams this handler may have open. One more is refused with `TOO_MANY_REQUESTS`.
   * @default 10000
   */
  readonly maxStreams?: number;
  /**
   * How many of them may be of one user who is signed in: each topic that is watched is one. One more is refused likewise.
   * @default 100
   */
  readonly maxStreamsPerUser?: number;
  /**
   * Whether a proxy in front of this server says by the last entry of `X-Forwarded-For` who asked, by which rates tell strangers apart.
   * @default false
   */
  readonly trustProxy?: boolean;
}

/** The one place where defaults stand. */
export function withDefaults({
  pingMs = 25_000,
  maxStreams = 10_000,
  maxStreamsPerUser = 100,
  ...limits
}: StreamLimits) {
  return { ...withReaderDefaults(limits), pingMs, maxStreams, maxStreamsPerUser };
}

export type Limits = ReturnType<typeof withDefaults>;
