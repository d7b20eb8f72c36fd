import type { Documents } from "@shoal/contract/documents";
import { fromBase64 } from "lib0/buffer";
import * as Y from "yjs";
import { type Unread, unreadOf } from "./document-reading.ts";

/** The origin of the transaction by which a restore of this user comes back, so that it can be told from what others wrote. */
export const restoreOrigin = Symbol("restore");

export interface DocumentReplicaOptions {
  readonly doc: Y.Doc;
  readonly undoManager: Y.UndoManager;
  /** The origin of the transactions in which what others wrote appears. */
  readonly origin: object;
}

/** Brings into a Yjs document what the server has, each edit once. */
export class DocumentReplica {
  readonly #options: DocumentReplicaOptions;
  /** How many edits of the server's were read; undefined where they are not those of this generation of the document. */
  #read: number | undefined;
  /** How many restores of this user have no answer yet: which edit is theirs is not known. */
  #restoring = 0;
  readonly #restores = new Set<number>();
  #loaded = false;

  constructor(options: DocumentReplicaOptions) {
    this.#options = options;
  }

  /** Whether there was anything to read yet. */
  get loaded(): boolean {
    return this.#loaded;
  }

  /** Whether it brought this transaction in. */
  brought(origin: unknown): boolean {
    return origin === this.#options.origin || origin === restoreOrigin;
  }

  /**
   * To be called after each transaction. Yjs removes what formats nothing after others have written, by a transaction of its own: who only reads
   * would write, and show another document than who does not remove it.
   */
  readonly finish = (transaction: Y.Transaction): void => {
    if (this.brought(transaction.origin)) transaction._needFormattingCleanup = false;
  };

  /** To be called when the server's document is another generation of it. */
  reset(): void {
    this.#read = undefined;
  }

  /** Reads what is new, and what others wrote at one time in one transaction. While a restore has no answer, it waits for that. */
  take(state: Documents["state"]): void {
    if (this.#restoring > 0) return;
    const unread = unreadOf(state, this.#read);
    this.#loaded = true;
    this.#read = state.edits;
    let others: Unread[] = [];
    for (const each of unread) {
      if (each.edit === undefined || !this.#restores.delete(each.edit)) {
        others.push(each);
        continue;
      }
      this.#apply(others, this.#options.origin);
      others = [];
      this.#applyRestore(each);
    }
    this.#apply(others, this.#options.origin);
  }

  /**
   * Runs a restore of this user. Its edit, whose number it resolves to, is then brought in so that it can be undone; what comes meanwhile is not
   * read before that number is known.
   */
  async restore<T extends { readonly edits: number | undefined }>(run: () => Promise<T>): Promise<T> {
    this.#restoring += 1;
    try {
      const restored = await run();
      if (restored.edits !== undefined) this.#restores.add(restored.edits);
      return restored;
    } finally {
      this.#restoring -= 1;
    }
  }

  /** One step of its own to take back. */
  #applyRestore(restore: Unread): void {
    const { undoManager } = this.#options;
    undoManager.stopCapturing();
    this.#apply([restore], restoreOrigin);
    undoManager.stopCapturing();
  }

  #apply(unread: readonly Unread[], origin: object | symbol): void {
    const { doc } = this.#options;
    if (unread.length === 0) return;
    const apply = () => {
      for (const { update } of unread) Y.applyUpdate(doc, fromBase64(update), origin);
    };
    Y.transact(doc, apply, origin, false);
  }
}
