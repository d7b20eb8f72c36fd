import type { DocumentRole, DocumentShare, NamedVersion } from "@shoal/contract/documents";
import type { DocumentFailure } from "./document-failure.ts";
import type { DocumentPerson } from "./document-people.ts";
import type { DocumentStatus } from "./document-status.ts";

/** What is shown of a document besides its text. Each field keeps its reference until it has changed. */
export interface DocumentState {
  readonly status: DocumentStatus["status"];
  /** How many changes of this user the server has not stored. */
  readonly waiting: number;
  /** Why it has failed, where it has. */
  readonly failure: DocumentFailure | undefined;
  /** Whether what is here is what the server has, but for the changes that wait. */
  readonly synced: boolean;
  /** Whether the user may write, as far as it is known. */
  readonly canEdit: boolean;
  readonly role: DocumentRole | undefined;
  readonly title: string;
  /** Whom it belongs to, and with whom it is shared. */
  readonly shares: readonly DocumentShare[];
  /** The versions that have a name. */
  readonly versions: readonly NamedVersion[];
  /** Who is here, the user first. */
  readonly people: readonly DocumentPerson[];
  readonly canUndo: boolean;
  readonly canRedo: boolean;
}

export const initialDocumentState: DocumentState = {
  status: "loading",
  waiting: 0,
  failure: undefined,
  synced: false,
  canEdit: false,
  role: undefined,
  title: "",
  shares: [],
  versions: [],
  people: [],
  canUndo: false,
  canRedo: false,
};
