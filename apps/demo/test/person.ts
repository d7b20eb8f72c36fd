import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { expect } from "vitest";

/** How long a page may take to show something, in milliseconds. */
const patience = 10_000;

/** One tab, and what its user does and sees in it. */
export class Tab {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(patience);
  }

  get messages(): Locator {
    return this.page.getByRole("log").locator("[data-message]");
  }

  get connection(): Locator {
    return this.page.getByRole("status", { name: "Connection" });
  }

  get members(): Locator {
    return this.page.getByRole("list", { name: "Here now" }).getByRole("listitem");
  }

  /** The bar that tells what everybody is told. */
  get announcement(): Locator {
    return this.page.getByRole("status", { name: "Announcement" });
  }

  async signIn(name: string): Promise<void> {
    await this.page.getByLabel("Your name").fill(name);
    await this.page.getByRole("button", { name: /^(Come in|Join)/ }).click();
  }

  /** The field that messages are written in. */
  get composer(): Locator {
    return this.page.getByRole("textbox", { name: /^Message to/ });
  }

  async write(text: string): Promise<void> {
    await this.composer.fill(text);
  }

  async post(text: string): Promise<void> {
    await this.write(text);
    await this.composer.press("Enter");
  }

  /** Writes something into a field, and ends it with a key. */
  async fill(label: string, text: string, key: "Enter" | "Escape"): Promise<void> {
    const field = this.page.getByLabel(label);
    await field.fill(text);
    await field.press(key);
  }

  async press(button: string): Promise<void> {
    await this.page.getByRole("button", { name: button }).click();
  }

  async openRoom(name: string): Promise<void> {
    await this.press("Open a room");
    await this.page.getByLabel("Its name").fill(name);
    await this.press("Open it");
  }

  /** Opens the menu of the message with this text. */
  async openActions(text: string | RegExp): Promise<void> {
    const row = this.page.getByRole("log").locator("[data-row]").filter({ hasText: text });
    await row.hover();
    await row.getByRole("button", { name: "React or change" }).click();
  }

  async actOn(text: string | RegExp, action: string): Promise<void> {
    await this.openActions(text);
    await this.page.getByRole("menuitem", { name: action }).click();
  }

  async seesHeading(name: string): Promise<void> {
    await this.page.getByRole("heading", { level: 1, name }).waitFor();
  }

  /** The room tells this of itself. */
  async seesLine(text: string): Promise<void> {
    await this.page.getByRole("log").locator("[data-line]").filter({ hasText: text }).waitFor();
  }

  async sees(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor();
  }

  async seesNoMore(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor({ state: "hidden" });
  }

  /** The room shows exactly these messages, in this order, and the server has confirmed each. */
  async seesMessages(...texts: string[]): Promise<void> {
    const sent = this.messages.and(this.page.locator('[data-delivery="sent"]'));
    await expect.poll(() => this.messages.allInnerTexts(), { timeout: patience }).toEqual(texts);
    await expect.poll(() => sent.count(), { timeout: patience }).toBe(texts.length);
  }

  /** Exactly these are listed as being in the room, whatever is noted beside their names. */
  async seesMembers(...names: string[]): Promise<void> {
    const shown = async () => (await this.members.allInnerTexts()).map((text) => text.split("\n")[1]);
    await expect.poll(async () => (await shown()).toSorted(), { timeout: patience }).toEqual(names.toSorted());
  }

  /** Whether the message with this text is at least partly on the screen. */
  async isInView(text: string): Promise<boolean> {
    const message = this.messages.filter({ has: this.page.getByText(text, { exact: true }) });
    return await message.evaluate((element) => {
      const { top, bottom } = element.getBoundingClientRect();
      return bottom > 0 && top < innerHeight;
    });
  }

  async seesConnection(text: string | RegExp): Promise<void> {
    await this.connection.filter({ hasText: text }).waitFor();
  }
}

/** One person at one browser, with as many tabs as they like. */
export class Person implements AsyncDisposable {
  readonly #context: BrowserContext;
  readonly url: string;

  private constructor(context: BrowserContext, url: string) {
    this.#context = context;
    this.url = url;
  }

  static async at(browser: Browser, url: string): Promise<Person> {
    return new Person(await browser.newContext({ viewport: { width: 1440, height: 900 } }), url);
  }

  async open(path = "/"): Promise<Tab> {
    const page = await this.#context.newPage();
    await page.goto(`${this.url}${path}`);
    return new Tab(page);
  }

  async [Symbol.asyncDispose]() {
    await this.#context.close();
  }
}
