import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import {
  acknowledge,
  changesIn,
  emptyOutbox,
  isEmpty,
  type Outbox,
  put,
  replaceAll,
  send,
} from "../../src/channels/document-outbox.ts";
import { changes, contentOf, edit, textOf } from "../support/document-edits.ts";

const limits = { bytes: 512, clients: 16 };

/** What is put while somebody writes. */
function transactions(write: (doc: Y.Doc) => void): { readonly doc: Y.Doc; readonly updates: Uint8Array[] } {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array) => updates.push(update));
  write(doc);
  return { doc, updates };
}

function withText(...texts: string[]): Outbox {
  const { updates } = transactions((doc) => {
    for (const text of texts) textOf(doc).insert(textOf(doc).length, text);
  });
  return updates.reduce(put, emptyOutbox);
}

describe("the outbox of a document", () => {
  test("has one parcel on its way, and sends together what gathers meanwhile", () => {
    const { doc, updates } = transactions((doc) => {
      for (const letter of "abcd") textOf(doc).insert(textOf(doc).length, letter);
    });
    const [first, ...others] = updates;
    let outbox = send(put(emptyOutbox, first ?? new Uint8Array()), "one", limits);
    expect(outbox.sending).toEqual({ commandId: "one", update: first, changes: 1 });
    outbox = others.reduce(put, outbox);
    expect(send(outbox, "two", limits)).toBe(outbox);
    expect(changesIn(outbox)).toBe(4);
    outbox = send(acknowledge(outbox), "two", limits);
    expect(outbox).toMatchObject({ waiting: [], sending: { commandId: "two", changes: 3 } });
    const received = new Y.Doc();
    for (const update of [first, outbox.sending?.update]) Y.applyUpdate(received, update ?? new Uint8Array());
    expect(contentOf(received)).toEqual(contentOf(doc));
  });

  test("sends no more together than fits", () => {
    let outbox = withText("a".repeat(300), "b".repeat(150), "c".repeat(300));
    outbox = send(outbox, "one", limits);
    expect(outbox).toMatchObject({ sending: { changes: 2 }, waiting: [{ changes: 1 }] });
  });

  test("sends a transaction that is too large in pieces, and counts it as sent with the last", () => {
    let outbox = send(withText("a".repeat(1_200), "b"), "one", limits);
    const sent = [outbox.sending?.changes];
    for (let at = 0; outbox.waiting.length > 0; at += 1) {
      expect(changesIn(outbox)).toBe(2);
      outbox = send(acknowledge(outbox), `next-${at}`, limits);
      sent.push(outbox.sending?.changes);
    }
    expect(sent.length).toBeGreaterThan(2);
    expect(sent.slice(0, -1).every((changes) => changes === 0)).toBe(true);
    expect(sent.at(-1)).toBe(2);
    expect(isEmpty(acknowledge(outbox))).toBe(true);
  });

  test("brings the whole document over, in parcels below the limit of which none waits for a later one", () => {
    fc.assert(
      fc.property(changes, fc.array(fc.nat(3)), (all, gathering) => {
        const { doc, updates } = transactions((writing) => {
          for (const each of all) edit(writing, each);
        });
        const received = new Y.Doc();
        const rest = [...updates];
        let outbox = emptyOutbox;
        for (let turn = 0; rest.length > 0 || !isEmpty(outbox); turn += 1) {
          outbox = rest.splice(0, gathering[turn] ?? 1).reduce(put, outbox);
          outbox = send(outbox, `parcel-${turn}`, limits);
          if (!outbox.sending) continue;
          expect(outbox.sending.update.length).toBeLessThanOrEqual(limits.bytes);
          Y.applyUpdate(received, outbox.sending.update);
          expect(received.store.pendingStructs).toBeNull();
          expect(received.store.pendingDs).toBeNull();
          outbox = acknowledge(outbox);
        }
        expect(contentOf(received)).toEqual(contentOf(doc));
      }),
    );
  });

  test("keeps the count of what waits when that is replaced by what the server lacks", () => {
    const outbox = withText("a", "b", "c");
    expect(changesIn(replaceAll(outbox, new Uint8Array([0, 0])))).toBe(3);
    expect(isEmpty(replaceAll(outbox, undefined))).toBe(true);
  });
});
