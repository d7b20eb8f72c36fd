import type { DocumentRole } from "@shoal/contract/documents";
import type * as Y from "yjs";

export interface OpenDocumentOptions {
  readonly documentId: string;
  /**
   * The document to fill, as of a page that keeps it somewhere itself: what it has and the server lacks is sent.
   *
   * @default a new one, which is destroyed with this
   */
  readonly doc?: Y.Doc | undefined;
  /**
   * Whether to begin at once; else `connect()` does.
   *
   * @default true
   */
  readonly connect?: boolean | undefined;
  /**
   * Whether who has this role may write, as the server's `authorize` has it. The server decides; this is what is shown.
   *
   * @default owners and editors may
   */
  readonly mayEdit?: ((role: DocumentRole | undefined) => boolean) | undefined;
}
