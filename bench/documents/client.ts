import { setTimeout as delay } from "node:timers/promises";
import * as Y from "yjs";
import { answer } from "../support/worker.ts";
import type { ContenderName } from "./contenders.ts";
import { type Editor, editors } from "./editors.ts";
import { Typist } from "./typist.ts";

export interface Opening {
  readonly contender: ContenderName;
  readonly port: number;
  readonly documentId: string;
  readonly users: readonly string[];
}

export interface Typing {
  readonly edits: number;
  readonly perSecond: number;
  readonly seed: number;
}

/** How long anything may take, in milliseconds. */
const patience = 120_000;

let open: Editor[] = [];

/** What was typed. */
let typed: Uint8Array[] = [];

async function until(is: () => boolean, what: string): Promise<void> {
  const end = performance.now() + patience;
  while (!is()) {
    if (performance.now() > end) throw new Error(`It never came to be that ${what}`);
    await delay(1);
  }
}

const lengthIn = ({ doc }: Editor) => doc.getText("text").length;

answer({
  async open({ contender, port, documentId, users }: Opening) {
    open = users.map((user) => editors[contender]({ port, user, documentId }));
    typed = [];
    await until(() => open.every((editor) => editor.isLoaded()), "everybody has the document");
  },
  /**
   * Types so many edits, one editor after the other, and resolves when they are acknowledged and everybody has them, to how many were
   * acknowledged.
   */
  async type({ edits, perSecond, seed }: Typing) {
    const typists = open.map(({ doc }, index) => new Typist(doc, seed + index, (update) => typed.push(update)));
    const start = performance.now();
    for (let made = 0; made < edits; made += 1) {
      await delay(Math.max(0, start + (made * 1_000) / perSecond - performance.now()));
      typists[made % typists.length]?.type();
    }
    await until(() => open.every((editor) => editor.isSaved()), "everything is acknowledged");
    const [first] = open;
    await until(() => !!first && open.every((editor) => lengthIn(editor) === lengthIn(first)), "all have the same");
    return typed.length;
  },
  /** Opens the document, and resolves to how long it took until a text of this length was there, in milliseconds. */
  async load({ length, ...opening }: Opening & { readonly length: number }) {
    const start = performance.now();
    const [user = ""] = opening.users;
    const editor = editors[opening.contender]({ ...opening, user });
    open = [editor];
    await until(() => editor.isLoaded() && lengthIn(editor) === length, "the text is there");
    return performance.now() - start;
  },
  /** Opens the document as somebody else, once those who are still there are back. @returns how much of what was typed is not in it */
  async countLost({ contender, port, documentId, users }: Opening) {
    await until(() => open.every((editor) => editor.isSaved()), "those who stayed are back");
    const [user = ""] = users;
    const late = editors[contender]({ port, user, documentId });
    await until(() => late.isLoaded() && open.every((editor) => lengthIn(editor) === lengthIn(late)), "it is loaded");
    const snapshot = Y.snapshot(late.doc);
    late.close();
    return typed.filter((update) => !Y.snapshotContainsUpdate(snapshot, update)).length;
  },
  /** So many of those who are there leave. */
  close(count: number) {
    for (const editor of open.splice(0, count)) editor.close();
  },
});
