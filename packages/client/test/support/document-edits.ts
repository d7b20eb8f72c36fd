import fc from "fast-check";
import type * as Y from "yjs";

/** What somebody does to a document. Places and lengths are fractions of what is there. */
export type Change =
  | { readonly type: "insert"; readonly at: number; readonly text: string }
  | { readonly type: "delete"; readonly at: number; readonly part: number }
  | { readonly type: "format"; readonly at: number; readonly part: number }
  | { readonly type: "set"; readonly key: string; readonly value: string }
  | { readonly type: "push"; readonly value: string };

const fraction = fc.double({ min: 0, max: 1, noNaN: true });

export const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant("insert"),
      at: fraction,
      text: fc.string({ unit: "grapheme", minLength: 1, maxLength: 200 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("delete"), at: fraction, part: fraction }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("format"), at: fraction, part: fraction }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("set"),
      key: fc.constantFrom("a", "b"),
      value: fc.string({ maxLength: 40 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("push"), value: fc.string({ maxLength: 40 }) }) },
) as fc.Arbitrary<Change>;

export const changes: fc.Arbitrary<Change[]> = fc.array(change, { maxLength: 20 });

export function textOf(doc: Y.Doc): Y.Text {
  return doc.getText("text");
}

/** All that is in a document. */
export function contentOf(doc: Y.Doc): object {
  return {
    text: textOf(doc).toDelta(),
    list: doc.getArray("list").toJSON(),
    map: doc.getMap("map").toJSON(),
  };
}

/** Does it, in a transaction. */
export function edit(doc: Y.Doc, change: Change): void {
  const text = textOf(doc);
  switch (change.type) {
    case "insert":
      text.insert(placeIn(text.length, change.at), change.text);
      return;
    case "delete":
      text.delete(...rangeIn(text.length, change));
      return;
    case "format":
      text.format(...rangeIn(text.length, change), { bold: true });
      return;
    case "set":
      doc.getMap("map").set(change.key, change.value);
      return;
    case "push":
      doc.getArray("list").push([change.value, { nested: change.value }]);
  }
}

function placeIn(length: number, at: number): number {
  return Math.min(length, Math.floor(at * (length + 1)));
}

function rangeIn(length: number, { at, part }: { readonly at: number; readonly part: number }): [number, number] {
  const from = placeIn(length, at);
  return [from, Math.floor((length - from) * part)];
}
