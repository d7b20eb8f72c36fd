import { documents } from "@shoal/contract/documents";
import { createMemoryStore, system } from "@shoal/server";
import { expect, test } from "vitest";
import { kyselyOf } from "../../src/channel/kysely-of.ts";
import type { DocumentTables } from "../../src/channels/document-tables.ts";
import { deriveText } from "../../src/channels/document-text.ts";
import { topicRef } from "../../src/topic-ref.ts";
import { eventually } from "../support/recorder.ts";
import { createDocuments, createShared, type DocumentsApp, Page } from "./documents-app.ts";

/** Ann's document, which is kept beside the log as of the offset `kept`, since somebody was erased. */
async function keptDocument(app: DocumentsApp) {
  const documentId = await createShared(app, "ann", { ben: "editor" });
  const ann = new Page(app, "ann", documentId);
  const written = await ann.write((text) => text.insert(0, "secret"));
  await app.realtime.eraseUser("ben");
  const { offset: kept } = await app.realtime.topic(documents, { documentId }).as(system).snapshot();
  return { documentId, ann, written, kept };
}

test("who it is not shared with reads no version of it, neither from the log nor from what is kept beside it", async () => {
  await using app = createDocuments();
  const { documentId, ann, kept } = await keptDocument(app);
  const last = await ann.write((text) => text.insert(0, "most "));
  expect(await app.as("ann").textAt({ documentId, offset: kept })).toEqual({ text: "secret" });
  for (const offset of [kept, last]) {
    for (const [who, code] of [
      ["eve", "FORBIDDEN"],
      [null, "UNAUTHORIZED"],
    ] as const) {
      await expect(app.as(who).textAt({ documentId, offset })).rejects.toMatchObject({ code });
      await expect(app.as(who).difference({ documentId, from: 0, to: offset })).rejects.toMatchObject({ code });
    }
  }
});

test("of a document that is removed nobody reads what it said, nor what was changed", async () => {
  await using app = createDocuments();
  const documentId = await createShared(app, "ann");
  const ann = new Page(app, "ann", documentId);
  const from = await ann.write((text) => text.insert(0, "secret"));
  const to = await ann.write((text) => text.insert(0, "most "));
  await app.as("ann").remove({ documentId });
  const gone = { code: "NOT_FOUND" };
  await expect(app.as("ann").difference({ documentId, from, to })).rejects.toMatchObject(gone);
  await expect(app.as("ann").difference({ documentId, from: 0, to })).rejects.toMatchObject(gone);
  await expect(app.as("ann").versions({ documentId })).rejects.toMatchObject(gone);
});

test("a version that has not happened yet is not found, however long the document's history and far the version", async () => {
  await using app = createDocuments();
  const documentId = await createShared(app, "ann");
  const ann = new Page(app, "ann", documentId);
  let last = 0;
  for (let edit = 0; edit < 600; edit += 1) last = await ann.write((text) => text.insert(0, "x"));
  const gone = { code: "NOT_FOUND" };
  for (const offset of [last + 1, last + 500, last + 1_000, Number.MAX_SAFE_INTEGER]) {
    await expect(app.as("ann").textAt({ documentId, offset })).rejects.toMatchObject(gone);
    await expect(app.as("ann").difference({ documentId, from: 0, to: offset })).rejects.toMatchObject(gone);
    await expect(app.as("ann").difference({ documentId, from: offset, to: 1 })).rejects.toMatchObject(gone);
    expect(await app.as("ann").restore({ documentId, offset })).toMatchObject({ ok: false, reason: "NOT_FOUND" });
  }
  for (const offset of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    await expect(app.as("ann").textAt({ documentId, offset })).rejects.toMatchObject({ code: "BAD_REQUEST" });
  }
  expect((await app.as("ann").versions({ documentId, cursor: Number.MAX_SAFE_INTEGER })).items).toHaveLength(1);
});

test("a text that was made before its document was removed, and written after it, is deleted", async () => {
  const store = createMemoryStore();
  await using app = createDocuments({ store });
  const documentId = await createShared(app, "ann");
  const ann = new Page(app, "ann", documentId);
  const offset = await ann.write((text) => text.insert(0, "secret"));
  const state = await app.topic(documentId, "ann").state();
  const document = { params: { documentId }, tenant: null };
  const value = await deriveText.run({ ...document, state, offset, signal: AbortSignal.timeout(10_000) });
  await app.as("ann").remove({ documentId });
  const topic = topicRef("documents", null, document.params);
  const known = await store.head(topic);
  await store.transaction(
    [{ topic, known, commands: [] }],
    () => [{ topic, head: { offset: known.offset, at: Date.now() }, events: [], records: [], derived: offset }],
    { project: (sql) => deriveText.write(kyselyOf(sql), { ...document, value, offset }) },
  );
  const texts = () => kyselyOf<DocumentTables>(store.sql).selectFrom("document_text").select("text").execute();
  expect(await texts()).toEqual([{ text: "secret" }]);
  await eventually(async () => (await texts()).length === 0, "the text is deleted");
});
