import { documents } from "@shoal/contract/documents";
import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { openDocument, waitingChanges } from "../../src/channels/documents.ts";
import { createClient } from "../../src/client.ts";
import { connectTo, openFor, startDocuments, textOfDocument } from "../support/document-server.ts";
import { goOffline } from "../support/go-offline.ts";
import { until } from "../support/until.ts";

const edit = "realtime.documents.edit";

describe("a document", () => {
  test("is the same for two who write in it, and is saved when the server has it", async () => {
    await using server = await startDocuments();
    const documentId = await server.create({ ben: "editor" });
    await using ann = openFor(server, "ann", documentId);
    await using ben = openFor(server, "ben", documentId);
    await until(ann.document, ({ status }) => status === "saved");
    await until(ben.document, ({ canEdit }) => canEdit);
    ann.text.insert(0, "Hello");
    expect(ann.document.status).toBe("saving");
    await until(textOfDocument(ben.document), (text) => text === "Hello");
    ben.text.insert(5, " world");
    await until(textOfDocument(ann.document), (text) => text === "Hello world");
    await until(ben.document, ({ status }) => status === "saved");
    expect((await server.folded(documentId)).getText("text").toString()).toBe("Hello world");
    expect(ann.document.current).toMatchObject({ title: "Minutes", role: "owner", waiting: 0, synced: true });
  });

  test("follows the conventions of Yjs's providers", async () => {
    await using server = await startDocuments();
    const documentId = await server.create();
    const ann = openFor(server, "ann", documentId);
    const heard: unknown[] = [];
    ann.document.on("synced", (synced) => heard.push(["synced", synced]));
    ann.document.on("status", ({ status, waiting }) => heard.push([status, waiting]));
    ann.document.on("destroy", () => heard.push(["destroy"]));
    await until(ann.document, ({ synced, canEdit }) => synced && canEdit);
    ann.text.insert(0, "a");
    await until(ann.document, ({ status }) => status === "saved");
    await ann[Symbol.asyncDispose]();
    expect(heard).toEqual([["synced", true], ["saved", 0], ["saving", 1], ["saved", 0], ["destroy"]]);
  });

  test("sends nothing that came from others, and one transaction for what comes at once", async () => {
    await using server = await startDocuments();
    const documentId = await server.create({ ben: "editor" });
    await using ann = openFor(server, "ann", documentId);
    await until(ann.document, ({ canEdit }) => canEdit);
    await using ben = openFor(server, "ben", documentId);
    const transactions: unknown[] = [];
    ben.document.doc.on("afterTransaction", ({ origin }) => transactions.push(origin));
    for (const letter of "abc") ann.text.insert(ann.text.length, letter);
    await until(textOfDocument(ben.document), (text) => text === "abc");
    await until(ben.document, ({ status }) => status === "saved");
    expect(transactions.every((origin) => origin === ben.document)).toBe(true);
    expect(ben.network.inputs(edit)).toEqual([]);
  });

  test("has one edit of each author for all that they write in a turn, and one for what they write until that is stored", async () => {
    await using server = await startDocuments();
    const documentId = await server.create({ ben: "editor" });
    await using ann = openFor(server, "ann", documentId);
    await using ben = openFor(server, "ben", documentId);
    const write = ({ text }: typeof ann, letters: string) => {
      for (const letter of letters) text.insert(text.length, letter);
    };
    for (const { document } of [ann, ben]) await until(document, ({ canEdit }) => canEdit);
    for (const one of [ann, ben]) write(one, "many letters at once, each in a transaction of its own");
    await Promise.resolve();
    for (const one of [ann, ben]) {
      write(one, "and as many again");
      await Promise.resolve();
      write(one, "in two turns");
    }
    for (const { document } of [ann, ben]) await until(document, ({ status }) => status === "saved");
    const { edits } = await server.state(documentId);
    expect([ann, ben].map(({ network }) => network.inputs(edit).length)).toEqual([2, 2]);
    expect(edits).toBe(4);
  });

  test("is not sent twice what was written while it loaded", async () => {
    await using server = await startDocuments();
    const documentId = await server.create();
    await using ann = openFor(server, "ann", documentId);
    ann.text.insert(0, "early");
    expect(ann.document.current).toMatchObject({ status: "loading", waiting: 1, canEdit: false });
    await until(ann.document, ({ status }) => status === "saved");
    expect((await server.folded(documentId)).getText("text").toString()).toBe("early");
    expect(ann.network.inputs(edit)).toHaveLength(1);
  });

  test("brings together what a page had kept and what the server has", async () => {
    await using server = await startDocuments();
    const documentId = await server.create({ ben: "editor" });
    const kept = new Y.Doc();
    {
      await using ann = openFor(server, "ann", documentId);
      await until(ann.document, ({ canEdit }) => canEdit);
      ann.text.insert(0, "known");
      await until(ann.document, ({ status }) => status === "saved");
      Y.applyUpdate(kept, Y.encodeStateAsUpdate(ann.document.doc));
    }
    kept.getText("text").insert(5, " and new");
    await using again = openFor(server, "ann", documentId, { doc: kept });
    await until(again.document, ({ status }) => status === "saved");
    expect((await server.folded(documentId)).getText("text").toString()).toBe("known and new");
  });

  test("keeps what is written offline, counts it, and sends it together when there is a connection", async () => {
    await using server = await startDocuments();
    const documentId = await server.create({ ben: "editor" });
    await using ann = openFor(server, "ann", documentId);
    await using ben = openFor(server, "ben", documentId);
    await until(ann.document, ({ canEdit }) => canEdit);
    await until(ben.document, ({ canEdit }) => canEdit);
    ann.text.insert(0, "shared");
    await until(textOfDocument(ben.document), (text) => text === "shared");
    await goOffline(ann.client, server);
    for (const letter of "1234") ann.text.insert(ann.text.length, letter);
    expect(ann.document.current).toMatchObject({ status: "offline", waiting: 4, canEdit: true });
    ben.text.insert(0, "Ben: ");
    await until(ben.document, ({ status }) => status === "saved");
    ann.network.online = true;
    await until(ann.document, ({ status }) => status === "saved");
    await until(textOfDocument(ann.document), (text) => text === "Ben: shared1234");
    await until(textOfDocument(ben.document), (text) => text === "Ben: shared1234");
    expect(ann.network.inputs(edit).length).toBeLessThanOrEqual(4);
  });

  test("is counted with the others of its client as long as something of it is not stored", async () => {
    await using server = await startDocuments();
    await using client = connectTo(server, "ann");
    const waiting = waitingChanges(client);
    const open = async () => openDocument(client, { documentId: await server.create() });
    const [one, other] = [await open(), await open()];
    for (const document of [one, other]) await until(document, ({ canEdit }) => canEdit);
    await goOffline(client, server);
    for (const letter of "ab") one.text.insert(0, letter);
    other.text.insert(0, "c");
    expect(waiting.current).toBe(3);
    other.destroy();
    expect(waiting.current).toBe(2);
    client.network.online = true;
    await until(waiting, (sum) => sum === 0);
    expect((await server.folded(one.documentId)).getText("text").toString()).toBe("ba");
    one.destroy();
  });

  test("stays one edit when the answer was lost and it is sent again", async () => {
    await using server = await startDocuments();
    const documentId = await server.create();
    await using ann = openFor(server, "ann", documentId);
    await until(ann.document, ({ canEdit }) => canEdit);
    ann.network.lose = () => true;
    ann.text.insert(0, "once");
    await expect.poll(async () => (await server.state(documentId)).edits).toBe(1);
    ann.network.lose = () => false;
    server.cut();
    await until(ann.document, ({ status }) => status === "saved");
    expect((await server.state(documentId)).edits).toBe(1);
    expect(ann.text.toString()).toBe("once");
  });

  test("is still sent when nobody looks at it any more", async () => {
    await using server = await startDocuments();
    const documentId = await server.create();
    await using client = connectTo(server, "ann");
    const document = openDocument(client, { documentId });
    await until(document, ({ canEdit }) => canEdit);
    for (const letter of "last words") document.text.insert(document.text.length, letter);
    document.destroy();
    await expect.poll(async () => (await server.folded(documentId)).getText("text").toString()).toBe("last words");
  });

  test("of 3 MB is written in pieces, loaded whole by who comes later, and watched from there", async () => {
    await using server = await startDocuments();
    const documentId = await server.create({ ben: "editor" });
    await using ann = openFor(server, "ann", documentId);
    await until(ann.document, ({ canEdit }) => canEdit);
    const pasted = "All work and no play. ".repeat(140_000);
    ann.text.insert(0, pasted);
    await expect.poll(() => ann.document.status, { timeout: 20_000 }).toBe("saved");
    expect(ann.network.inputs(edit).length).toBeGreaterThan(60);
    await using ben = openFor(server, "ben", documentId);
    await expect.poll(() => ben.document.status, { timeout: 20_000 }).toBe("saved");
    // It came over HTTP.
    expect(ben.network.inputs("realtime.documents.load")).toEqual([]);
    expect(ben.text.toString() === pasted).toBe(true);
    ann.text.insert(0, "!");
    await until(textOfDocument(ben.document), (text) => text.startsWith("!All"));
  });

  test("is written together where sockets do not get through", async () => {
    await using server = await startDocuments();
    const documentId = await server.create({ ben: "editor" });
    await using ann = openFor(server, "ann", documentId);
    await using client = connectTo(server, "ben", { transport: "sse" });
    const ben = openDocument(client, { documentId });
    await until(ann.document, ({ people }) => people.length === 2);
    ann.text.insert(0, "one");
    await until(textOfDocument(ben), (text) => text === "one");
    ben.text.insert(3, " two");
    await until(textOfDocument(ann.document), (text) => text === "one two");
    await until(ben, ({ status }) => status === "saved");
    ben.destroy();
  });

  test("needs the contract in the client", async () => {
    const client = createClient({ url: "http://localhost:1/trpc", channels: [] });
    expect(() => openDocument(client, { documentId: "one" })).toThrow('The client has no channel "documents"');
    await client.close();
  });
});

