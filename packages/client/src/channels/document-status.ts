import type { ConnectionStatus } from "../connection.ts";
import type { DocumentFailure } from "./document-failure.ts";

/**
 * How a document stands with the server, told truthfully.
 *
 * - `loading` nothing of it has arrived yet
 * - `saved` the server has stored all that was written here, and this is what it has
 * - `saving` `waiting` changes are on their way; they are stored when it is `saved`
 * - `offline` there is no connection: `waiting` changes are kept here until there is one, and what others write is not seen
 * - `read-only` this is what the server has, and the user may not write
 * - `failed` the document goes on no more, and `waiting` changes were not stored: `failure` says why
 */
export type DocumentStatus =
  | { readonly status: "loading"; readonly waiting: number }
  | { readonly status: "saved"; readonly waiting: 0 }
  | { readonly status: "saving"; readonly waiting: number }
  | { readonly status: "offline"; readonly waiting: number }
  | { readonly status: "read-only"; readonly waiting: 0 }
  | { readonly status: "failed"; readonly waiting: number; readonly failure: DocumentFailure };

export interface StatusFacts {
  readonly failure: DocumentFailure | undefined;
  /** Whether the state was read at least once. */
  readonly loaded: boolean;
  /** Whether the topic is live. */
  readonly live: boolean;
  readonly connection: ConnectionStatus;
  /** How many changes the server has not acknowledged. */
  readonly waiting: number;
  /** Undefined while it is not known who the user is. */
  readonly mayEdit: boolean | undefined;
}

export function documentStatus({ failure, loaded, live, connection, waiting, mayEdit }: StatusFacts): DocumentStatus {
  if (failure) return { status: "failed", waiting, failure };
  if (!loaded) return { status: "loading", waiting };
  if (!live || connection !== "open") return { status: "offline", waiting };
  if (waiting > 0) return { status: "saving", waiting };
  return mayEdit === false ? { status: "read-only", waiting: 0 } : { status: "saved", waiting: 0 };
}

/** What the status is in a few words, for people: "Saved", "Offline, 3 changes waiting". */
export function statusText({ status, waiting }: Pick<DocumentStatus, "status" | "waiting">): string {
  const changes = waiting === 1 ? "1 change" : `${waiting} changes`;
  switch (status) {
    case "loading":
      return "Loading…";
    case "saved":
      return "Saved";
    case "saving":
      return "Saving…";
    case "offline":
      return waiting === 0 ? "Offline, nothing waiting" : `Offline, ${changes} waiting`;
    case "read-only":
      return "Read only";
    case "failed":
      return waiting === 0 ? "Not available" : `Not saved, ${changes} kept here`;
  }
}
