import type { AnyClient } from "../client.ts";
import type { OpenDocumentOptions } from "./document-options.ts";
import { SharedDocument } from "./shared-document.ts";

/**
 * Opens a document: its Yjs document, and what keeps it the same as the server's until `destroy()` is called.
 *
 * @throws {ShoalError} `BAD_REQUEST` when the client was created without the contract `documents`
 *
 * @example
 * ```ts
 * const document = openDocument(client, { documentId });
 * document.text.observe(() => render(document.text.toString()));
 * document.on("status", ({ status, waiting }) => show(status, waiting));
 * ```
 */
export function openDocument(client: AnyClient, options: OpenDocumentOptions): SharedDocument {
  return new SharedDocument(client, options);
}
