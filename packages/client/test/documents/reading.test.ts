import { type Documents, documents } from "@shoal/contract/documents";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { unreadOf, updatesOf } from "../../src/channels/document-reading.ts";

/** A document with these updates, those before `compacted` in its base. */
function stateOf(updates: readonly string[], compacted = 0): Documents["state"] {
  const apply = documents.apply.edited;
  const initial: Documents["state"] = { ...documents.initial({ documentId: "one" }), edits: compacted };
  const base = compacted === 0 ? "" : "base";
  return updates.slice(compacted).reduce((state, update) => apply(state, { update, at: 0 }), { ...initial, base });
}

describe("what is unread of a document", () => {
  test("is all of it at first, the base before the tail", () => {
    const state = stateOf(["AAAA", "BBBB", "CCCC"], 1);
    expect(updatesOf(state)).toEqual(["base", "BBBB", "CCCC"]);
  });

  test("is what came since, whether or not the document was compacted meanwhile", () => {
    fc.assert(
      fc.property(fc.nat(600), fc.nat(), fc.nat(), (count, readSeed, compactedSeed) => {
        const updates = Array.from({ length: count }, (_, at) => `edit-${at + 1}`);
        const read = readSeed % (count + 1);
        const compacted = compactedSeed % (count + 1);
        const unread = unreadOf(stateOf(updates, compacted), read);
        const since = updates.slice(read);
        if (read >= compacted) expect(unread.map(({ update }) => update)).toEqual(since);
        else expect(unread.map(({ update }) => update)).toEqual(["base", ...updates.slice(compacted)]);
        for (const { update, edit } of unread) if (edit !== undefined) expect(update).toBe(`edit-${edit}`);
      }),
    );
  });

  test("is all of it when there are fewer edits than were read: it is another document", () => {
    expect(unreadOf(stateOf(["AAAA"]), 5)).toEqual([{ update: "AAAA", edit: 1 }]);
  });
});
