import type { DocumentRole, Documents } from "@shoal/contract/documents";
import type { AuthorizeCall } from "../channel/serve-options.ts";
import type { RateOptions } from "../security/rates.ts";

export interface DocumentsOptions<W, C> {
  /**
   * Whether the user may do `action` (`watch`, `presence`, `create`, `edit`, `rename`, `share`, `nameVersion`, `unnameVersion`, `restore`,
   * `remove`). `role` is what the document is to them by its shares, and `allowed` what is answered where nobody says otherwise: every role
   * watches and shows where it is, editors and owners write, owners share and remove, and whoever is signed in creates. It is not asked
   * whether somebody writes who is not signed in: nobody does.
   * @default `({ allowed }) => allowed`
   */
  readonly authorize?: (
    call: AuthorizeCall<Documents, W, C> & { readonly role: DocumentRole | null; readonly allowed: boolean },
  ) => boolean | Promise<boolean>;
  /**
   * How large a document may be, in bytes of its Yjs updates: what was deleted in it counts, too, by what Yjs keeps of it. An edit beyond is
   * rejected with `FULL`.
   * @default 8388608
   */
  readonly maxBytes?: number;
  /**
   * How often a user may ask something, on each node. All edits of a user count, to whatever document.
   * @default 6000 commands a minute, which is a hundred a second
   */
  readonly rates?: RateOptions;
  /**
   * How long something may take that takes as long as a document is large (a text as it was, a difference, a restoration), in milliseconds;
   * what takes longer fails with `TIMEOUT`.
   * @default 10000
   */
  readonly deadlineMs?: number;
  /**
   * How long a document waits after a commit before the next one, in milliseconds, so that what several people type at once is one commit
   * and one frame. So much later at most is an edit answered, and shown to the others; 0 waits for nothing.
   * @default 50
   */
  readonly gatherMs?: number;
}
