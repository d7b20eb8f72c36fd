import { type ErrorCode, errorCodes, ShoalError } from "@shoal/contract";

/** As much of an error as tRPC's error formats have in common. */
interface ErrorShape {
  readonly message?: unknown;
  readonly data?: { readonly code?: unknown; readonly retryAfterMs?: unknown } | undefined;
}

/** How tRPC says it, over a WebSocket and over HTTP. */
const noProcedure = /^No .*procedure .*on path /;

/**
 * The error that the server answered with. Its code is the server's (`OUTDATED` travels as `PRECONDITION_FAILED`), or
 * `INTERNAL_SERVER_ERROR` where Shoal does not know that one. `cause` is the error as it came, with all that the application's error
 * format put there. Where the server told it, `retryAfterMs` is when to try again.
 *
 * @param told - the same, as it was told beside the error
 */
export function answeredError(shape: unknown, told?: number): ShoalError {
  const { message, data } = (shape ?? {}) as ErrorShape;
  const code = data?.code === "PRECONDITION_FAILED" ? "OUTDATED" : data?.code;
  const text =
    typeof message !== "string"
      ? "The server's error cannot be read. Is the client's `transformer` that of the server?"
      : noProcedure.test(message)
        ? `${message}. Is the channel served, and the realtime's router mounted at the client's \`path\`?`
        : message;
  const retryAfterMs = toDuration(data?.retryAfterMs) ?? told;
  return new ShoalError(isErrorCode(code) ? code : "INTERNAL_SERVER_ERROR", text, { cause: shape, retryAfterMs });
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

function toDuration(sent: unknown): number | undefined {
  return typeof sent === "number" && Number.isFinite(sent) && sent >= 0 ? sent : undefined;
}

function isErrorCode(code: unknown): code is ErrorCode {
  return (errorCodes as readonly unknown[]).includes(code);
}
