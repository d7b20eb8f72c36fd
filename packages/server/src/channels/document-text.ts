import { type Documents, documentText } from "@shoal/contract/documents";
import type { Derive } from "../channel/derive.ts";
import { type DocumentTables, eraseDocument, fold, keyOf, storableText, updatesOf } from "./document-tables.ts";
import { documentThreads } from "./document-threads.ts";

/** What is derived from a document that is there; null stands for one that is not. */
export interface DerivedText {
  readonly text: string;
  /** One update that has everything in it. */
  readonly base: string;
  readonly editedAt: number;
}

/** How long after an edit a document's text is written, in milliseconds. */
const afterMs = 2_000;

/** How long a text may take to be made, in milliseconds. One that takes longer is tried again. */
const digestMs = 10_000;

/** After how many events a document is written as it is, so that none of its versions is far from one that need not be made from the log. */
const checkpointEvery = 5_000;

/** Keeps the text of each document for lists, for searching and for whatever the application makes of it. */
export const deriveText: Derive<Documents, DocumentTables, DerivedText | null> = {
  afterMs,
  async run({ state, signal }) {
    if (state.status !== "present") return null;
    const job = { past: updatesOf(state), name: documentText };
    const { text, base } = await documentThreads.run("digest", job, { deadlineMs: digestMs, signal });
    return { text: storableText(text), base, editedAt: state.editedAt };
  },
  async write(tx, { value, offset, ...document }) {
    // Its removal deleted all that the tables had; what was made before it may have been written after it.
    if (!value) return await eraseDocument(tx, document);
    const { text, base, editedAt } = value;
    const key = keyOf(document);
    const row = { offset, text, folded: fold(text) };
    await tx
      .insertInto("document_text")
      .values({ ...key, ...row })
      .onConflict((on) => on.columns(["tenant", "document"]).doUpdateSet(row))
      .execute();
    await tx
      .updateTable("document_share")
      .set({ changed_at: editedAt })
      .where(({ and }) => and(key))
      .where("changed_at", "<", editedAt)
      .execute();
    const last = await tx
      .selectFrom("document_checkpoint")
      .select(({ fn }) => fn.max("offset").as("offset"))
      .where(({ and }) => and(key))
      .executeTakeFirst();
    if (offset - Number(last?.offset ?? 0) < checkpointEvery) return;
    await tx
      .insertInto("document_checkpoint")
      .values({ ...key, offset, updates: JSON.stringify([base]) })
      .execute();
  },
};
