import { diffChars } from "diff";
import * as Y from "yjs";
import { type Scan, scanUpdate } from "./document-scan.ts";

/** A document as it was: the updates (base64) that made it, in their order. */
export type Past = readonly string[];

export interface Piece {
  readonly kind: "same" | "added" | "removed";
  readonly text: string;
}

/** How long two texts are compared, in milliseconds, before what differs between them is taken as one piece. */
const compareMs = 2_000;

/** What is done in a thread, since it takes as long as a document is large. The name of the text is that of the contract. */
export const documentJobs = {
  scan: ({ update }: { readonly update: string }): Scan => scanUpdate(bytes(update)),

  /** One update that has everything in it. What was deleted is collected: it leaves no more than its length. */
  compact({ past }: { readonly past: Past }): { readonly base: string; readonly bytes: number } {
    const doc = build(past);
    const base = Y.encodeStateAsUpdate(doc);
    return { base: base64(base), bytes: base.length };
  },

  text: ({ past, name }: { readonly past: Past; readonly name: string }): string => textOf(build(past), name),

  /** The text, and one update that has everything in it. */
  digest({ past, name }: { readonly past: Past; readonly name: string }) {
    const doc = build(past);
    const base = base64(Y.encodeStateAsUpdate(doc));
    return { base, text: textOf(doc, name) };
  },

  difference: ({ from, to, name }: { readonly from: Past; readonly to: Past; readonly name: string }): Piece[] =>
    compare(textOf(build(from), name), textOf(build(to), name)),

  /** The update that makes the text what it was; null where it is that already. */
  restore({
    now,
    then,
    name,
    client,
  }: {
    readonly now: Past;
    readonly then: Past;
    readonly name: string;
    readonly client: number;
  }): { readonly update: string; readonly scan: Scan } | null {
    const doc = build(now);
    const target = textOf(build(then), name);
    const text = doc.getText(name);
    doc.clientID = client;
    let update: Uint8Array | undefined;
    doc.on("update", (made: Uint8Array) => {
      update = made;
    });
    doc.transact(() => {
      let at = 0;
      for (const { kind, text: piece } of compare(text.toString(), target)) {
        if (kind === "removed") text.delete(at, piece.length);
        else if (kind === "added") text.insert(at, piece);
        if (kind !== "removed") at += piece.length;
      }
    });
    return update ? { update: base64(update), scan: scanUpdate(update) } : null;
  },
};

export type DocumentJobs = typeof documentJobs;

/**
 * The document of updates. Its types stay untold until somebody asks for one: of a text that is known as one, Yjs removes formats that
 * format nothing, and so would write while it reads.
 *
 * @throws {Error} when something is missing in it: no document was lost, but none can be made of this
 */
function build(past: Past): Y.Doc {
  const doc = new Y.Doc();
  doc.transact(() => {
    for (const update of past) Y.applyUpdate(doc, bytes(update));
  });
  if (doc.store.pendingStructs || doc.store.pendingDs) throw new Error("A part of the document is missing.");
  return doc;
}

function textOf(doc: Y.Doc, name: string): string {
  return doc.getText(name).toString();
}

/** What differs between two texts, by characters as people see them in half: no surrogate pair is cut. */
function compare(from: string, to: string): Piece[] {
  const start = commonStart(from, to);
  const end = commonEnd(from.slice(start), to.slice(start));
  const before = from.slice(start, from.length - end);
  const after = to.slice(start, to.length - end);
  const middle = before === "" || after === "" ? undefined : diffChars(before, after, { timeout: compareMs });
  return [
    { kind: "same" as const, text: from.slice(0, start) },
    ...(middle?.map(toPiece) ?? [
      { kind: "removed" as const, text: before },
      { kind: "added" as const, text: after },
    ]),
    { kind: "same" as const, text: from.slice(from.length - end) },
  ].filter(({ text }) => text !== "");
}

function toPiece({ added, removed, value }: { added: boolean; removed: boolean; value: string }): Piece {
  return { kind: added ? "added" : removed ? "removed" : "same", text: value };
}

function commonStart(one: string, other: string): number {
  const most = Math.min(one.length, other.length);
  let length = 0;
  while (length < most && one[length] === other[length]) length += 1;
  return isHigh(one.charCodeAt(length - 1)) ? length - 1 : length;
}

function commonEnd(one: string, other: string): number {
  const most = Math.min(one.length, other.length);
  let length = 0;
  while (length < most && one[one.length - 1 - length] === other[other.length - 1 - length]) length += 1;
  return isLow(one.charCodeAt(one.length - length)) && length > 0 ? length - 1 : length;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "base64"));
}

function base64(update: Uint8Array): string {
  return Buffer.from(update.buffer, update.byteOffset, update.byteLength).toString("base64");
}
