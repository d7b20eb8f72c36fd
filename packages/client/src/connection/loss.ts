import { type ErrorCode, ShoalError } from "@shoal/contract";
import { unanswered } from "../errors.ts";
import type { Loss } from "./machine.ts";

interface Ending {
  /** The code by which the socket was closed. */
  readonly code: number | undefined;
  /** What the server told of the connection as a whole before it was closed. */
  readonly told: ShoalError | undefined;
  /** Whether the server had answered anything: it took the user. */
  readonly answered: boolean;
}

/** Codes by which a server ends a connection, where they mean more than that it has ended. */
const endings: Readonly<Record<number, readonly [Loss["kind"], ErrorCode, string]>> = {
  4000: ["final", "BAD_REQUEST", "The server closed the connection: it could not read what this client sent."],
  4001: ["unauthorized", "UNAUTHORIZED", "The server closed the connection: nobody is signed in, or no longer."],
  4003: ["final", "FORBIDDEN", "The server closed the connection: this user may not connect."],
  1001: ["retry", "SERVICE_UNAVAILABLE", "The server stopped. Another one takes over, or it starts again."],
  1013: ["retry", "SERVICE_UNAVAILABLE", "The server has no room for another connection now."],
  4008: [
    "retry",
    "SERVICE_UNAVAILABLE",
    "The server closed the connection: this client read too slowly, or sent too much.",
  ],
  4012: ["retry", "SERVICE_UNAVAILABLE", "The server is about to stop. Another one takes over."],
};

/** What is to be made of the end of a WebSocket. */
export function lossOf({ code, told, answered }: Ending): Loss {
  const [kind, errorCode, message] = endings[code ?? 0] ?? ["retry", "SERVICE_UNAVAILABLE", undefined];
  if (told && (kind === "retry" || told.code === errorCode)) {
    const refusal = kind === "retry" && !answered ? refusalOf(told) : kind;
    return { kind: refusal, error: told };
  }
  return { kind, error: message ? new ShoalError(errorCode, message) : unanswered(code) };
}

/** What an error means by which the server refuses a connection before anything was answered. */
export function refusalOf({ code }: ShoalError): Loss["kind"] {
  if (code === "UNAUTHORIZED") return "unauthorized";
  return code === "FORBIDDEN" ? "final" : "retry";
}
