import AxeBuilder from "@axe-core/playwright";
import type { Locator } from "playwright-core";
import { expect } from "vitest";
import type { Tab } from "./person.ts";

const patience = 10_000;

/** The bell of a tab, and what its user does and sees there. */
export class Bell {
  readonly #tab: Tab;

  constructor(tab: Tab) {
    this.#tab = tab;
  }

  get button(): Locator {
    return this.#tab.page.getByRole("button", { name: /^Notifications/ });
  }

  get panel(): Locator {
    return this.#tab.page.getByRole("dialog", { name: "Notifications" });
  }

  get items(): Locator {
    return this.panel.locator("li:has([data-item-link])");
  }

  get toasts(): Locator {
    return this.#tab.page.getByRole("region", { name: "New notifications" }).getByRole("article");
  }

  get done(): Locator {
    return this.#tab.page.getByRole("status", { name: "Done" });
  }

  async open(): Promise<void> {
    await this.button.click();
    await this.panel.waitFor();
  }

  async show(which: "All" | "Unread" | "Archived"): Promise<void> {
    await this.panel.getByText(which, { exact: which !== "Unread" }).click();
  }

  /** Does something with the item of that title. */
  async act(title: string, action: string): Promise<void> {
    const item = this.items.filter({ hasText: title });
    await item.hover();
    await item.getByRole("button", { name: action }).click();
  }

  /** The number at the bell, which is what it tells a screen reader as well. */
  async seesBadge(count: number): Promise<void> {
    const name = count === 0 ? "Notifications" : `Notifications, ${count} new`;
    await expect.poll(() => this.button.getAttribute("aria-label"), { timeout: patience }).toBe(name);
    expect(await this.button.locator("[data-badge]").allInnerTexts()).toEqual(count === 0 ? [] : [String(count)]);
  }

  /** The panel lists exactly these, the newest first; those that are not read have a star. */
  async seesItems(...titles: string[]): Promise<void> {
    const shown = () =>
      this.items.evaluateAll((items) =>
        items.map((item) => {
          const title = item.querySelector("[data-title]")?.textContent?.replaceAll("\u00a0", " ");
          return title + (item.hasAttribute("data-unread") ? " *" : "");
        }),
      );
    await expect.poll(shown, { timeout: patience }).toEqual(titles);
  }
}

/** What axe finds that keeps people out, with where it is. */
export async function barriersOf({ page }: Tab): Promise<readonly string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`));
}
