import type { TRPCRequestInfo } from "@trpc/server/http";
import { lateRenewalMs } from "../../security/expiry.ts";

export type ConnectionParams = TRPCRequestInfo["connectionParams"];

/** How soon after one renewal the next may begin, in milliseconds. */
const renewalGapMs = 1_000;

/**
 * ```
 * good ──soon over──▶ asked for new ones ──over──▶ expired
 *   ▲                        │ offered, renewed
 *   └────────────────────────┘
 * ```
 *
 * Until when what a client signed in with is good, when it is to be asked for more, and what it offered. One renewal runs at a time,
 * and at most one a second begins; of what is offered meanwhile the last one counts.
 */
export class Credentials {
  readonly #aheadMs: number;
  #expiresAt = Number.POSITIVE_INFINITY;
  #askAt = Number.POSITIVE_INFINITY;
  #offered: { readonly params: ConnectionParams } | undefined;
  #renewing = false;
  #renewableAt = Number.NEGATIVE_INFINITY;

  /** @param aheadMs - how long before they expire new ones are asked for, in milliseconds */
  constructor(aheadMs: number) {
    this.#aheadMs = aheadMs;
  }

  /** They are good until then, in milliseconds since the epoch. */
  hold(expiresAt: number | undefined, now: number): void {
    this.#expiresAt = expiresAt ?? Number.POSITIVE_INFINITY;
    this.#askAt = this.#expiresAt - Math.min(this.#aheadMs, (this.#expiresAt - now) / 2);
  }

  /** What is to be done now. New ones are asked for once, and by then that many milliseconds early. */
  step(now: number, earlyMs: number): "wait" | "ask" | "end" {
    const isComing = this.#renewing || this.#offered !== undefined;
    if (now >= this.#expiresAt + (isComing ? lateRenewalMs : 0)) return "end";
    if (now < this.#askAt - earlyMs) return "wait";
    this.#askAt = Number.POSITIVE_INFINITY;
    return "ask";
  }

  offer(params: ConnectionParams): void {
    this.#offered = { params };
  }

  /** What a renewal is to begin with now; {@link done} or {@link failed} ends it. */
  begin(now: number): { readonly params: ConnectionParams } | undefined {
    if (this.#renewing || now < this.#renewableAt) return undefined;
    const offered = this.#offered;
    if (!offered) return undefined;
    this.#offered = undefined;
    this.#renewing = true;
    this.#renewableAt = now + renewalGapMs;
    return offered;
  }

  done(): void {
    this.#renewing = false;
  }

  /** The renewal came to nothing. The client is asked once more, if there is time. */
  failed(now: number): void {
    this.done();
    this.hold(this.#expiresAt, now);
  }
}
