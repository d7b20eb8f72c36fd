import type { ShoalError } from "@shoal/contract";
import type { Readable } from "./store.ts";

/** How the server is reached: over a WebSocket, or over HTTP with a stream of server-sent events for each subscription. */
export type Transport = "websocket" | "sse";

interface Common {
  /** Since when, in milliseconds since the epoch by this machine's clock; 0 for the first `idle`. */
  readonly since: number;
  readonly error: undefined;
  readonly transport: undefined;
  readonly attempt: undefined;
  readonly retryAt: undefined;
  readonly offline: false;
}

/** Nothing has needed the server yet. */
export interface IdleConnection extends Common {
  readonly status: "idle";
}

/** The first attempt is under way. */
export interface ConnectingConnection extends Common {
  readonly status: "connecting";
}

/** The server can be reached. */
export interface OpenConnection extends Omit<Common, "transport"> {
  readonly status: "open";
  readonly transport: Transport;
}

/** The server could not be reached, or can be no longer. Attempts go on. */
export interface ReconnectingConnection extends Omit<Common, "error" | "attempt" | "retryAt" | "offline"> {
  readonly status: "reconnecting";
  /** Why the last attempt failed, or the connection was lost. */
  readonly error: ShoalError;
  /** The attempt that comes next or is under way: the first since the connection was lost is 1. */
  readonly attempt: number;
  /**
   * When the next attempt begins, in milliseconds since the epoch by this machine's clock. Undefined while one is under way, and while
   * the page is frozen.
   */
  readonly retryAt: number | undefined;
  /** Whether the platform says that this device has no network. */
  readonly offline: boolean;
}

/**
 * No attempt follows by itself: the server refused, or there is nothing to connect to. `error` is the reason, with the code
 * `UNAUTHORIZED`, `FORBIDDEN` or `BAD_REQUEST`. `retry()` and the next request try anew.
 */
export interface FailedConnection extends Omit<Common, "error"> {
  readonly status: "failed";
  readonly error: ShoalError;
}

/** The client was closed. */
export interface ClosedConnection extends Common {
  readonly status: "closed";
}

/** The state of the connection, told apart by `status`, and immutable. */
export type ConnectionState =
  | IdleConnection
  | ConnectingConnection
  | OpenConnection
  | ReconnectingConnection
  | FailedConnection
  | ClosedConnection;

export type ConnectionStatus = ConnectionState["status"];

/** The client's one link to the server, shared by all topics. */
export interface Connection extends Readable<ConnectionState> {
  /** Connects now: without waiting for the next attempt, after a failure, or for the first time. An open one is checked. */
  readonly retry: () => void;
}

/** What every connection starts from, and what a server renders. */
export const initialConnectionState: IdleConnection = {
  status: "idle",
  since: 0,
  error: undefined,
  transport: undefined,
  attempt: undefined,
  retryAt: undefined,
  offline: false,
};
