import { randomUUID } from "node:crypto";
import { type ErrorCode, ShoalError } from "@shoal/contract";
import { TRPCError } from "@trpc/server";
import type { Logger } from "./logger.ts";

/**
 * What a procedure throws, made fit to leave the server: errors that were meant for the caller pass, anything else is
 * logged under an id, and the caller gets the id.
 */
export function toTRPCError(error: unknown, logger: Logger): TRPCError {
  if (error instanceof TRPCError) return error;
  if (error instanceof ShoalError && error.code !== "INTERNAL_SERVER_ERROR") {
    return new TRPCError({ code: toTRPCCode(error.code), message: error.message });
  }
  const requestId = randomUUID();
  logger.error({ error, requestId }, "a procedure failed");
  const message = `Something failed on the server. Its log says more under ${requestId}.`;
  return new TRPCError({ code: "INTERNAL_SERVER_ERROR", message });
}

/** The codes that tRPC does not have travel as others. */
function toTRPCCode(code: ErrorCode): TRPCError["code"] {
  switch (code) {
    case "CLOSED":
      return "SERVICE_UNAVAILABLE";
    case "OUTDATED":
      return "PRECONDITION_FAILED";
    default:
      return code;
  }
}
