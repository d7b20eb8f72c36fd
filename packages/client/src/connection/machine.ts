import { ShoalError } from "@shoal/contract";
import { type ConnectionState, initialConnectionState, type Transport } from "../connection.ts";

/** When something happens, and what chance it brings. */
export interface Moment {
  /** In milliseconds, on a clock that never goes back. It may stand still while the device sleeps. */
  readonly now: number;
  /** In milliseconds since the epoch, by this machine's clock, which may be set. */
  readonly wall: number;
  /** A random number from 0 up to 1. */
  readonly random: number;
}

/** Why a line to the server ended, or could not be made. `error.retryAfterMs` is for how long the server wants to see no other. */
export interface Loss {
  readonly error: ShoalError;
  /** Whether another attempt helps, helps with another token, or does not. */
  readonly kind: "retry" | "unauthorized" | "final";
}

/** A way to the server that is being made: the token is asked for, then the line is dialed. Lines are numbered. */
export interface Trying {
  readonly step: "asking" | "dialing";
  readonly line: number;
  readonly transport: Transport;
  /** When it counts as failed. */
  readonly deadline: number;
}

/** One that is not tried yet. */
interface Waiting {
  readonly step: "waiting";
  /** When it is tried; undefined while the page is frozen. */
  readonly at: number | undefined;
  /** The same by the machine's clock, for people. */
  readonly retryAt: number | undefined;
  /** Until when the server wants no attempt, whatever happens. */
  readonly notBefore: number;
}

export type Attempt = Trying | Waiting;

/** The line in use, and what is known of its health. */
export interface OpenLine {
  readonly id: number;
  readonly transport: Transport;
  readonly openedAt: number;
  /** Until when silence means nothing. */
  readonly quietUntil: number;
  /** A ping that waits for a sign of life, by its deadline; a strict one takes nothing for it but a pong. */
  readonly ping: { readonly sentAt: number; readonly deadline: number; readonly strict: boolean } | undefined;
}

export type Phase =
  | { readonly name: "idle" }
  | { readonly name: "attempting"; readonly attempt: Attempt }
  /** `next` is a line that is made to take this one's place. */
  | { readonly name: "open"; readonly line: OpenLine; readonly next: Attempt | undefined }
  | { readonly name: "failed"; readonly error: ShoalError }
  | { readonly name: "closed" };

/** All that the connection knows. It changes by `reduce` alone. */
export interface Machine {
  readonly phase: Phase;
  /** What everybody may see of it; the same object until that changes. */
  readonly shown: ConnectionState;
  /** When the event `tick` is due, by `Moment.now`. */
  readonly tickAt: number | undefined;
  /** How many lines there were. */
  readonly lines: number;
  /** What is dialed next, and whether that is settled for good. */
  readonly transport: Transport;
  readonly settled: boolean;
  /** How many attempts over WebSocket did not open, with none in between that did. */
  readonly unopened: number;
  /** How many attempts and lines failed since one was stable. */
  readonly failures: number;
  /** The number of the next attempt, or of the one under way, since the last line was open. */
  readonly attempt: number;
  /** Whether the server refused the user, and nothing was answered since. */
  readonly refused: boolean;
  readonly offline: boolean;
  /** Why there is no line. */
  readonly error: ShoalError | undefined;
  /** When the last event was. */
  readonly seen: Pick<Moment, "now" | "wall">;
}

export type ConnectionEvent =
  /** Something needs the server. */
  | { readonly type: "use" }
  /** Somebody wants it connected now. */
  | { readonly type: "retry" }
  | { readonly type: "close" }
  | { readonly type: "token"; readonly line: number; readonly token: string | null }
  | { readonly type: "opened"; readonly line: number }
  /** The server has answered a request: it takes the user. */
  | { readonly type: "answered"; readonly line: number }
  | { readonly type: "pong"; readonly line: number }
  | { readonly type: "lost"; readonly line: number; readonly loss: Loss }
  /** The server wants the client to connect anew. */
  | { readonly type: "reconnect"; readonly line: number }
  | { readonly type: "online" }
  | { readonly type: "offline" }
  | { readonly type: "visible" }
  | { readonly type: "frozen" }
  | { readonly type: "thawed" }
  /** It is `tickAt`. `heardAt` is when the open line last received anything. */
  | { readonly type: "tick"; readonly heardAt: number };

export type Effect =
  | { readonly type: "ask"; readonly line: number }
  | { readonly type: "dial"; readonly line: number; readonly transport: Transport; readonly token: string | null }
  /** All that is asked from now on goes over this line. */
  | { readonly type: "adopt"; readonly line: number }
  /** Its subscriptions move; it closes once its requests are answered. */
  | { readonly type: "retire"; readonly line: number }
  /** It closes at once, and what was asked over it is lost. */
  | { readonly type: "drop"; readonly line: number; readonly error: ShoalError }
  | { readonly type: "ping"; readonly line: number }
  /** What waits for a line, and every subscription, ends with this error. */
  | { readonly type: "refuse"; readonly error: ShoalError }
  /** WebSockets do not get through here. */
  | { readonly type: "remember" };

export function initialMachine(transport: Transport, settled: boolean): Machine {
  return {
    phase: { name: "idle" },
    shown: initialConnectionState,
    tickAt: undefined,
    lines: 0,
    transport,
    settled,
    unopened: 0,
    failures: 0,
    attempt: 1,
    refused: false,
    offline: false,
    error: undefined,
    seen: { now: 0, wall: 0 },
  };
}

/** The attempt that is planned or under way. */
export function attemptOf({ phase }: Machine): Attempt | undefined {
  if (phase.name === "attempting") return phase.attempt;
  return phase.name === "open" ? phase.next : undefined;
}

/** A loss that nobody is to blame for. */
export function outage(message: string): Loss {
  return { kind: "retry", error: new ShoalError("SERVICE_UNAVAILABLE", message) };
}
