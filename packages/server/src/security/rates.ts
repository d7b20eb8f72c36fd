import { ShoalError } from "@shoal/contract";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import type { User } from "../user.ts";

/** How often one user may ask something of a channel, on one node. 0 is as often as they like. */
export interface RateOptions {
  /** @default 100 */
  readonly commandsPerMinute?: number;
  /** @default 0 */
  readonly broadcastsPerMinute?: number;
  /** @default 0 */
  readonly queriesPerMinute?: number;
  /** How often a watch may begin. @default 0 */
  readonly watchesPerMinute?: number;
}

/** What is counted. Presence is not: what changes within a turn is one frame. */
export type Counted = "commands" | "broadcasts" | "queries" | "watches";

/** The one place where defaults stand. */
export function withDefaults(options: RateOptions = {}): Required<RateOptions> {
  const why = wrongIn(options);
  if (why) throw new ShoalError("BAD_REQUEST", why);
  return {
    commandsPerMinute: options.commandsPerMinute ?? 100,
    broadcastsPerMinute: options.broadcastsPerMinute ?? 0,
    queriesPerMinute: options.queriesPerMinute ?? 0,
    watchesPerMinute: options.watchesPerMinute ?? 0,
  };
}

/** What is wrong in rates, if anything is. */
export function wrongIn(rates: RateOptions): string | undefined {
  for (const [name, rate] of Object.entries(rates) as [string, unknown][]) {
    if (rate === undefined || (Number.isSafeInteger(rate) && Number(rate) >= 0)) continue;
    return `\`rates.${name}\` must be a whole number, how often a minute; 0 is as often as they like.`;
  }
  return undefined;
}

/** Counts what each may do in a minute: the port behind which a limiter for many nodes can stand. */
interface RateLimiter {
  /** Takes one of what the key may have. @returns 0, or how many milliseconds to wait when there is none left */
  take(key: string): Promise<number>;
}

/** How a node counts: it makes the limiters, and knows whose request is whose. */
export interface RatesOptions {
  /** What holds where a channel says nothing. */
  readonly rates: Required<RateOptions>;
  /** Where a context's requests come from. */
  readonly address: (ctx: unknown) => string | undefined;
}

/** The rates of a realtime's channels. */
export class Rates {
  readonly #options: RatesOptions;
  /** By what is counted of which channel: all commands of a channel are counted together, and so are its queries. */
  readonly #rates = new Map<string, Rate>();

  constructor(options: RatesOptions) {
    this.#options = options;
  }

  /** @returns what counts one thing in one channel, or `undefined` where anybody may do it as often as they like */
  of(channel: string, own: RateOptions, counted: Counted): Rate | undefined {
    const perMinute = own[`${counted}PerMinute`] ?? this.#options.rates[`${counted}PerMinute`];
    if (perMinute === 0) return undefined;
    const { address } = this.#options;
    const what = `${counted} to "${channel}"`;
    const rate =
      this.#rates.get(what) ?? new Rate({ limiter: createMemoryLimiter(perMinute), perMinute, what, address });
    this.#rates.set(what, rate);
    return rate;
  }
}

interface OneRate extends Pick<RatesOptions, "address"> {
  readonly limiter: RateLimiter;
  readonly perMinute: number;
  readonly what: string;
}

/** How often each caller may ask one thing of one channel. */
export class Rate {
  readonly #options: OneRate;

  constructor(options: OneRate) {
    this.#options = options;
  }

  /** @throws {ShoalError} `TOO_MANY_REQUESTS`, with the time after which there is more */
  async take(user: User | null, ctx: unknown): Promise<void> {
    const { limiter, perMinute, what } = this.#options;
    const retryAfterMs = await limiter.take(this.#keyOf(user, ctx));
    if (retryAfterMs === 0) return;
    const seconds = Math.ceil(retryAfterMs / 1_000);
    const message = `Too many ${what}. The limit is ${perMinute} a minute; try again in ${seconds} s.`;
    throw new ShoalError("TOO_MANY_REQUESTS", message, { retryAfterMs });
  }

  /**
   * Whose requests are counted together. Who is not signed in brings nothing that counts: the address tells them apart, and where it is
   * not known all are one.
   */
  #keyOf(user: User | null, ctx: unknown): string {
    if (!user) return `address ${this.#options.address(ctx) ?? ""}`;
    return user.tenant === undefined ? `user ${user.id}` : `tenant ${user.tenant.length} ${user.tenant} ${user.id}`;
  }
}

/** Counts in the memory of this node. */
function createMemoryLimiter(perMinute: number): RateLimiter {
  const limiter = new RateLimiterMemory({ points: perMinute, duration: 60, keyPrefix: "" });
  return {
    async take(key) {
      try {
        await limiter.consume(key);
        return 0;
      } catch (error) {
        if (error instanceof RateLimiterRes) return Math.max(1, error.msBeforeNext);
        throw error;
      }
    },
  };
}
