import { setInterval } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "../../../test/support/browser.ts";
import type { Renders } from "./pages/burst.tsx";
import { startPageServer } from "./support/page-server.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
});

function rendersOf(page: Page): Promise<Renders> {
  return page.evaluate(() => (globalThis as unknown as { renders: () => Renders }).renders());
}

test("Of 50 components on a topic with 1,000 events a second, the one that shows what changes renders, once a frame", async () => {
  await using server = await startPageServer("burst.tsx");
  const page = await browser.newPage();
  await page.goto(server.url);
  const changing = page.locator("li").nth(7);
  await expect
    .poll(() => page.locator("li").allTextContents(), { timeout: 10_000 })
    .toEqual(Array.from({ length: 50 }, () => "0"));
  const before = await rendersOf(page);

  const started = performance.now();
  let sent = 0;
  for await (const _ of setInterval(10)) {
    await server.board.send.count({ index: 7, times: 10 });
    sent += 10;
    if (sent === 2_000) break;
  }
  const seconds = (performance.now() - started) / 1_000;
  await expect.poll(() => changing.textContent(), { timeout: 10_000 }).toBe("2000");

  const after = await rendersOf(page);
  const renders = after.total.map((count, index) => count - (before.total[index] ?? 0));
  const frames = after.frames - before.frames;
  console.log(`${Math.round(sent / seconds)} events a second, ${frames} frames, ${renders[7]} renders`);
  expect(renders.filter((count) => count > 0)).toHaveLength(1);
  expect(after.mostInFrame[7]).toBe(1);
  expect(renders[7]).toBeLessThanOrEqual(frames);
  await page.close();
});

test("A page that is hidden is brought up to date, too, though nothing is painted", async () => {
  await using server = await startPageServer("burst.tsx");
  const page = await browser.newPage();
  await page.addInitScript(() => {
    // As in a page behind another one: frames are asked for and do not come.
    Object.assign(globalThis, { requestAnimationFrame: () => 0 });
  });
  await page.goto(server.url);
  await expect.poll(() => page.locator("li").first().textContent(), { timeout: 10_000 }).toBe("0");
  await server.board.send.count({ index: 0, times: 3 });
  await expect.poll(() => page.locator("li").first().textContent(), { timeout: 10_000 }).toBe("3");
  await page.close();
});
