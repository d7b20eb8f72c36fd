import type { Browser, CDPSession } from "playwright-core";
import { expect } from "vitest";

/** How long the browser has to answer, and a page to show something, in milliseconds. */
const patience = 10_000;

/**
 * A tab that nobody looks at. Playwright keeps each page of its own in view, and only one that is not can be frozen: so this one is
 * the browser's, and is spoken to by the DevTools protocol.
 */
export class BackgroundTab implements AsyncDisposable {
  readonly #browser: CDPSession;
  readonly #targetId: string;
  readonly #sessionId: string;
  #asked = 0;

  private constructor(browser: CDPSession, targetId: string, sessionId: string) {
    this.#browser = browser;
    this.#targetId = targetId;
    this.#sessionId = sessionId;
  }

  static async open(browser: Browser, url: string): Promise<BackgroundTab> {
    const session = await browser.newBrowserCDPSession();
    const { targetId } = await session.send("Target.createTarget", { url, background: true });
    const { sessionId } = await session.send("Target.attachToTarget", { targetId, flatten: false });
    return new BackgroundTab(session, targetId, sessionId);
  }

  /** Runs what is written in the page, and returns its value. */
  async evaluate(expression: string): Promise<unknown> {
    const { result } = await this.#ask("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    return (result as { readonly value?: unknown }).value;
  }

  /** Stops everything in the page, as browsers do with tabs that were not looked at for a while. */
  async freeze(): Promise<void> {
    await this.#ask("Page.setWebLifecycleState", { state: "frozen" });
  }

  async resume(): Promise<void> {
    await this.#ask("Page.setWebLifecycleState", { state: "active" });
  }

  async sees(text: string): Promise<void> {
    await expect.poll(() => this.evaluate("document.body.innerText"), { timeout: patience }).toContain(text);
  }

  async [Symbol.asyncDispose]() {
    await this.#browser.send("Target.closeTarget", { targetId: this.#targetId });
    await this.#browser.detach();
  }

  async #ask(method: string, params: object): Promise<Readonly<Record<string, unknown>>> {
    this.#asked += 1;
    const id = this.#asked;
    const { promise: answer, resolve } = Promise.withResolvers<{ readonly result?: Record<string, unknown> }>();
    const hear = ({ message }: { readonly message: string }) => {
      const told = JSON.parse(message);
      if (told.id === id) resolve(told);
    };
    this.#browser.on("Target.receivedMessageFromTarget", hear);
    const timer = setTimeout(() => resolve({}), patience);
    try {
      const message = JSON.stringify({ id, method, params });
      await this.#browser.send("Target.sendMessageToTarget", { sessionId: this.#sessionId, message });
      const { result, ...failed } = await answer;
      if (!result) throw new Error(`The tab did not do ${method}: ${JSON.stringify(failed)}`);
      return result;
    } finally {
      clearTimeout(timer);
      this.#browser.off("Target.receivedMessageFromTarget", hear);
    }
  }
}
