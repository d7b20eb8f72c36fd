/**
 * Every code a Shoal error can have. All but `OUTDATED` and `CLOSED` are codes of tRPC too, and mean there what they mean here;
 * `OUTDATED` travels as tRPC's `PRECONDITION_FAILED`.
 *
 * - `BAD_REQUEST` the input does not fit its schema, or the request makes no sense; sending it again will not help
 * - `UNAUTHORIZED` nobody is signed in, or the token is not valid
 * - `FORBIDDEN` the user may not do this
 * - `NOT_FOUND` there is no such channel, topic or item
 * - `CONFLICT` the `commandId` was used before with another input
 * - `OUTDATED` the client's contract is older than the server's; reload the page
 * - `PAYLOAD_TOO_LARGE` the input is over the server's limit
 * - `TOO_MANY_REQUESTS` a rate limit answered
 * - `TIMEOUT` no answer came in time
 * - `SERVICE_UNAVAILABLE` the server, or the store behind it, cannot answer now
 * - `CLOSED` the client, the topic or the server was closed
 * - `INTERNAL_SERVER_ERROR` a fault that only the server's log explains
 */
export const errorCodes = [
  "BAD_REQUEST",
  "UNAUTHORIZED",
  "FORBIDDEN",
  "NOT_FOUND",
  "CONFLICT",
  "OUTDATED",
  "PAYLOAD_TOO_LARGE",
  "TOO_MANY_REQUESTS",
  "TIMEOUT",
  "SERVICE_UNAVAILABLE",
  "CLOSED",
  "INTERNAL_SERVER_ERROR",
] as const;

export type ErrorCode = (typeof errorCodes)[number];

const retryable: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["TOO_MANY_REQUESTS", "TIMEOUT", "SERVICE_UNAVAILABLE"]);

/** Whether the same request may succeed later without anybody changing it. The one place that decides this. */
export function isRetryable(code: ErrorCode): boolean {
  return retryable.has(code);
}

export interface ShoalErrorOptions {
  readonly cause?: unknown;
  /** After how many milliseconds it makes sense to try again, where that is known. */
  readonly retryAfterMs?: number | undefined;
}

/** The one error of Shoal: a code for programs and a message that tells people what happened and what to do. */
export class ShoalError extends Error {
  override readonly name = "ShoalError";
  readonly code: ErrorCode;
  /** After how many milliseconds it makes sense to try again, where that is known: a rate limit tells it. */
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, { retryAfterMs, ...options }: ShoalErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}
