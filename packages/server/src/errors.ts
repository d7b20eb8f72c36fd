import { randomUUID } from "node:crypto";
import { type ErrorCode, ShoalError } from "@shoal/contract";
import { TRPCError } from "@trpc/server";
import { type ErrorDetails, setErrorDetails } from "./error-details.ts";
import type { Logger } from "./logger.ts";

/** The faults that were logged where they happened, with the ids: their messages are for callers. */
const told = new WeakMap<ShoalError, string>();

/** Those that may leave as they are. */
const fit = new WeakSet<TRPCError>();

/** The longest message that leaves the server, in characters. */
const maxMessage = 2_000;

/** Logs a fault of the server's own code, and returns what those whom it concerns are told: its id in the log. */
export function tellFault(logger: Logger, fields: object, what: string): ShoalError {
  const requestId = randomUUID();
  logger.error({ ...fields, requestId }, what);
  const message = `Something failed on the server. Its log says more under ${requestId}.`;
  const fault = new ShoalError("INTERNAL_SERVER_ERROR", message);
  told.set(fault, requestId);
  return fault;
}

/**
 * What a procedure throws, made fit to leave the server: errors that were meant for the caller pass, anything else is
 * logged under an id, and the caller gets the id. None brings its stack or its cause.
 */
export function toTRPCError(error: unknown, logger: Logger): TRPCError {
  return meantForCaller(error, logger) ?? toLeaving(tellFault(logger, { error }, "a procedure failed"));
}

function meantForCaller(error: unknown, logger: Logger): TRPCError | undefined {
  try {
    if (error instanceof ShoalError) {
      return error.code !== "INTERNAL_SERVER_ERROR" || told.has(error) ? toLeaving(error) : undefined;
    }
    if (!(error instanceof TRPCError)) return undefined;
    if (fit.has(error)) return error;
    return error.code === "INTERNAL_SERVER_ERROR" ? undefined : ofTRPC(error, logger);
  } catch {
    // One whose own getters throw tells nobody anything.
    return undefined;
  }
}

/** What was meant for the caller, as it leaves the server. */
export function toLeaving(error: ShoalError): TRPCError {
  const leaving = new TRPCError({ code: toTRPCCode(error.code), message: cut(error.message) });
  // In development tRPC sends the stack.
  Object.defineProperty(leaving, "stack", { value: undefined });
  const details: ErrorDetails = { ...withId(told.get(error)), ...withTime(error.retryAfterMs) };
  if (Object.keys(details).length > 0) setErrorDetails(leaving, details);
  fit.add(leaving);
  return leaving;
}

/** One of the application's own: what its error format knows it by stays, and what only the server may see does not. */
function ofTRPC(error: TRPCError, logger: Logger): TRPCError {
  const { code, cause, message } = error;
  if (cause !== undefined) logger.info({ error }, "a caller was refused, for a cause that is told here alone");
  const leaving = Object.create(error, {
    code: { value: code, enumerable: true },
    // Where none is given, tRPC takes the cause's.
    message: { value: cut(cause !== undefined && message === cause.message ? code : message) },
    cause: { value: undefined },
    stack: { value: undefined },
  }) as TRPCError;
  fit.add(leaving);
  return leaving;
}

function withId(requestId: string | undefined): ErrorDetails {
  return requestId === undefined ? {} : { requestId };
}

function withTime(retryAfterMs: number | undefined): ErrorDetails {
  return retryAfterMs === undefined ? {} : { retryAfterMs };
}

function cut(message: string): string {
  return message.length > maxMessage ? `${message.slice(0, maxMessage)}…` : message;
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
