import { createHash, randomUUID } from "node:crypto";
import { type CommandOutcome, ShoalError } from "@shoal/contract";
import { type Documents, documents, documentText } from "@shoal/contract/documents";
import * as Y from "yjs";
import { system } from "../channel/topic-handle.ts";
import type { Realtime } from "../realtime.ts";
import type { User } from "../user.ts";
import { updatesOf } from "./document-tables.ts";
import { documentThreads } from "./document-threads.ts";

/** Whose document it is, where users are of a tenant. */
interface OfTenant {
  readonly tenant?: string | undefined;
}

export interface EditDocumentOptions extends OfTenant {
  /**
   * Who edits. It is authorized as an edit of theirs, and theirs in the history.
   * @default the server, which is nobody in the history
   */
  readonly as?: User | undefined;
}

/** The server's own hand on documents: `realtime.documents`. */
export interface DocumentHand {
  /** What a document says. */
  text(documentId: string, options?: OfTenant): Promise<string>;
  /**
   * Edits a document like any author: what `change` does to it is one edit, which is checked and stored as others are. The whole document
   * is opened for it, here and not in a thread. Edits of one document by this hand follow one another.
   *
   * @param change - changes the text, or anything else of the Yjs document, before it returns
   *
   * @example
   * ```ts
   * await realtime.documents.edit("minutes", (text) => text.insert(text.length, "\nAdjourned."));
   * ```
   */
  edit(
    documentId: string,
    change: (text: Y.Text, doc: Y.Doc) => void,
    options?: EditDocumentOptions,
  ): Promise<CommandOutcome<Documents, "edit">>;
}

export function documentHand(realtime: Realtime<unknown>, deadlineMs: number): DocumentHand {
  const instance = randomUUID();
  const turns = new Map<string, Promise<unknown>>();
  const topicOf = (documentId: string, tenant: string | undefined) =>
    realtime.topic(documents, { documentId }, tenant === undefined ? {} : { tenant });

  /** One edit after the other: they are of one Yjs client, and each follows the one before. */
  async function inTurn<R>(key: string, run: () => Promise<R>): Promise<R> {
    const before = turns.get(key);
    const turn = (async () => {
      await before?.catch(() => {});
      return await run();
    })();
    turns.set(key, turn);
    try {
      return await turn;
    } finally {
      if (turns.get(key) === turn) turns.delete(key);
    }
  }

  return {
    async text(documentId, { tenant } = {}) {
      const state = await topicOf(documentId, tenant).as(system).state();
      insistOnPresent(state);
      return await documentThreads.run("text", { past: updatesOf(state), name: documentText }, { deadlineMs });
    },
    async edit(documentId, change, { as, tenant = as?.tenant } = {}) {
      return await inTurn(JSON.stringify([documentId, tenant, as?.id]), async () => {
        const topic = as ? topicOf(documentId, tenant).as(as) : topicOf(documentId, tenant).as(system);
        const state = await topic.state();
        insistOnPresent(state);
        const { base } = await documentThreads.run("compact", { past: updatesOf(state) }, { deadlineMs });
        const update = updateOf(base, clientIdOf(instance, tenant, as?.id), change);
        return await topic.send.edit({ update });
      });
    },
  };
}

/** What a change does to a document, as one update. */
function updateOf(base: string, clientId: number, change: (text: Y.Text, doc: Y.Doc) => void): string {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, new Uint8Array(Buffer.from(base, "base64")));
  doc.clientID = clientId;
  let update: Uint8Array = nothing;
  doc.on("update", (made: Uint8Array) => {
    update = Y.mergeUpdates([update, made]);
  });
  doc.transact(() => change(doc.getText(documentText), doc));
  doc.destroy();
  return Buffer.from(update).toString("base64");
}

/** The update of a document in which nothing was done. */
const nothing = Uint8Array.of(0, 0);

/** One Yjs client for each author and process: a document can come from many, but not from one for each edit. */
function clientIdOf(instance: string, tenant: string | undefined, userId: string | undefined): number {
  return createHash("sha256")
    .update(JSON.stringify([instance, tenant, userId]))
    .digest()
    .readUInt32BE();
}

function insistOnPresent({ status }: Documents["state"]): void {
  if (status !== "present") throw new ShoalError("NOT_FOUND", "There is no such document.");
}
