import { ShoalError } from "@shoal/contract";

/** A fault in the server's own code: a handler, an `apply`, a view. Its text is for the log, not for callers. */
export function misuse(message: string, cause?: unknown): ShoalError {
  return new ShoalError("INTERNAL_SERVER_ERROR", message, { cause });
}
