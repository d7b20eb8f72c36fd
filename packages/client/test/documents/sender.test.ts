import { ShoalError } from "@shoal/contract";
import { fromBase64 } from "lib0/buffer";
import { expect, test } from "vitest";
import * as Y from "yjs";
import { DocumentSender } from "../../src/channels/document-sender.ts";
import { textOf } from "../support/document-edits.ts";

/** A sender of a document that the server has nothing of yet. What is given to the client's queue waits there until `refuse` is called. */
function senderOf(doc: Y.Doc) {
  const given: { readonly update: Uint8Array; readonly commandId: string | undefined }[] = [];
  let refuse = (_error: ShoalError) => {};
  const sender = new DocumentSender({
    doc,
    edit({ update }, { commandId } = {}) {
      given.push({ update: fromBase64(update), commandId });
      return new Promise((_resolve, reject) => {
        refuse = reject;
      });
    },
    copy: () => ({ offset: 0, updates: () => [] }),
    changed() {},
    failed() {},
  });
  doc.on("update", (update: Uint8Array) => sender.put(update));
  return { sender, given, refuse: (error: ShoalError) => refuse(error) };
}

test("What the queue has just refused is given again when the document is left, before what was written after it", async () => {
  const doc = new Y.Doc();
  const { sender, given, refuse } = senderOf(doc);
  textOf(doc).insert(0, "old");
  await Promise.resolve();
  textOf(doc).insert(3, " and new");
  refuse(new ShoalError("TIMEOUT", "It waited for too long."));
  sender.leave();
  const [first, again, rest] = given;
  expect(given).toHaveLength(3);
  expect(again).toEqual(first);
  const theirs = new Y.Doc();
  for (const one of [again, rest]) if (one) Y.applyUpdate(theirs, one.update);
  expect(textOf(theirs).toString()).toBe("old and new");
});
