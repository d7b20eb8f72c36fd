import { documents } from "@shoal/contract/documents";
import { createMemoryStore, system } from "@shoal/server";
import { expect, test } from "vitest";
import * as Y from "yjs";
import { shared } from "../support/nodes.ts";
import { base64, createDocuments, createShared, type DocumentsApp, Page } from "./documents-app.ts";

test("two people write in one text, and the server reads what both wrote", async () => {
  await using app = createDocuments();
  const documentId = await createShared(app, "ann", { ben: "editor" });
  const ann = new Page(app, "ann", documentId);
  await ann.write((text) => text.insert(0, "Hello"));
  const ben = new Page(app, "ben", documentId);
  await ben.load();
  await ben.write((text) => text.insert(5, " world"));
  await ann.write((text) => text.insert(0, "> "));
  expect(await app.realtime.documents.text(documentId)).toBe("> Hello world");
  const state = await app.topic(documentId, "ben").state();
  expect(state).toMatchObject({ status: "present", title: "Minutes", edits: 3 });
});

test("the server edits like any author, as itself and as a user, and its edits follow one another", async () => {
  await using app = createDocuments();
  const documentId = await createShared(app, "ann");
  const { documents: hand } = app.realtime;
  const lines = Array.from({ length: 20 }, (_, index) => `line ${index}\n`);
  const outcomes = await Promise.all(
    lines.map((line) => hand.edit(documentId, (text) => text.insert(text.length, line))),
  );
  expect(outcomes.every(({ ok }) => ok)).toBe(true);
  await hand.edit(documentId, (text) => text.insert(0, "Title\n"), { as: { id: "ann" } });
  expect(await hand.text(documentId)).toBe(`Title\n${lines.join("")}`);
  const { items } = await app.as("ann").versions({ documentId });
  expect(items).toMatchObject([
    { by: { id: "ann" }, edits: 1 },
    { by: null, edits: 20 },
  ]);
  await expect(hand.edit(documentId, (text) => text.insert(0, "x"), { as: { id: "ben" } })).rejects.toMatchObject({
    code: "FORBIDDEN",
  });
});

test("a viewer watches and shows where they are, and cannot write, by no command", async () => {
  await using app = createDocuments();
  const documentId = await createShared(app, "ann", { vic: "viewer" });
  const vic = app.as("vic");
  const shown = vic.presence({ documentId, clientId: "tab", state: { awareness: { cursor: 1 } } });
  // It is allowed: what is missing is the watch.
  await expect(shown).rejects.toThrow("Watch the topic with `presence` first");
  expect(await app.topic(documentId, "vic").state()).toMatchObject({ title: "Minutes" });
  const refused = [
    vic.edit({ documentId, update: "AAA=" }),
    vic.rename({ documentId, title: "Mine" }),
    vic.share({ documentId, userId: "vic", role: "owner" }),
    vic.nameVersion({ documentId, offset: 1, name: "v" }),
    vic.restore({ documentId, offset: 1 }),
    vic.remove({ documentId }),
  ];
  for (const attempt of refused) await expect(attempt).rejects.toMatchObject({ code: "FORBIDDEN" });
});

test("who it is not shared with can neither watch nor load it, and learns nothing of it", async () => {
  await using app = createDocuments();
  const documentId = await createShared(app, "ann");
  const eve = app.as("eve");
  const attempts = [
    app.topic(documentId, "eve").state(),
    eve.load({ documentId }),
    eve.versions({ documentId }),
    eve.textAt({ documentId, offset: 1 }),
    eve.difference({ documentId, from: 0, to: 1 }),
    eve.edit({ documentId, update: "AAA=" }),
    eve.edit({ documentId: "none", update: "AAA=" }),
    eve.presence({ documentId, clientId: "tab", state: { awareness: null } }),
  ];
  for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ code: "FORBIDDEN" });
  expect(await eve.list({})).toEqual({ items: [], nextCursor: null });
});

test("the last owner stays, and who is unshared stops watching at once", async () => {
  await using app = createDocuments();
  const documentId = await createShared(app, "ann", { ben: "editor" });
  expect(await app.as("ann").share({ documentId, userId: "ann", role: "editor" })).toMatchObject({
    ok: false,
    reason: "LAST_OWNER",
  });
  const frames = app.topic(documentId, "ben").subscribe()[Symbol.asyncIterator]();
  expect((await frames.next()).value?.frame).toMatchObject({ kind: "snapshot" });
  await app.as("ann").share({ documentId, userId: "ben", role: null });
  const ended = (async () => {
    for (;;) if ((await frames.next()).done) return "ended";
  })();
  await expect(ended).rejects.toMatchObject({ code: "FORBIDDEN" });
  await expect(app.as("ben").edit({ documentId, update: "AAA=" })).rejects.toMatchObject({ code: "FORBIDDEN" });
});

