import { type CommandOutcome, type ErrorCode, ShoalError } from "@shoal/contract";
import type { Documents } from "@shoal/contract/documents";

/** Why a document goes on no more: a rejection of an edit, the code of an error, or what became of it. */
export interface DocumentFailure {
  /**
   * - `FULL` the document has as much as it may have
   * - `OUT_OF_ORDER` the server could not bring the edits together with what it has
   * - `GONE` it was removed
   * - `READ_ONLY` something was written that its user may only read
   * - `ANOTHER_USER` somebody else has signed in
   * - else the code of the error with which the server refused it
   */
  readonly reason: "FULL" | "OUT_OF_ORDER" | "GONE" | "READ_ONLY" | "ANOTHER_USER" | ErrorCode;
  /** For people: what happened, and what to do. */
  readonly message: string;
  /** The error, where there was one. */
  readonly error: ShoalError | undefined;
}

type Rejection = Extract<CommandOutcome<Documents, "edit">, { readonly ok: false }>;

const messages = {
  FULL: "The document is full: what was written last is not stored. Copy it, and go on in another document.",
  OUT_OF_ORDER:
    "The server could not bring the last changes together with what it has. Copy them, and load the document anew.",
  GONE: "The document was removed.",
  READ_ONLY: "This document may only be read: what was written here is not stored.",
  NOT_FOUND: "There is no such document.",
  CLOSED: "The client was closed.",
  ANOTHER_USER: "Somebody else has signed in. Open the document anew.",
};

export function failureFor(reason: keyof typeof messages): DocumentFailure {
  return { reason, message: messages[reason], error: undefined };
}

/** Why an edit was rejected. */
export function failureOfRejection({ reason }: Rejection): DocumentFailure {
  return failureFor(reason);
}

/** What was thrown by what the server was asked. */
export function failureOfError(cause: unknown): DocumentFailure {
  const error =
    cause instanceof ShoalError
      ? cause
      : new ShoalError("INTERNAL_SERVER_ERROR", "The document could not be read or written.", { cause });
  return { reason: error.code, message: error.message, error };
}

/** The one before, where it is the same. */
export function sameFailure(before: DocumentFailure | undefined, now: DocumentFailure): DocumentFailure {
  return before && before.reason === now.reason && before.error === now.error ? before : now;
}
