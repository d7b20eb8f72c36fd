import { ShoalError } from "@shoal/contract";

const again = "Try again; a command under the same commandId.";

/** What passes by itself or once somebody sees to the server, by SQLSTATE or by its class, and what to say of it. */
const passing: ReadonlyMap<string, string> = new Map([
  ["08", `The connection to Postgres broke. ${again}`],
  ["53", "Postgres has run out of a resource. See its log."],
  ["53100", "The disk of Postgres is full. Make room on it."],
  ["53300", "Postgres has no connection left. Make pools smaller, or raise its max_connections."],
  ["57", `Postgres ended the statement. ${again}`],
  ["57P01", `Postgres is shutting down. ${again}`],
  ["57P02", `Postgres crashed and is starting again. ${again}`],
  ["57P03", `Postgres is starting up or shutting down. ${again}`],
  ["58", "Postgres cannot read or write its files. See its log."],
  ["25006", "This Postgres is a standby or read-only. Connect to the primary."],
  ["25P03", "A transaction was left idle for too long and Postgres ended it. See what blocks this process."],
  ["55000", "This Postgres is not ready to be written to: it may be a standby. Connect to the primary."],
  [
    "55P03",
    "A topic stayed locked by another transaction for too long. Either that transaction awaits something that in turn awaits this " +
      "topic, such as a command sent without its `tx`: send it with `tx`, or after the commit. Or two transactions lock topics and " +
      "rows in opposite orders: take them in the same order. Roll back and run it again.",
  ],
]);

/**
 * An error of the driver as the port wants it: what may pass is `SERVICE_UNAVAILABLE`; what the statement or the data is the
 * reason of stays as it is.
 */
export function toFailure(error: unknown): unknown {
  if (error instanceof ShoalError) return error;
  const state = sqlState(error);
  if (state === undefined) return unreachable(error);
  const message = passing.get(state) ?? passing.get(state.slice(0, 2));
  return message === undefined ? error : new ShoalError("SERVICE_UNAVAILABLE", message, { cause: error });
}

/** The same for the application's transaction, where an error without a SQLSTATE is the application's own. */
export function toJoinedFailure(error: unknown): unknown {
  return sqlState(error) === undefined ? error : toFailure(error);
}

/** In a transaction that was begun to read, a write is the statement's own mistake. */
export function toReadingFailure(error: unknown): unknown {
  const cause = error instanceof ShoalError ? error.cause : undefined;
  return sqlState(cause) === "25006" ? cause : error;
}

export function unreachable(cause?: unknown): ShoalError {
  const message = `Postgres cannot be reached or does not answer in time. ${again}`;
  return new ShoalError("SERVICE_UNAVAILABLE", message, { cause });
}

/** Whether the server answered with an error and goes on; otherwise nobody knows what the connection is worth. */
export function leavesConnection(error: unknown): boolean {
  return sqlState(error) !== undefined && (error as { severity?: unknown }).severity === "ERROR";
}

/** Codes of Node.js and of query builders can look alike, but no class of SQLSTATE begins as theirs do. */
const shape = /^(?:\d[\dA-Z]|F0|HV|P0|XX)[\dA-Z]{3}$/;

/** The SQLSTATE that the server gave, as `pg` tells it or as others wrap it. */
function sqlState(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { code, originalCode, meta, cause, driverAdapterError } = error as Readonly<Record<string, unknown>>;
  const state = [code, originalCode].find((one) => typeof one === "string" && shape.test(one));
  return (state as string | undefined) ?? sqlState(meta) ?? sqlState(cause) ?? sqlState(driverAdapterError);
}
