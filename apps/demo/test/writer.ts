import type { Browser, Locator } from "playwright-core";
import { expect } from "vitest";
import { Person, Tab } from "./person.ts";
import { openWebDemo } from "./stage.ts";

const patience = 10_000;

/** Somebody at a document, and what they do and see there. */
class Writer extends Tab {
  get editor(): Locator {
    return this.page.getByRole("textbox", { name: "Text of the document" });
  }

  /** The names at the cursors of the others. */
  get cursors(): Locator {
    return this.page.locator(".cm-ySelectionInfo");
  }

  get people(): Locator {
    return this.page.getByRole("list", { name: "Here now" }).getByRole("listitem");
  }

  async go(path: string): Promise<void> {
    await this.page.goto(new URL(path, this.page.url()).href);
  }

  /** Makes a document. @returns its path */
  async create(): Promise<string> {
    await this.go("/documents");
    await this.press("New document");
    await this.editor.waitFor();
    await this.isSaved();
    return new URL(this.page.url()).pathname;
  }

  async shareWith(name: string, role: "may write" | "may read"): Promise<void> {
    await this.press("Share");
    await this.page.getByLabel("Who", { exact: true }).selectOption(role);
    await this.page.getByLabel("Share with", { exact: true }).fill(name);
    await this.press(`Share with ${name}`);
    await this.page.getByRole("list", { name: "Shared with" }).getByText(name).waitFor();
    await this.page.keyboard.press("Escape");
    await this.page.getByRole("dialog").waitFor({ state: "hidden" });
  }

  /** Types at the end of the text. */
  async append(text: string): Promise<void> {
    await this.editor.focus();
    await this.page.keyboard.press("Control+End");
    await this.page.keyboard.type(text);
  }

  /** What the editor shows, without the names at the cursors. */
  text(): Promise<string> {
    return this.editor.evaluate((element) => {
      const lines = [...element.querySelectorAll(".cm-line")].map((line) => {
        const copy = line.cloneNode(true) as Element;
        for (const caret of copy.querySelectorAll(".cm-ySelectionCaret, .cm-placeholder")) caret.remove();
        return copy.textContent ?? "";
      });
      return lines.join("\n");
    });
  }

  async reads(text: string): Promise<void> {
    await expect.poll(() => this.text(), { timeout: patience }).toBe(text);
  }

  /** The line that tells of saving says this. */
  async standsAs(text: string | RegExp): Promise<void> {
    await this.page.locator("[data-save]").filter({ hasText: text }).waitFor();
  }

  isSaved(): Promise<void> {
    return this.standsAs(/^Saved$/);
  }
}

/** A running demo, and people who are signed in at its documents. */
export async function meetAtDocuments<const Names extends readonly string[]>(browser: Browser, ...names: Names) {
  await using cleanup = new AsyncDisposableStack();
  const demo = cleanup.use(await openWebDemo());
  const writers: Writer[] = [];
  for (const name of names) {
    const person = cleanup.use(await Person.at(browser, demo.url));
    const tab = new Writer((await person.open("/documents")).page);
    await tab.signIn(name);
    await tab.seesHeading("Documents");
    writers.push(tab);
  }
  const dispose = cleanup.move();
  return {
    demo,
    writers: writers as unknown as { readonly [K in keyof Names]: Writer },
    [Symbol.asyncDispose]: () => dispose.disposeAsync(),
  };
}
