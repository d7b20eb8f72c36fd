import { toBase64 } from "lib0/buffer";
import { expect, test } from "vitest";
import * as Y from "yjs";
import { textOf } from "../support/document-edits.ts";
import { connectTo, openFor, startDocuments, textOfDocument } from "../support/document-server.ts";
import { until } from "../support/until.ts";

const edit = "realtime.documents.edit";

/** Words, and two who make them bold at once: the formats of one of them format nothing. */
function bothBold(): readonly Uint8Array[] {
  const doc = new Y.Doc();
  textOf(doc).insert(0, "some words");
  const text = Y.encodeStateAsUpdate(doc);
  const formats = [1, 2].map((clientID) => {
    const copy = new Y.Doc();
    Y.applyUpdate(copy, text);
    copy.clientID = clientID;
    textOf(copy).format(0, 4, { bold: true });
    return Y.encodeStateAsUpdate(copy, Y.encodeStateVector(doc));
  });
  return [text, ...formats];
}

test("who reads a document writes nothing, whatever formats come together in it", async () => {
  await using server = await startDocuments();
  const documentId = await server.create({ ben: "editor", vic: "viewer" });
  await using ann = connectTo(server, "ann");
  await using ben = openFor(server, "ben", documentId);
  await using vic = openFor(server, "vic", documentId);
  await until(ben.document, ({ status }) => status === "saved");
  await until(vic.document, ({ status }) => status === "read-only");
  const updates = bothBold();
  for (const update of updates) await ann.documents({ documentId }).send.edit({ update: toBase64(update) });
  await using late = openFor(server, "ben", documentId);
  await until(late.document, ({ status }) => status === "saved");
  for (const { document } of [ben, vic, late]) {
    await until(textOfDocument(document), (text) => text === "some words");
    await expect
      .poll(() => document.text.toDelta())
      .toEqual([{ insert: "some", attributes: { bold: true } }, { insert: " words" }]);
    expect(document.current.canUndo).toBe(false);
    expect(document.current.waiting).toBe(0);
  }
  expect(vic.document.status).toBe("read-only");
  for (const { network } of [ben, vic, late]) expect(network.inputs(edit)).toEqual([]);
  expect((await server.state(documentId)).edits).toBe(updates.length);
});
