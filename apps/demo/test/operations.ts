import type { Browser, Locator, Page } from "playwright-core";
import { expect } from "vitest";
import type { DemoOptions } from "../server/start-demo.ts";
import { temporaryFolder } from "./demo.ts";
import { Person, type Tab } from "./person.ts";
import { openWebDemo } from "./stage.ts";

const patience = 20_000;

/** The operations page in a tab, and what is seen there. */
class OperationsTab {
  readonly tab: Tab;
  /** The tiers that the tab has asked for, one after the other. */
  readonly tiers: string[] = [];

  private constructor(tab: Tab) {
    this.tab = tab;
    tab.page.on("websocket", (socket) =>
      socket.on("framesent", ({ payload }) => {
        for (const [, tier] of String(payload).matchAll(/operations\.watch.*?"audience":"(\w+)"/g))
          if (tier && this.tiers.at(-1) !== tier) this.tiers.push(tier);
      }),
    );
  }

  static async open(person: Person, name: string): Promise<OperationsTab> {
    const tab = await person.open("/favicon.svg");
    const operations = new OperationsTab(tab);
    await tab.page.goto(person.url);
    await tab.signIn(name);
    await tab.page.getByRole("link", { name: "Operations" }).click();
    await operations.chart.waitFor();
    return operations;
  }

  get page(): Page {
    return this.tab.page;
  }

  get chart(): Locator {
    return this.page.getByRole("slider");
  }

  tile(title: string): Locator {
    return this.page.getByRole("list", { name: "Measures" }).getByRole("button", { name: title });
  }

  /** What the chart tells of each of its points, as the arrow keys come by. */
  async readings(points: number): Promise<readonly string[]> {
    const read: string[] = [];
    await this.chart.press("End");
    for (let point = 0; point < points; point += 1) {
      read.unshift((await this.chart.getAttribute("aria-valuetext")) ?? "");
      await this.chart.press("ArrowLeft");
    }
    return read;
  }

  /** How many pixels of the chart have the color of its line, column by column. */
  async ink(): Promise<readonly number[]> {
    return await this.chart.locator("canvas").evaluate((element) => {
      const canvas = element as HTMLCanvasElement;
      const context = canvas.getContext("2d");
      const probe = document.createElement("canvas").getContext("2d");
      if (!context || !probe) throw new Error("There is no canvas.");
      probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--accent-text").trim();
      probe.fillRect(0, 0, 1, 1);
      const wanted = probe.getImageData(0, 0, 1, 1).data;
      const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
      const isLine = (at: number) =>
        [0, 1, 2].every((channel) => Math.abs((data[at + channel] ?? 0) - (wanted[channel] ?? 0)) < 40) &&
        (data[at + 3] ?? 0) > 180;
      return Array.from({ length: width }, (_, x) =>
        Array.from({ length: height }, (_, y) => isLine((y * width + x) * 4)).reduce((sum, is) => sum + Number(is), 0),
      );
    });
  }

  /** The chart has a line of at least so many columns. */
  async isDrawn(columns: number): Promise<void> {
    const drawn = async () => (await this.ink()).filter((pixels) => pixels > 0).length;
    await expect.poll(drawn, { timeout: patience }).toBeGreaterThanOrEqual(columns);
  }

  async becomes(state: "hidden" | "visible"): Promise<void> {
    await this.page.evaluate((value) => {
      Object.defineProperty(document, "visibilityState", { value, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, state);
  }
}

/** A demo whose server can be stopped and started again, and somebody who looks at its operations. */
export async function meetAtOperations(browser: Browser, name: string, options: Partial<DemoOptions> = {}) {
  await using cleanup = new AsyncDisposableStack();
  const { path: dataDir } = cleanup.use(await temporaryFolder());
  let demo = await openWebDemo({ ...options, dataDir });
  cleanup.defer(() => demo.close());
  const { port } = demo;
  const person = cleanup.use(await Person.at(browser, demo.url));
  const operations = await OperationsTab.open(person, name);
  const all = cleanup.move();
  return {
    operations,
    person,
    stop: () => demo.close(),
    async start() {
      demo = await openWebDemo({ ...options, dataDir, port });
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
