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
   * Whether a proxy in front of this server says by the last entry of `X-Forwarded-For` who asked, by which rates tell strangers apart.
   * @default false
   */
  readonly trustProxy?: boolean;
}

/** The one place where defaults stand. */
export function withDefaults({ pingMs = 25_000, ...limits }: StreamLimits) {
  return { ...withReaderDefaults(limits), pingMs };
}

export type Limits = ReturnType<typeof withDefaults>;
