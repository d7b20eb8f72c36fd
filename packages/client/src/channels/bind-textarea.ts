import type { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";

export interface TextareaOptions {
  readonly text: Y.Text;
  /** Shows the others where the cursor is, where it is given. */
  readonly awareness?: Awareness | undefined;
  /** Makes what is typed here one of the steps that it takes back. */
  readonly undoManager?: Y.UndoManager | undefined;
}

/** What came to be between two texts: `remove` characters at `at` became `insert`. */
export interface Splice {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

type Delta = Y.YTextEvent["delta"];
type Place = readonly [Y.RelativePosition, Y.RelativePosition];

/**
 * Keeps a `<textarea>` the same as a text, in both directions, until the returned function is called. The cursor stays at its place in the text
 * whatever others write. What is being composed with an input method is taken when it is done, and others' changes are shown then. With an
 * `undoManager`, undo and redo are its own and not the browser's, which would take back what others wrote.
 */
export function bindTextarea(
  element: HTMLTextAreaElement,
  { text, awareness, undoManager }: TextareaOptions,
): () => void {
  // The origin of what is typed here.
  const origin = { bindTextarea: element };
  let composing = false;
  // What the element is known to show; the browser changes it before anybody hears of it.
  let shown = "";
  // What the text said then: an element has no returns in its value.
  let said = "";
  let place: Place | undefined;
  /** What others have written since a composition began. */
  const missed: Delta[] = [];

  const show = () => {
    if (composing) return;
    said = text.toString();
    const value = shownOf(said);
    const focused = element.ownerDocument.activeElement === element;
    shown = value;
    if (element.value === value) return;
    element.value = value;
    if (place) {
      const [start, end] = rangeIn(text, place).map((at) => shownOf(said.slice(0, at)).length);
      element.setSelectionRange(start ?? 0, end ?? 0, element.selectionDirection);
    }
    if (focused) tell();
  };
  const remember = () => {
    if (composing || element.value !== shown) return;
    const { selectionStart, selectionEnd } = element;
    const to = (index: number) => Y.createRelativePositionFromTypeIndex(text, placeIn(said, index));
    place = [to(selectionStart), to(selectionEnd)];
    tell();
  };
  const tell = () => {
    const focused = element.ownerDocument.activeElement === element;
    const cursor = focused && place ? { anchor: place[0], head: place[1] } : null;
    awareness?.setLocalStateField("cursor", cursor && JSON.parse(JSON.stringify(cursor)));
  };
  /** What has become of the text since the element was known. */
  const splice = (): Splice => {
    const { at, remove, insert } = spliceBetween(shown, element.value, element.selectionEnd);
    const from = placeIn(said, at);
    return { at: from, remove: placeIn(said, at + remove) - from, insert };
  };
  const typed = () => {
    if (composing) return;
    const { at, remove, insert } = splice();
    shown = element.value;
    text.doc?.transact(() => {
      if (remove > 0) text.delete(at, remove);
      if (insert !== "") text.insert(at, insert);
    }, origin);
    said = text.toString();
    remember();
  };
  const observed = ({ delta }: Y.YTextEvent, { origin: by }: Y.Transaction) => {
    if (composing) missed.push(delta);
    else if (by !== origin) show();
  };
  const compositionBegan = () => {
    composing = true;
    missed.length = 0;
  };
  const compositionEnded = () => {
    composing = false;
    takeComposed();
    show();
  };
  /** Others may have written meanwhile: what was composed is a change of what the element showed before. */
  const takeComposed = () => {
    const { at, remove, insert } = splice();
    const from = missed.reduce((place, delta) => placeAfter(delta, place, true), at);
    const to = missed.reduce((place, delta) => placeAfter(delta, place, false), at + remove);
    text.doc?.transact(() => {
      if (to > from) text.delete(from, to - from);
      if (insert !== "") text.insert(from, insert);
    }, origin);
    const end = from + insert.length;
    const position = Y.createRelativePositionFromTypeIndex(text, end);
    place = [position, position];
    shown = element.value;
  };

  const historyAsked = (event: Event) => {
    const asked = undoManager && !composing && historyOf(event);
    if (!asked) return;
    event.preventDefault();
    if (!element.readOnly) undoManager[asked]();
  };

  const events: readonly (readonly [EventTarget, string, (event: Event) => void])[] = [
    [element, "input", typed],
    [element, "beforeinput", historyAsked],
    [element, "keydown", historyAsked],
    [element, "compositionstart", compositionBegan],
    [element, "compositionend", compositionEnded],
    [element, "select", remember],
    [element, "focus", remember],
    [element, "blur", tell],
    [element.ownerDocument, "selectionchange", remember],
  ];
  for (const [target, type, listener] of events) target.addEventListener(type, listener);
  text.observe(observed);
  undoManager?.addTrackedOrigin(origin);
  show();
  let bound = true;
  return () => {
    if (!bound) return;
    bound = false;
    for (const [target, type, listener] of events) target.removeEventListener(type, listener);
    text.unobserve(observed);
    undoManager?.removeTrackedOrigin(origin);
    awareness?.setLocalStateField("cursor", null);
  };
}

/**
 * The change between two texts. Where it may be at several places, as when a letter was doubled, it is where the cursor is.
 *
 * @param cursor - where the cursor is after the change
 */
export function spliceBetween(before: string, after: string, cursor: number): Splice {
  const most = Math.min(before.length, after.length);
  // All that is after the cursor was there before.
  const tail = Math.min(after.length - cursor, most);
  let end = 0;
  while (end < tail && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  let at = 0;
  while (at < most - end && before[at] === after[at]) at += 1;
  while (end < most - at && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  // Half a character is none.
  if (at > 0 && isHigh(before, at - 1)) at -= 1;
  if (end > 0 && isLow(before, before.length - end)) end -= 1;
  return { at, remove: before.length - end - at, insert: after.slice(at, after.length - end) };
}

/** Where a place is after a change. What was inserted right there is before it, or else after it. */
function placeAfter(delta: Delta, place: number, before: boolean): number {
  let at = 0;
  let found = place;
  for (const { retain = 0, insert, delete: removed = 0 } of delta) {
    const inserted = typeof insert === "string" ? insert.length : insert === undefined ? 0 : 1;
    if (at < found || (before && at === found)) found += inserted;
    if (at < found) found -= Math.min(removed, found - at);
    at += retain + inserted;
  }
  return found;
}

/** What an event asks for, where it is that: a key, or the browser's menu. */
function historyOf(event: Event): "undo" | "redo" | undefined {
  const { inputType, key, ctrlKey, metaKey, shiftKey, altKey } = event as InputEvent & KeyboardEvent;
  if (inputType === "historyUndo") return "undo";
  if (inputType === "historyRedo") return "redo";
  if (event.type !== "keydown" || altKey || ctrlKey === metaKey) return undefined;
  if (key.toLowerCase() === "z") return shiftKey ? "redo" : "undo";
  return ctrlKey && key.toLowerCase() === "y" ? "redo" : undefined;
}

/** What an element shows of a text: in its value, lines end with a line feed. */
function shownOf(text: string): string {
  return text.replaceAll(/\r\n?/g, "\n");
}

/** Where in a text the place is that is `shown` characters into what is shown of it. */
function placeIn(text: string, shown: number): number {
  if (!text.includes("\r\n")) return shown;
  let at = 0;
  for (let passed = 0; passed < shown; passed += 1) at += text.startsWith("\r\n", at) ? 2 : 1;
  return at;
}

function rangeIn(text: Y.Text, [start, end]: Place): [number, number] {
  const indexOf = (position: Y.RelativePosition) =>
    (text.doc && Y.createAbsolutePositionFromRelativePosition(position, text.doc)?.index) ?? text.length;
  return [indexOf(start), indexOf(end)];
}

function isHigh(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xd800 && code <= 0xdbff;
}

function isLow(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff;
}
