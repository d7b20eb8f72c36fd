import type { CommandOutcome } from "@shoal/contract";
import type { DifferencePiece, Documents, DocumentVersion } from "@shoal/contract/documents";
import type { Query, RequestOptions, Send } from "../topic.ts";

type Outcome<Name extends keyof Documents["commands"]> = Promise<CommandOutcome<Documents, Name>>;

/** Where in the list of versions to go on, and how many to take. */
export interface VersionPage extends RequestOptions {
  /** `nextCursor` of the page before. */
  readonly cursor?: number | undefined;
  readonly limit?: number | undefined;
}

/** What a document was, version by version. A version is named by the offset of its last event. */
export interface DocumentHistory {
  /** Who wrote what and when, the newest first. */
  versions(page?: VersionPage): Promise<{ readonly items: DocumentVersion[]; readonly nextCursor: number | null }>;
  /** The text as it was. */
  textAt(offset: number, options?: RequestOptions): Promise<string>;
  /** What has changed between two versions, the older one first; 0 is before all of them. */
  difference(from: number, to: number, options?: RequestOptions): Promise<readonly DifferencePiece[]>;
  /**
   * Makes the text what it was, by an edit of this user, which `undoManager` takes back. Changes that wait are sent before.
   *
   * @throws {ShoalError} (asynchronously) as commands do, and `CLOSED` where the document has failed before they were sent
   */
  restore(offset: number): Outcome<"restore">;
  nameVersion(offset: number, name: string): Outcome<"nameVersion">;
  unnameVersion(offset: number): Outcome<"unnameVersion">;
}

export interface HistoryOptions {
  readonly documentId: string;
  readonly query: Query<Documents>;
  readonly send: Send<Documents>;
  readonly restore: DocumentHistory["restore"];
}

export function documentHistory({ documentId, query, send, restore }: HistoryOptions): DocumentHistory {
  return {
    versions: ({ cursor, limit, ...options } = {}) =>
      query.versions({ documentId, ...optional({ cursor, limit }) }, options),
    textAt: async (offset, options) => (await query.textAt({ documentId, offset }, options)).text,
    difference: async (from, to, options) => (await query.difference({ documentId, from, to }, options)).pieces,
    restore,
    nameVersion: (offset, name) => send.nameVersion({ offset, name }),
    unnameVersion: (offset) => send.unnameVersion({ offset }),
  };
}

function optional<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
