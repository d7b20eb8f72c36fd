import type { ShoalError } from "@shoal/contract";
import type { Readable } from "./store.ts";

/**
 * ```
 * idle ──first use──▶ connecting ──▶ open ◀──▶ reconnecting
 *                         └──────────────────────▲
 * any ──close(), or refused by the server──▶ closed
 * ```
 *
 * - `idle` nothing has needed the server yet
 * - `connecting` the first attempt is under way
 * - `open` the server can be reached
 * - `reconnecting` it could not be reached, or is no longer; attempts go on
 * - `closed` by `close()`, or the server refused the user: then `error` says why, and the next request tries anew
 */
export type ConnectionStatus = "idle" | "connecting" | "open" | "reconnecting" | "closed";

export interface ConnectionState {
  readonly status: ConnectionStatus;
  /** Since when, in milliseconds since the epoch by this machine's clock; 0 for the first `idle`. */
  readonly since: number;
  /** Why it is not open, where that is known. */
  readonly error: ShoalError | undefined;
}

/** The client's one link to the server, shared by all topics. */
export interface Connection extends Readable<ConnectionState> {}

/** What every connection starts from, and what a server renders. */
export const initialConnectionState: ConnectionState = { status: "idle", since: 0, error: undefined };
