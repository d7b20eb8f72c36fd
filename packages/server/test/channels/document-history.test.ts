import assert from "node:assert/strict";
import { documents } from "@shoal/contract/documents";
import { createMemoryStore, type Store, system } from "@shoal/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apart } from "../durability/apart.ts";
import { kinds, type Places } from "../durability/kinds.ts";
import { openAt } from "../durability/store-at.ts";
import { tablesWith } from "../erasure/search.ts";
import { eventually } from "../support/recorder.ts";
import { createDocuments, createShared, type DocumentsApp, Page } from "./documents-app.ts";

async function pageOf(app: DocumentsApp, who: string, documentId: string): Promise<Page> {
  const page = new Page(app, who, documentId);
  await page.load();
  return page;
}

/** Where a text stands in a store, by the names of its tables. */
type Search = (text: string) => Promise<readonly string[]>;

interface Opened {
  readonly store: Store;
  readonly search: Search;
  /** Opens the same data once more, after the store was closed. */
  again(): Store;
}

function laws(open: () => Promise<Opened>): void {
  test("the text of any version is what it was, also after compactions and a restart", async () => {
    const { store, again } = await open();
    const texts = new Map<number, string>();
    const app = createDocuments({ store, maxBytes: 4_000 });
    const documentId = await createShared(app, "ann", { ben: "editor" });
    const [ann, ben] = [await pageOf(app, "ann", documentId), await pageOf(app, "ben", documentId)];
    for (let round = 0; round < 40; round += 1) {
      const page = round % 2 === 0 ? ann : ben;
      await page.load();
      const offset = await page.write((text) => {
        text.insert(round % (text.length + 1), `${round} `);
        if (round % 5 === 4) text.delete(0, 3);
      });
      texts.set(offset, page.text.toString());
    }
    await eventually(async () => (await app.topic(documentId, "ann").state()).base !== "", "it is compacted");
    const said = await app.realtime.documents.text(documentId);
    await app[Symbol.asyncDispose]();
    await using other = createDocuments({ store: again(), maxBytes: 4_000 });
    for (const [offset, text] of texts) {
      expect(await other.as("ann").textAt({ documentId, offset })).toEqual({ text });
    }
    const [last = 0] = [...texts.keys()].slice(-1);
    expect(await other.realtime.documents.text(documentId)).toBe(said);
    expect(texts.get(last)).toBe(said);
    await expect(other.as("ann").textAt({ documentId, offset: last + 1 })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("a version is what one author wrote in one go, and pages of them leave none out and name none twice", async () => {
    const { store } = await open();
    await using app = createDocuments({ store });
    const documentId = await createShared(app, "ann", { ben: "editor" });
    const pages = { ann: await pageOf(app, "ann", documentId), ben: await pageOf(app, "ben", documentId) };
    const runs = [3, 1, 2, 4, 1];
    for (const [index, edits] of runs.entries()) {
      const page = index % 2 === 0 ? pages.ann : pages.ben;
      for (let edit = 0; edit < edits; edit += 1) await page.write((text) => text.insert(0, "x"));
    }
    const all = await app.as("ben").versions({ documentId });
    expect(all.items.map(({ edits, by }) => [edits, by?.id])).toEqual([
      [1, "ann"],
      [4, "ben"],
      [2, "ann"],
      [1, "ben"],
      [3, "ann"],
    ]);
    expect(all.nextCursor).toBeNull();
    const paged = [];
    for (let cursor: number | null | undefined; cursor !== null; ) {
      const page = await app.as("ben").versions({ documentId, limit: 2, ...(cursor !== undefined && { cursor }) });
      paged.push(...page.items);
      cursor = page.nextCursor;
    }
    expect(paged).toEqual(all.items);
  });

  test("the difference between two versions makes the later one of the earlier one", async () => {
    const { store } = await open();
    await using app = createDocuments({ store });
    const documentId = await createShared(app, "ann");
    const ann = await pageOf(app, "ann", documentId);
    const from = await ann.write((text) => text.insert(0, "The quick brown fox 😀"));
    const to = await ann.write((text) => {
      text.delete(4, 6);
      text.insert(text.length, "😁 jumps");
    });
    const { pieces } = await app.as("ann").difference({ documentId, from, to });
    const joined = (kinds: readonly string[]) =>
      pieces
        .filter(({ kind }) => kinds.includes(kind))
        .map(({ text }) => text)
        .join("");
    expect(joined(["same", "removed"])).toBe("The quick brown fox 😀");
    expect(joined(["same", "added"])).toBe("The brown fox 😀😁 jumps");
    const first = await app.as("ann").difference({ documentId, from: 0, to: from });
    expect(first.pieces).toEqual([{ kind: "added", text: "The quick brown fox 😀" }]);
  });

  test("a restoration makes the text what it was, by an edit of its author, and what others write meanwhile stays", async () => {
    const { store } = await open();
    await using app = createDocuments({ store });
    const documentId = await createShared(app, "ann", { ben: "editor" });
    const [ann, ben] = [await pageOf(app, "ann", documentId), await pageOf(app, "ben", documentId)];
    const offset = await ann.write((text) => text.insert(0, "as it was"));
    await ann.write((text) => {
      text.delete(0, 3);
      text.insert(0, "changed: ");
    });
    const restored = await app.as("ben").restore({ documentId, offset });
    assert(restored.ok);
    expect(restored.result).toEqual({ edits: 3 });
    await ben.load();
    expect(ben.text.toString()).toBe("as it was");
    await ben.write((text) => text.insert(text.length, ", and more"));
    expect(await app.realtime.documents.text(documentId)).toBe("as it was, and more");
    const { items } = await app.as("ann").versions({ documentId });
    expect(items.map(({ by, restored: from }) => [by?.id, from])).toEqual([
      ["ben", null],
      ["ben", offset],
      ["ann", null],
    ]);
    expect(await app.as("ben").restore({ documentId, offset: 1_000 })).toMatchObject({
      ok: false,
      reason: "NOT_FOUND",
    });
  });

  test("a version has a name, which can be changed and taken away", async () => {
    const { store } = await open();
    await using app = createDocuments({ store });
    const documentId = await createShared(app, "ann");
    const ann = await pageOf(app, "ann", documentId);
    const offset = await ann.write((text) => text.insert(0, "draft"));
    await app.as("ann").nameVersion({ documentId, offset, name: "Draft" });
    await app.as("ann").nameVersion({ documentId, offset, name: "First draft" });
    const { versions } = await app.topic(documentId, "ann").state();
    expect(versions).toMatchObject([{ offset, name: "First draft", by: { id: "ann" } }]);
    await app.as("ann").unnameVersion({ documentId, offset });
    expect((await app.topic(documentId, "ann").state()).versions).toEqual([]);
    expect(await app.as("ann").unnameVersion({ documentId, offset })).toMatchObject({ reason: "NOT_FOUND" });
    expect(await app.as("ann").nameVersion({ documentId, offset: 99, name: "Later" })).toMatchObject({
      reason: "NOT_FOUND",
    });
  });

  test("who is erased is named nowhere any more; what they wrote stays, and the history begins there", async () => {
    const { store, search } = await open();
    await using app = createDocuments({ store });
    const documentId = await createShared(app, "ann", { "ben-the-erased": "editor", cleo: "editor" });
    const [ann, ben] = [await pageOf(app, "ann", documentId), await pageOf(app, "ben-the-erased", documentId)];
    const early = await ann.write((text) => text.insert(0, "Ann wrote. "));
    await ben.load();
    const offset = await ben.write((text) => text.insert(text.length, "Ben wrote. "));
    await app.as("ben-the-erased").nameVersion({ documentId, offset, name: "Ben's" });
    expect(await search("ben-the-erased")).not.toEqual([]);
    await app.realtime.eraseUser("ben-the-erased");
    await eventually(async () => (await search("ben-the-erased")).length === 0, "the user is in no table");
    expect(await app.realtime.documents.text(documentId)).toBe("Ann wrote. Ben wrote. ");
    for (const gone of [early, offset]) {
      await expect(app.as("ann").textAt({ documentId, offset: gone })).rejects.toMatchObject({ code: "NOT_FOUND" });
    }
    expect(await app.as("ann").restore({ documentId, offset })).toMatchObject({ ok: false, reason: "NOT_FOUND" });
    await ann.load();
    const later = await ann.write((text) => text.insert(0, "# "));
    expect(await app.as("ann").textAt({ documentId, offset: later })).toEqual({ text: "# Ann wrote. Ben wrote. " });
    const versions = await app.as("ann").versions({ documentId });
    expect(versions).toMatchObject({ items: [{ by: { id: "ann" }, from: later, to: later }], nextCursor: null });
    expect(await app.topic(documentId, "ann").state()).toMatchObject({
      shares: [{ user: { id: "ann" } }, { user: { id: "cleo" } }],
      versions: [{ name: "Ben's", by: { id: "", name: "" } }],
    });
  });

  test("an editor owns what its erased owner leaves, and what nobody else has is removed", async () => {
    const { store } = await open();
    await using app = createDocuments({ store });
    const shared = await createShared(app, "ann", { vic: "viewer", cleo: "editor" });
    const alone = await createShared(app, "ann");
    await (await pageOf(app, "ann", alone)).write((text) => text.insert(0, "private"));
    await app.realtime.eraseUser("ann");
    expect((await app.topic(shared, "cleo").state()).shares).toEqual([
      { user: { id: "vic", name: "vic" }, role: "viewer" },
      { user: { id: "cleo", name: "cleo" }, role: "owner" },
    ]);
    const state = await app.realtime.topic(documents, { documentId: alone }).as(system).state();
    expect(state).toMatchObject({ status: "removed", shares: [], base: "", tail: [] });
  });

  test("a list shows how texts begin and finds what they say, some seconds after it was written, also when it closed before", async () => {
    const { store, again } = await open();
    const app = createDocuments({ store });
    const documentId = await createShared(app, "ann", { ben: "viewer" });
    const before = (await app.as("ben").list({})).items[0]?.changedAt ?? 0;
    await (await pageOf(app, "ann", documentId)).write((text) => text.insert(0, "Über\0 alle 100%\ud800"));
    // It closes before the text is due, and the next one makes good what it owed.
    await app[Symbol.asyncDispose]();
    await using other = createDocuments({ store: again() });
    const found = async (search: string) =>
      (await other.as("ben").list({ search })).items.map(({ excerpt }) => excerpt);
    await eventually(async () => (await found("alle 100%")).length === 1, "the text is found");
    expect(await found("ÜBER")).toEqual(["Über\ufffd alle 100%\ufffd"]);
    expect(await found("alle_100")).toEqual([]);
    expect((await other.as("ben").list({})).items[0]?.changedAt).toBeGreaterThanOrEqual(before);
    expect(await other.as("eve").list({ search: "alle" })).toEqual({ items: [], nextCursor: null });
  });

  test("a list has what is shared with one, the last changed first, page by page, and finds titles", async () => {
    const { store } = await open();
    await using app = createDocuments({ store });
    const titles = ["One", "Two", "100% Three", "Vier_"];
    const ids = [];
    for (const title of titles) ids.push(await createShared(app, "ann", { ben: "viewer" }, title));
    await createShared(app, "cleo", {}, "Hers");
    const found = async (search: string) => (await app.as("ben").list({ search })).items.map(({ title }) => title);
    const seen = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await app.as("ben").list({ limit: 3, ...(cursor !== undefined && { cursor }) });
      seen.push(...page.items);
      cursor = page.nextCursor;
    }
    expect(seen.map(({ documentId }) => documentId).toSorted()).toEqual(ids.toSorted());
    expect(seen.map(({ changedAt }) => changedAt)).toEqual(
      seen.map(({ changedAt }) => changedAt).toSorted((one, other) => other - one),
    );
    expect(seen[0]).toMatchObject({ role: "viewer", owner: { id: "ann" } });
    expect(await found("tHREE")).toEqual(["100% Three"]);
    expect(await found("%")).toEqual(["100% Three"]);
    expect(await found("_")).toEqual(["Vier_"]);
    expect(await found("\\")).toEqual([]);
    await expect(app.as("ben").list({ cursor: "none" })).rejects.toMatchObject({ code: "BAD_REQUEST" });
    await app.as("ann").share({ documentId: ids[0] ?? "", userId: "ben", role: null });
    expect((await app.as("ben").list({})).items).toHaveLength(3);
  });
}

for (const { name, here, prepare } of kinds) {
  describe.skipIf(!here)(`documents in ${name}`, () => {
    let places: Places;
    beforeAll(async () => {
      places = await prepare();
    });
    afterAll(() => places[Symbol.asyncDispose]());
    laws(async () => {
      const at = await apart(places.next());
      return { store: openAt(at), search: (text) => tablesWith(at, text), again: () => openAt(at) };
    });
  });
}

describe("documents in memory", () => {
  test("are the same", async () => {
    await using app = createDocuments({ store: createMemoryStore() });
    const documentId = await createShared(app, "ann");
    const offset = await (await pageOf(app, "ann", documentId)).write((text) => text.insert(0, "here"));
    expect(await app.as("ann").textAt({ documentId, offset })).toEqual({ text: "here" });
  });
});
