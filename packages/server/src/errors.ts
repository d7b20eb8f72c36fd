import { randomUUID } from "node:crypto";
import { type ErrorCode, ShoalError } from "@shoal/contract";
import { TRPCError } from "@trpc/server";
import type { Logger } from "./logger.ts";

/** The faults that were logged where they happened: their messages are for callers. */
const told = new WeakSet<ShoalError>();

/** Logs a fault of the server's own code, and returns what those whom it concerns are told: its id in the log. */
export function tellFault(logger: Logger, fields: object, what: string): ShoalError {
  const requestId = randomUUID();
  logger.error({ ...fields, requestId }, what);
  const message = `Something failed on the server. Its log says more under ${requestId}.`;
  const fault = new ShoalError("INTERNAL_SERVER_ERROR", message);
  told.add(fault);
  return fault;
}

/**
 * What a procedure throws, made fit to leave the server: errors that were meant for the caller pass, anything else is
 * logged under an id, and the caller gets the id.
 */
export function toTRPCError(error: unknown, logger: Logger): TRPCError {
  if (error instanceof TRPCError) return error;
  if (error instanceof ShoalError && (error.code !== "INTERNAL_SERVER_ERROR" || told.has(error))) {
    return new TRPCError({ code: toTRPCCode(error.code), message: error.message });
  }
  return toTRPCError(tellFault(logger, { error }, "a procedure failed"), logger);
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
