"use client";

import type { DocumentState, SharedDocument } from "@shoal/client/documents";
import type { Documents } from "@shoal/contract/documents";
import { useMemo } from "react";
import { documentSlot, type SlotView } from "./document-slot.ts";
import { useClient } from "./provider.tsx";
import { shallow } from "./shallow.ts";
import { useSource } from "./use-source.ts";

/** What of a document is always the same, whatever is written: for editors, and to do something with it. */
export interface DocumentHandles
  extends Pick<
    SharedDocument,
    "doc" | "text" | "awareness" | "undoManager" | "history" | "undo" | "redo" | "retry" | "topic"
  > {
  /** To rename, share and remove it. */
  readonly send: SharedDocument["topic"]["send"];
  /**
   * The way on from a failure: gives up this copy with what was not stored in it, and opens the server's. All components get another `doc` and
   * `text` then.
   */
  readonly startAnew: () => void;
}

/** A document as it is now, and what can be done with it. */
export type UseDocument<R extends object = DocumentState> = R & DocumentHandles;

export interface UseDocumentOptions<R extends object> {
  /** What the component shows of it besides its text. It renders only when a field of that changes. */
  readonly select: (state: DocumentState) => R;
}

/**
 * Opens a document while the component is mounted; all components that use the same one share it. It does not render for what is written or where
 * cursors are: editors are bound to `text` and `awareness`. `status` changes with nearly every key, so a component that shows
 * something else selects that.
 *
 * It needs a client that was created with the contract `documents`.
 *
 * @example
 * ```tsx
 * const { text, awareness, status, canEdit } = useDocument({ documentId });
 * const { title } = useDocument({ documentId }, { select: ({ title }) => ({ title }) });
 * ```
 */
export function useDocument<R extends object = DocumentState>(
  { documentId }: Documents["params"],
  options?: UseDocumentOptions<R>,
): UseDocument<R> {
  const client = useClient();
  const slot = useMemo(() => documentSlot(client, documentId), [client, documentId]);
  const select = options?.select;
  const { document, state } = useSource(slot, (view: SlotView, shown: Shown<R> | undefined) => {
    const next = { document: view.document, state: (select ? select(view.state) : view.state) as R };
    return shown?.document === next.document && shallow(shown.state, next.state) ? shown : next;
  });
  const handles = useMemo(() => handlesOf(document, slot.startAnew), [document, slot]);
  return useMemo(() => ({ ...state, ...handles }), [state, handles]);
}

interface Shown<R> {
  readonly document: SharedDocument;
  readonly state: R;
}

function handlesOf(document: SharedDocument, startAnew: () => void): DocumentHandles {
  const { doc, text, awareness, undoManager, history, undo, redo, retry, topic } = document;
  return { doc, text, awareness, undoManager, history, undo, redo, retry, topic, send: topic.send, startAnew };
}