describe("what the server does not take", () => {
  test("is not called saved: the document is full, the text is still here, and one can start anew", async () => {
    await using server = await startDocuments({ maxBytes: 200 });
    const documentId = await server.create();
    await using ann = openFor(server, "ann", documentId);
    await until(ann.document, ({ canEdit }) => canEdit);
    ann.text.insert(0, "fits");
    await until(ann.document, ({ status }) => status === "saved");
    ann.text.insert(4, " but this does not".repeat(20));
    const { failure, waiting } = await until(ann.document, ({ status }) => status === "failed");
    expect(failure).toMatchObject({ reason: "FULL", message: expect.stringContaining("Copy it") });
    expect(waiting).toBe(1);
    expect(ann.document.current.canEdit).toBe(false);
    expect(ann.text.toString()).toContain("does not");
    const anew = ann.document.startAnew();
    await until(anew, ({ status }) => status === "saved");
    expect(anew.text.toString()).toBe("fits");
    anew.destroy();
  });

  test("is nothing of a viewer's: neither from the page nor by the wire", async () => {
    await using server = await startDocuments();
    const documentId = await server.create({ vic: "viewer" });
    await using ann = openFor(server, "ann", documentId);
    await using vic = openFor(server, "vic", documentId);
    await until(ann.document, ({ canEdit }) => canEdit);
    ann.text.insert(0, "read me");
    await until(textOfDocument(vic.document), (text) => text === "read me");
    expect(vic.document.current).toMatchObject({ status: "read-only", canEdit: false, role: "viewer" });
    vic.text.insert(0, "no ");
    expect(await until(vic.document, ({ status }) => status === "failed")).toMatchObject({
      failure: { reason: "READ_ONLY" },
      waiting: 1,
    });
    expect(vic.network.inputs(edit)).toEqual([]);
    const wire = vic.client.documents({ documentId }).send.edit({ update: "AAA=" });
    await expect(wire).rejects.toMatchObject({ code: "FORBIDDEN" });
    expect(ann.text.toString()).toBe("read me");
  });

  test("is what is written after the role was taken away, and it is sent once that is given back", async () => {
    await using server = await startDocuments();
    const documentId = await server.create({ ben: "editor" });
    await using ben = openFor(server, "ben", documentId);
    await until(ben.document, ({ canEdit }) => canEdit);
    await server.share(documentId, "ben", "viewer");
    await until(ben.document, ({ status }) => status === "read-only");
    ben.text.insert(0, "mine");
    await until(ben.document, ({ status }) => status === "failed");
    await server.share(documentId, "ben", "editor");
    await until(ben.document, ({ status }) => status === "saved");
    expect((await server.folded(documentId)).getText("text").toString()).toBe("mine");
  });

  test("is said of a document that is not shared, or was removed", async () => {
    await using server = await startDocuments();
    const documentId = await server.create({ ben: "editor" });
    await using eve = openFor(server, "eve", documentId);
    expect((await until(eve.document, ({ status }) => status === "failed")).failure).toMatchObject({
      reason: "FORBIDDEN",
    });
    await using ben = openFor(server, "ben", documentId);
    await until(ben.document, ({ canEdit }) => canEdit);
    await using ann = connectTo(server, "ann");
    await ann.documents({ documentId }).send.remove();
    expect((await until(ben.document, ({ status }) => status === "failed")).failure).toMatchObject({ reason: "GONE" });
    expect(ben.document.current.canEdit).toBe(false);
  });

  test("is shown once it is shared, when one tries again", async () => {
    await using server = await startDocuments();
    const documentId = await server.create();
    await using eve = openFor(server, "eve", documentId);
    await until(eve.document, ({ status }) => status === "failed");
    await server.share(documentId, "eve", "viewer");
    eve.document.retry();
    await until(eve.document, ({ status }) => status === "read-only");
    await server.share(documentId, "eve", null);
    await until(eve.document, ({ status }) => status === "failed");
    await server.share(documentId, "eve", "editor");
    const anew = eve.document.startAnew();
    await until(anew, ({ status }) => status === "saved");
    anew.destroy();
  });

  test("is what one user wrote when another has signed in", async () => {
    await using server = await startDocuments();
    const documentId = await server.create({ ben: "editor" });
    let user = "ann";
    const client = createClient({
      url: server.url,
      channels: [documents],
      token: () => user,
      user: () => ({ id: user, name: user }),
    });
    const document = openDocument(client, { documentId });
    await until(document, ({ canEdit }) => canEdit);
    user = "ben";
    document.text.insert(0, "whose?");
    expect((await until(document, ({ status }) => status === "failed")).failure).toMatchObject({
      reason: "ANOTHER_USER",
    });
    expect((await server.state(documentId)).edits).toBe(0);
    await client.close();
  });

  test("is not sent as another when the document is ended after somebody else has signed in", async () => {
    await using server = await startDocuments();
    const documentId = await server.create({ ben: "editor" });
    let user = "ann";
    await using client = connectTo(server, user, { token: () => user, user: () => ({ id: user, name: user }) });
    const document = openDocument(client, { documentId });
    await until(document, ({ canEdit }) => canEdit);
    await goOffline(client, server);
    for (const letter of "secret") document.text.insert(0, letter);
    user = "ben";
    document.destroy();
    client.network.online = true;
    await until(client.connection, ({ status }) => status === "open");
    expect(await client.documents({ documentId }).send.rename({ title: "Ben's" })).toMatchObject({ ok: true });
    expect((await server.state(documentId)).edits).toBe(0);
  });
});
