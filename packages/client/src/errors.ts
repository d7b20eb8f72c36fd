import { type ErrorCode, errorCodes, ShoalError } from "@shoal/contract";
import { isTRPCClientError } from "@trpc/client";

/**
 * Turns whatever a request threw into a {@link ShoalError}. Its code is the one the server answered with (`OUTDATED` travels as
 * `PRECONDITION_FAILED`), or `INTERNAL_SERVER_ERROR` where Shoal does not know that one, or `SERVICE_UNAVAILABLE` where nobody answered.
 */
export function toShoalError(cause: unknown): ShoalError {
  if (cause instanceof ShoalError) return cause;
  if (!isTRPCClientError(cause) || !cause.shape) return unanswered(cause);
  const sent: unknown = cause.data?.code;
  const code = sent === "PRECONDITION_FAILED" ? "OUTDATED" : sent;
  return new ShoalError(isErrorCode(code) ? code : "INTERNAL_SERVER_ERROR", cause.message, { cause });
}

/** The error of a request that nobody answered. */
export function unanswered(cause: unknown): ShoalError {
  return new ShoalError("SERVICE_UNAVAILABLE", "The connection closed before the server answered. Try again.", {
    cause,
  });
}

/** The error of whatever is asked of a client after its `close()`. */
export function clientClosed(): ShoalError {
  return new ShoalError("CLOSED", "This client was closed. Create another one.");
}

function isErrorCode(code: unknown): code is ErrorCode {
  return (errorCodes as readonly unknown[]).includes(code);
}
