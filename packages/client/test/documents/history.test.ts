import assert from "node:assert/strict";
import { describe, expect, test } from "vitest";
import { openDocument } from "../../src/channels/documents.ts";
import { connectTo, openFor, startDocuments, textOfDocument } from "../support/document-server.ts";
import { goOffline } from "../support/go-offline.ts";
import { until } from "../support/until.ts";

/** A document in which Ann has written "one", and then Ben " two". */
async function twoAuthors() {
  const server = await startDocuments();
  const documentId = await server.create({ ben: "editor" });
  const ann = openFor(server, "ann", documentId);
  const ben = openFor(server, "ben", documentId);
  await until(ann.document, ({ canEdit }) => canEdit);
  ann.text.insert(0, "one");
  await until(textOfDocument(ben.document), (text) => text === "one");
  await until(ben.document, ({ canEdit }) => canEdit);
  ben.text.insert(3, " two");
  await until(textOfDocument(ann.document), (text) => text === "one two");
  return {
    server,
    documentId,
    ann,
    ben,
    async [Symbol.asyncDispose]() {
      for (const each of [ann, ben, server]) await each[Symbol.asyncDispose]();
    },
  };
}

describe("the history of a document", () => {
  test("tells who wrote what and when, what it said, and what has changed", async () => {
    await using setting = await twoAuthors();
    const { history } = setting.ann.document;
    const { items, nextCursor } = await history.versions();
    expect(nextCursor).toBeNull();
    expect(items.map(({ by }) => by)).toEqual([
      { id: "ben", name: "BEN" },
      { id: "ann", name: "ANN" },
    ]);
    const [second, first] = items;
    assert(first && second);
    expect(await history.textAt(first.to)).toBe("one");
    expect(await history.difference(first.to, second.to)).toEqual([
      { kind: "same", text: "one" },
      { kind: "added", text: " two" },
    ]);
    expect((await history.versions({ limit: 1 })).items).toEqual([second]);
  });

  test("gives names to versions, which all see", async () => {
    await using setting = await twoAuthors();
    const { ann, ben } = setting;
    const [version] = (await ann.document.history.versions()).items;
    assert(version);
    await ann.document.history.nameVersion(version.to, "Draft");
    const { versions } = await until(ben.document, (state) => state.versions.length === 1);
    expect(versions).toMatchObject([{ offset: version.to, name: "Draft", by: { id: "ann" } }]);
    await ben.document.history.unnameVersion(version.to);
    await until(ann.document, (state) => state.versions.length === 0);
  });

  test("is gone back in by an edit, which its author can undo, and redo, and nobody else", async () => {
    await using setting = await twoAuthors();
    const { ann, ben } = setting;
    const first = (await ann.document.history.versions()).items.at(-1);
    assert(first);
    expect(await ann.document.history.restore(first.to)).toMatchObject({ ok: true });
    await until(textOfDocument(ann.document), (text) => text === "one");
    await until(textOfDocument(ben.document), (text) => text === "one");
    ben.document.undo();
    expect(ben.text.toString()).toBe("one");
    ann.document.undo();
    expect(ann.text.toString()).toBe("one two");
    await until(textOfDocument(ben.document), (text) => text === "one two");
    ann.document.redo();
    await until(textOfDocument(ben.document), (text) => text === "one");
    const { items } = await ann.document.history.versions();
    expect(items.some(({ restored }) => restored === first.to)).toBe(true);
  });

  test("makes what others write during a restore none of its author's steps", async () => {
    await using setting = await twoAuthors();
    const { ann, ben } = setting;
    const first = (await ann.document.history.versions()).items.at(-1);
    assert(first);
    const restored = ann.document.history.restore(first.to);
    for (const letter of "! Ben") ben.text.insert(ben.text.length, letter);
    await restored;
    await until(ben.document, ({ status }) => status === "saved");
    for (const { document } of [ann, ben]) await until(textOfDocument(document), (text) => text === "one! Ben");
    ann.document.undo();
    expect(ann.text.toString()).toContain("one two");
    expect(ann.text.toString()).toContain("! Ben");
    ann.document.undo();
    expect(ann.text.toString()).toContain("! Ben");
    expect(ann.text.toString()).not.toContain("one");
  });

  test("is sent what waits before it is gone back in", async () => {
    await using setting = await twoAuthors();
    const { ann } = setting;
    const first = (await ann.document.history.versions()).items.at(-1);
    assert(first);
    for (const letter of " three") ann.text.insert(ann.text.length, letter);
    await ann.document.history.restore(first.to);
    await until(textOfDocument(ann.document), (text) => text === "one");
    expect(ann.document.status).toBe("saved");
  });

  test("is not gone back in as another who has signed in before what waits was sent", async () => {
    await using server = await startDocuments();
    const documentId = await server.create({ ben: "editor" });
    let user = "ann";
    await using client = connectTo(server, user, { token: () => user, user: () => ({ id: user, name: user }) });
    const document = openDocument(client, { documentId });
    await until(document, ({ canEdit }) => canEdit);
    document.text.insert(0, "one");
    await until(document, ({ status }) => status === "saved");
    const [first] = (await document.history.versions()).items;
    assert(first);
    document.text.insert(3, " two");
    await until(document, ({ status }) => status === "saved");
    await goOffline(client, server);
    document.text.insert(7, " three");
    const restored = document.history.restore(first.to);
    user = "ben";
    client.checkUser();
    client.network.online = true;
    await expect(restored).rejects.toMatchObject({ code: "CLOSED" });
    expect(await client.documents({ documentId }).send.rename({ title: "Ben's" })).toMatchObject({ ok: true });
    expect((await server.folded(documentId)).getText("text").toString()).toBe("one two");
    document.destroy();
  });

  test("has nothing to undo where the text is that of the version already", async () => {
    await using setting = await twoAuthors();
    const { ann } = setting;
    const [last] = (await ann.document.history.versions()).items;
    assert(last);
    expect(await ann.document.history.restore(last.to)).toMatchObject({ ok: true });
    ann.document.undo();
    await until(textOfDocument(ann.document), (text) => text === " two");
  });
});
