import { TRPCError } from "@trpc/server";

/** Without a message it says what its cause says. */
export function malformed(message?: string, cause?: unknown): TRPCError {
  return new TRPCError({ code: "PARSE_ERROR", cause, ...(message && { message }) });
}
