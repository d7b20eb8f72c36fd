// @vitest-environment happy-dom
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { bindTextarea, spliceBetween } from "../../src/channels/bind-textarea.ts";
import { textOf } from "../support/document-edits.ts";

function bound(initial: string) {
  const doc = new Y.Doc();
  const text = textOf(doc);
  text.insert(0, initial);
  const element = document.createElement("textarea");
  document.body.append(element);
  const awareness = new Awareness(doc);
  const undoManager = new Y.UndoManager(text, { trackedOrigins: new Set() });
  const unbind = bindTextarea(element, { text, awareness, undoManager });
  const select = (start: number, end = start) => {
    element.focus();
    element.setSelectionRange(start, end);
    document.dispatchEvent(new Event("selectionchange"));
  };
  /** As the browser does it: over what is selected. */
  const type = (typed: string) => {
    const end = element.selectionStart + typed.length;
    element.setRangeText(typed, element.selectionStart, element.selectionEnd);
    element.setSelectionRange(end, end);
    element.dispatchEvent(new Event("input"));
  };
  const others = (write: (text: Y.Text) => void) => {
    const doc2 = new Y.Doc();
    Y.applyUpdate(doc2, Y.encodeStateAsUpdate(doc));
    write(textOf(doc2));
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(doc2), "others");
  };
  return {
    element,
    text,
    awareness,
    undoManager,
    unbind,
    select,
    type,
    others,
    [Symbol.dispose]() {
      unbind();
      awareness.destroy();
      element.remove();
    },
  };
}

describe("a textarea bound to a text", () => {
  test("shows it, and what others write, with the cursor where it was in the text", () => {
    using area = bound("Hello world");
    expect(area.element.value).toBe("Hello world");
    area.select(5, 11);
    area.others((text) => text.insert(0, "Oh! "));
    expect(area.element.value).toBe("Oh! Hello world");
    expect([area.element.selectionStart, area.element.selectionEnd]).toEqual([9, 15]);
  });

  test("puts what is typed into it, where it is typed, as the least change", () => {
    using area = bound("aaaa");
    const deltas: unknown[] = [];
    area.text.observe(({ delta }) => deltas.push(delta));
    area.select(2);
    area.type("a");
    expect(area.text.toString()).toBe("aaaaa");
    expect(deltas).toEqual([[{ retain: 2 }, { insert: "a" }]]);
  });

  test("replaces what was selected", () => {
    using area = bound("one two three");
    area.select(4, 7);
    area.type("2");
    expect(area.text.toString()).toBe("one 2 three");
  });

  test("leaves a composition alone until it is done, and loses nothing that others wrote meanwhile", () => {
    using area = bound("kana: .");
    area.select(6);
    area.element.dispatchEvent(new Event("compositionstart"));
    area.type("か");
    area.others((text) => {
      text.insert(0, "My ");
      text.insert(text.length, " End");
    });
    expect(area.element.value).toBe("kana: か.");
    expect(area.text.toString()).toBe("My kana: . End");
    area.element.dispatchEvent(new Event("compositionend"));
    expect(area.text.toString()).toBe("My kana: か. End");
    expect(area.element.value).toBe("My kana: か. End");
    expect(area.element.selectionStart).toBe(10);
  });

  test("composes over a selection in which others wrote", () => {
    using area = bound("abcdef");
    area.select(1, 5);
    area.element.dispatchEvent(new Event("compositionstart"));
    area.type("X");
    area.others((text) => text.insert(1, "12"));
    area.element.dispatchEvent(new Event("compositionend"));
    expect(area.text.toString()).toBe("a12Xf");
  });

  test("shows the others where the cursor is while it has the focus", () => {
    using area = bound("one two");
    area.select(3);
    const { cursor } = area.awareness.getLocalState() ?? {};
    const place = Y.createAbsolutePositionFromRelativePosition(
      Y.createRelativePositionFromJSON(cursor.anchor),
      area.awareness.doc,
    );
    expect(place?.index).toBe(3);
    area.element.blur();
    expect(area.awareness.getLocalState()).toMatchObject({ cursor: null });
  });

  test("can be undone without undoing the others", () => {
    using area = bound("one");
    area.select(3);
    area.type(" two");
    area.others((text) => text.insert(0, "zero "));
    area.undoManager.undo();
    expect(area.element.value).toBe("zero one");
  });

  test("has its own undo in place of the browser's, by key and by menu", () => {
    using area = bound("");
    area.select(0);
    area.type("mine");
    area.others((text) => text.insert(0, "theirs "));
    const ask = (event: Event) => !area.element.dispatchEvent(event);
    expect(ask(new KeyboardEvent("keydown", { key: "z", ctrlKey: true, cancelable: true }))).toBe(true);
    expect(area.element.value).toBe("theirs ");
    expect(ask(new InputEvent("beforeinput", { inputType: "historyRedo", cancelable: true }))).toBe(true);
    expect(area.element.value).toBe("theirs mine");
    expect(ask(new KeyboardEvent("keydown", { key: "z", cancelable: true }))).toBe(false);
    area.element.readOnly = true;
    expect(ask(new KeyboardEvent("keydown", { key: "Z", metaKey: true, cancelable: true }))).toBe(true);
    expect(area.text.toString()).toBe("theirs mine");
  });

  test("leaves ends of lines as they are, though an element shows one kind alone", () => {
    using area = bound("one\r\ntwo\r\nthree");
    expect(area.element.value).toBe("one\ntwo\nthree");
    area.select(6);
    area.type("!");
    expect(area.text.toString()).toBe("one\r\ntw!o\r\nthree");
    area.others((text) => text.insert(0, "zero\r\n"));
    expect(area.element.value).toBe("zero\none\ntw!o\nthree");
    expect(area.element.selectionStart).toBe(12);
    area.select(8, 9);
    area.type(" ");
    expect(area.text.toString()).toBe("zero\r\none tw!o\r\nthree");
    area.select(0);
    area.element.dispatchEvent(new Event("compositionstart"));
    area.type("-");
    area.others((text) => text.insert(6, "half\r\n"));
    area.element.dispatchEvent(new Event("compositionend"));
    expect(area.text.toString()).toBe("-zero\r\nhalf\r\none tw!o\r\nthree");
    expect(area.element.value).toBe("-zero\nhalf\none tw!o\nthree");
  });

  test("is left as it is once unbound", () => {
    using area = bound("one");
    area.unbind();
    area.others((text) => text.insert(0, "zero "));
    expect(area.element.value).toBe("one");
  });
});

test("the change between two texts makes the one of the other, and cuts no character in half", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "😀", "😁", "\n"), maxLength: 12 });
  fc.assert(
    fc.property(letters, letters, fc.nat(), (before, after, seed) => {
      const { at, remove, insert } = spliceBetween(before, after, seed % (after.length + 1));
      expect(before.slice(0, at) + insert + before.slice(at + remove)).toBe(after);
      for (const part of [before.slice(0, at), before.slice(at, at + remove), insert, before.slice(at + remove)])
        expect(part.isWellFormed()).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});