test("what is removed is gone for everybody, and says so", async () => {
  await using app = createDocuments();
  const documentId = await createShared(app, "ann", { ben: "editor" });
  const ben = new Page(app, "ben", documentId);
  const offset = await ben.write((text) => text.insert(0, "secret"));
  expect(await app.as("ann").remove({ documentId })).toMatchObject({ ok: true });
  expect(await app.as("ben").edit({ documentId, update: "AAA=" })).toMatchObject({ ok: false, reason: "GONE" });
  expect(await app.topic(documentId, "ben").state()).toMatchObject({ status: "removed", base: "", tail: [] });
  expect(await app.as("ben").list({})).toEqual({ items: [], nextCursor: null });
  await expect(app.as("ben").textAt({ documentId, offset })).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(app.realtime.documents.text(documentId)).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect(await app.realtime.topic(documents, { documentId }).as(system).state()).toMatchObject({ bytes: 0 });
});

test("a document whose sharing the application decides is edited by whom it says, and bound to who wrote first", async () => {
  await using app = createDocuments({
    authorize: ({ allowed, user, action }) => allowed || (user?.id === "admin" && action !== "share"),
  });
  const documentId = await createShared(app, "ann");
  const admin = new Page(app, "admin", documentId);
  await admin.write((text) => text.insert(0, "By the admin"));
  const same = new Page(app, "ann", documentId);
  await same.load();
  same.doc.clientID = admin.doc.clientID;
  await expect(same.write((text) => text.insert(0, "Not "))).rejects.toMatchObject({ code: "BAD_REQUEST" });
  await expect(app.as("admin").share({ documentId, userId: "eve", role: "owner" })).rejects.toMatchObject({
    code: "FORBIDDEN",
  });
  expect(await app.realtime.documents.text(documentId)).toBe("By the admin");
});

test("who is unshared on one node does nothing more by another one that has not heard of it", async () => {
  const update = base64(Y.encodeStateAsUpdate(new Y.Doc()));
  const attempts: readonly ((ben: ReturnType<DocumentsApp["as"]>, documentId: string) => Promise<unknown>)[] = [
    (ben, documentId) => ben.share({ documentId, userId: "ben", role: "owner" }),
    (ben, documentId) => ben.share({ documentId, userId: "ann", role: null }),
    (ben, documentId) => ben.edit({ documentId, update }),
    (ben, documentId) => ben.rename({ documentId, title: "Ben's" }),
    (ben, documentId) => ben.nameVersion({ documentId, offset: 1, name: "Ben's" }),
    (ben, documentId) => ben.unnameVersion({ documentId, offset: 1 }),
    (ben, documentId) => ben.restore({ documentId, offset: 1 }),
    (ben, documentId) => ben.remove({ documentId }),
  ];
  const store = createMemoryStore();
  await using a = createDocuments({ store: shared(store), lookMs: 3_600_000 });
  await using b = createDocuments({ store: shared(store), lookMs: 3_600_000 });
  for (const attempt of attempts) {
    const documentId = await createShared(a, "ann", { ben: "owner" });
    expect((await b.topic(documentId, "ben").state()).shares).toHaveLength(2);
    await a.as("ann").share({ documentId, userId: "ben", role: null });
    await expect(attempt(b.as("ben"), documentId)).rejects.toMatchObject({ code: "FORBIDDEN" });
    expect(await a.topic(documentId, "ann").state()).toMatchObject({
      status: "present",
      title: "Minutes",
      shares: [{ user: { id: "ann" }, role: "owner" }],
    });
  }
});

test("who is not signed in may read where the application says so, and writes nothing, as nobody or as the server", async () => {
  await using app = createDocuments({ authorize: () => true });
  const documentId = await createShared(app, "ann");
  await app.realtime.documents.edit(documentId, (text) => text.insert(0, "By the server"));
  const stranger = app.as(null);
  expect(await stranger.load({ documentId })).toMatchObject({ state: { edits: 1 } });
  expect((await stranger.versions({ documentId })).items).toMatchObject([{ by: null }]);
  const attempts = [
    stranger.create({ title: "Nobody's" }),
    stranger.edit({ documentId, update: "AAA=" }),
    stranger.rename({ documentId, title: "Nobody's" }),
    stranger.share({ documentId, userId: "eve", role: "owner" }),
    stranger.restore({ documentId, offset: 1 }),
    stranger.remove({ documentId }),
  ];
  for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ code: "UNAUTHORIZED" });
});

test("titles and names have any characters that every store keeps, and a list is of one tenant alone", async () => {
  await using app = createDocuments();
  const title = "'; drop table document; -- \u202e<script>\u{1f600} %_\\ __proto__";
  const documentId = await createShared(app, "ann", {}, title);
  for (const who of ["ann@one", "ann@two", "ann@"]) {
    await expect(app.as(who).load({ documentId })).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(app.as(who).rename({ documentId, title: "Mine" })).rejects.toMatchObject({ code: "FORBIDDEN" });
    expect(await app.as(who).list({ search: "" })).toEqual({ items: [], nextCursor: null });
  }
  await app.as("ann").share({ documentId, userId: "__proto__", name: title, role: "viewer" });
  expect((await app.as("__proto__").list({ search: "%_\\" })).items).toMatchObject([{ documentId, title }]);
  const { shares } = await app.topic(documentId, "__proto__").state();
  expect(shares[1]).toEqual({ user: { id: "__proto__", name: title }, role: "viewer" });
  for (const wrong of ["\0", "\ud800", " ", "x".repeat(201)]) {
    await expect(app.as("ann").rename({ documentId, title: wrong })).rejects.toMatchObject({ code: "BAD_REQUEST" });
  }
});
