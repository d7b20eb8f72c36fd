import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { clockIn, lackOf } from "../../src/channels/document-lack.ts";
import { clientsOf, cutUpdate } from "../../src/channels/document-pieces.ts";
import { type Change, change, changes, contentOf, edit, textOf } from "../support/document-edits.ts";

const limits = { bytes: 256, clients: 16 };

/** What several authors have written, each hearing of the others now and then, as one update. */
function written(authors: readonly (readonly Change[])[]): { readonly update: Uint8Array; readonly doc: Y.Doc } {
  const doc = new Y.Doc();
  for (const [at, own] of authors.entries()) {
    const author = new Y.Doc();
    author.clientID = at + 1;
    Y.applyUpdate(author, Y.encodeStateAsUpdate(doc));
    for (const each of own) edit(author, each);
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(author));
  }
  return { update: Y.encodeStateAsUpdate(doc), doc };
}

/** Applies updates in their order. Fails where one waits for another. */
function applied(updates: readonly Uint8Array[], doc = new Y.Doc()): Y.Doc {
  for (const update of updates) {
    Y.applyUpdate(doc, update);
    expect(doc.store.pendingStructs).toBeNull();
    expect(doc.store.pendingDs).toBeNull();
  }
  return doc;
}

const authors = fc.array(changes, { minLength: 1, maxLength: 5 });

describe("the pieces of an update", () => {
  test("make the same document, and none waits for a later one", () => {
    fc.assert(
      fc.property(authors, (all) => {
        const { update, doc } = written(all);
        const pieces = cutUpdate(update, limits);
        const made = applied(pieces);
        expect(contentOf(made)).toEqual(contentOf(doc));
        expect(Y.encodeStateAsUpdate(made)).toEqual(Y.encodeStateAsUpdate(applied([update])));
      }),
      { numRuns: 300 },
    );
  });

  test("are below the limit, however large a text was pasted", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 300, maxLength: 3_000 }), (pasted) => {
        const doc = new Y.Doc();
        textOf(doc).insert(0, pasted);
        const pieces = cutUpdate(Y.encodeStateAsUpdate(doc), limits);
        expect(pieces.length).toBeGreaterThan(1);
        expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(limits.bytes);
        expect(textOf(applied(pieces)).toString()).toBe(textOf(doc).toString());
      }),
    );
  });

  test("follow what the server has when they are cut out of the middle of a history", () => {
    fc.assert(
      fc.property(changes, changes, (before, after) => {
        const doc = new Y.Doc();
        for (const each of before) edit(doc, each);
        const known = Y.encodeStateAsUpdate(doc);
        const updates: Uint8Array[] = [];
        doc.on("update", (update: Uint8Array) => updates.push(update));
        doc.transact(() => {
          for (const each of after) edit(doc, each);
        });
        const pieces = updates.flatMap((update) => cutUpdate(update, limits));
        expect(contentOf(applied([known, ...pieces]))).toEqual(contentOf(doc));
      }),
    );
  });

  test("speak of few clients each", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(change, { minLength: 1, maxLength: 3 }), { minLength: 4, maxLength: 20 }),
        (all) => {
          const { update, doc } = written(all);
          const pieces = cutUpdate(update, { bytes: 48 * 1024, clients: 3 });
          expect(Math.max(...pieces.map((piece) => clientsOf(piece).size))).toBeLessThanOrEqual(3);
          expect(contentOf(applied(pieces))).toEqual(contentOf(doc));
        },
      ),
    );
  });

  test("are one where the update is small: the update itself", () => {
    const { update } = written([[{ type: "insert", at: 0, text: "short" }]]);
    expect(cutUpdate(update, limits)).toEqual([update]);
  });
});

describe("what others lack", () => {
  test("makes their document what it is here", () => {
    fc.assert(
      fc.property(changes, changes, changes, (shared, here, there) => {
        const mine = new Y.Doc();
        for (const each of shared) edit(mine, each);
        const common = Y.encodeStateAsUpdate(mine);
        const theirs = applied([common]);
        for (const each of here) edit(mine, each);
        for (const each of there) edit(theirs, each);
        const lack = lackOf(mine, [Y.encodeStateAsUpdate(theirs)]);
        Y.applyUpdate(mine, Y.encodeStateAsUpdate(theirs));
        expect(contentOf(applied(lack ? [lack] : [], theirs))).toEqual(contentOf(mine));
      }),
    );
  });

  test("is nothing where they have it all, deletions included", () => {
    fc.assert(
      fc.property(changes, (all) => {
        const doc = new Y.Doc();
        for (const each of all) edit(doc, each);
        expect(lackOf(doc, [Y.encodeStateAsUpdate(doc)])).toBeUndefined();
      }),
    );
  });

  test("has only the deletions that they do not know", () => {
    const doc = new Y.Doc();
    textOf(doc).insert(0, "one two three");
    textOf(doc).delete(0, 4);
    const known = Y.encodeStateAsUpdate(doc);
    textOf(doc).delete(0, 4);
    const lack = Y.decodeUpdate(lackOf(doc, [known]) ?? new Uint8Array());
    expect(lack.structs).toEqual([]);
    expect([...lack.ds.clients.values()]).toEqual([[{ clock: 4, len: 4 }]]);
    expect(clockIn([known], doc.clientID)).toBe(13);
  });
});
