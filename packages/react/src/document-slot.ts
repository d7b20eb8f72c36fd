import type { AnyClient } from "@shoal/client";
import { type DocumentState, initialDocumentState, openDocument, type SharedDocument } from "@shoal/client/documents";
import { forgetFrame, nextFrame } from "./frames.ts";
import type { Source } from "./use-source.ts";

/** A document as a component sees it. */
export interface SlotView {
  readonly document: SharedDocument;
  readonly state: DocumentState;
}

/** How long a document stays open after the last component that used it is gone, in milliseconds. */
const keepAlive = 1_000;

/**
 * The one document of an id that the components of a page share. It is opened with the first that is mounted and ends a while after the last, and
 * not before what was written in it is stored.
 */
export class DocumentSlot implements Source<SlotView> {
  readonly #open: () => SharedDocument;
  readonly #listeners = new Set<() => void>();
  #view: SlotView | undefined;
  #stop: (() => void) | undefined;
  #ending: ReturnType<typeof setTimeout> | undefined;

  constructor(client: AnyClient, documentId: string) {
    this.#open = () => openDocument(client, { documentId, connect: false });
  }

  readonly read = (): SlotView => {
    const document = this.#view?.document ?? this.#open();
    if (!this.#view || this.#view.state !== document.current) this.#view = { document, state: document.current };
    return this.#view;
  };

  readonly readOnServer = (): SlotView => {
    const { document } = this.read();
    return document.current === initialDocumentState ? this.read() : { document, state: initialDocumentState };
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    // Of its own for each subscription, since one listener may have several.
    const changed = () => listener();
    this.#listeners.add(changed);
    clearTimeout(this.#ending);
    this.#follow(this.read().document);
    return () => {
      this.#listeners.delete(changed);
      forgetFrame(changed);
      if (this.#listeners.size === 0) this.#endLater();
    };
  };

  /** Gives up the document with what was not stored in it, and opens the server's. */
  readonly startAnew = (): void => {
    this.#end();
    if (this.#listeners.size === 0) return;
    this.#follow(this.read().document);
    for (const listener of [...this.#listeners]) listener();
  };

  #follow(document: SharedDocument): void {
    if (this.#stop) return;
    document.connect();
    this.#stop = document.subscribe(() => this.#changed(document));
  }

  #changed({ current }: SharedDocument): void {
    // What one user has seen is not shown to another.
    if (current.failure?.reason === "ANOTHER_USER") this.startAnew();
    else if (this.#listeners.size === 0) this.#endLater();
    else for (const listener of this.#listeners) nextFrame(listener);
  }

  #endLater(): void {
    clearTimeout(this.#ending);
    this.#ending = setTimeout(() => {
      const { waiting = 0, status } = this.#view?.document.current ?? {};
      if (this.#listeners.size === 0 && (waiting === 0 || status === "failed")) this.#end();
    }, keepAlive);
  }

  #end(): void {
    clearTimeout(this.#ending);
    this.#stop?.();
    this.#stop = undefined;
    this.#view?.document.destroy();
    this.#view = undefined;
  }
}

const slots = new WeakMap<AnyClient, Map<string, DocumentSlot>>();

/** The slot of a document in a client. */
export function documentSlot(client: AnyClient, documentId: string): DocumentSlot {
  const known = slots.get(client) ?? new Map<string, DocumentSlot>();
  slots.set(client, known);
  const slot = known.get(documentId) ?? new DocumentSlot(client, documentId);
  known.set(documentId, slot);
  return slot;
}
