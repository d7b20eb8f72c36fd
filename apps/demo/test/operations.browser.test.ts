import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Bell, barriersOf } from "./bell.ts";
import { openBrowser } from "./browser.ts";
import { meetAtOperations } from "./operations.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
});

const patient = { timeout: 30_000 };

test("The charts are drawn, from what the server's process measures", async () => {
  await using stage = await meetAtOperations(browser, "Ada");
  const { operations } = stage;
  await operations.page.getByRole("button", { name: "1 min" }).click();
  await operations.isDrawn(20);
  await expect.poll(() => operations.tile("Memory").textContent(), patient).toMatch(/^Memory\d+(\.\d+)?MB$/);
  await expect.poll(() => operations.tile("Connections").textContent(), patient).toMatch(/^Connections1$/);
  await operations.tile("Memory").click();
  await operations.page.getByRole("slider", { name: "Memory over time" }).waitFor();
  await operations.isDrawn(20);
  await operations.page
    .getByRole("list", { name: /Online now/ })
    .getByText("Ada")
    .waitFor();
  await operations.tab.sees("Ada came");
});

test("A hidden tab is told each minute, and as before as soon as it is shown", async () => {
  await using stage = await meetAtOperations(browser, "Ada");
  const { operations } = stage;
  await expect.poll(() => operations.tiers, patient).toEqual(["live"]);
  await operations.becomes("hidden");
  await expect.poll(() => operations.tiers, patient).toEqual(["live", "background"]);
  await operations.becomes("visible");
  await expect.poll(() => operations.tiers, patient).toEqual(["live", "background", "live"]);
  await operations.page.getByLabel("Told").selectOption("calm");
  await expect.poll(() => operations.tiers.at(-1), patient).toBe("calm");
});

test("While the server was away there is a gap in the line, and no line across", async () => {
  await using stage = await meetAtOperations(browser, "Ada");
  const { operations } = stage;
  await operations.page.getByRole("button", { name: "1 min" }).click();
  await operations.tile("Memory").click();
  const known = (reading: string) => !reading.includes("unknown");
  const isWellKnown = () =>
    expect.poll(async () => (await operations.readings(5)).filter(known).length, patient).toBe(5);
  await isWellKnown();
  await stage.stop();
  await operations.tile("Memory").getByText("stale").waitFor();
  const gone = Date.now();
  await expect.poll(() => Date.now() - gone, patient).toBeGreaterThan(8_000);
  await stage.start();
  await operations
    .tile("Memory")
    .getByText("stale")
    .waitFor({ state: "hidden", ...patient });
  await isWellKnown();

  const shape = (await operations.readings(40)).map((reading) => (known(reading) ? "x" : "."));
  expect(shape.join("")).toMatch(/x{4,}\.{6,}x{4,}$/);
  const ink = (await operations.ink()).map((pixels) => (pixels > 0 ? "x" : ".")).join("");
  expect(ink).toMatch(/x{10,}\.{40,}x{10,}/);
});

test("Load on the server fires an alert, which comes into the inbox, and who is at it says so to all", async () => {
  await using stage = await meetAtOperations(browser, "Ada", { alarms: true });
  const { operations, person } = stage;
  const { page, tab } = operations;
  await tab.press("Put load on the server");
  await page.getByRole("button", { name: /^Working, \d+ s left$/ }).waitFor();
  const alert = page
    .getByRole("list", { name: "Open alerts" })
    .getByRole("listitem")
    .filter({ hasText: "The event loop is late" });
  await alert.getByText("firing").waitFor(patient);
  await expect.poll(() => page.getByRole("rowheader", { name: "workbench" }).count(), patient).toBe(1);
  await new Bell(tab).open();
  await new Bell(tab).items.filter({ hasText: "The event loop is late" }).waitFor(patient);
  await page.keyboard.press("Escape");

  const other = await person.open("/operations");
  await alert.getByRole("button", { name: "Acknowledge" }).click();
  await alert.getByText("You are at it").waitFor();
  await other.sees("You are at it");
  await page.getByRole("list", { name: "What was" }).getByText("Ada looks after: The event loop is late").waitFor();
  await page.getByRole("button", { name: /^Resting/ }).waitFor(patient);
  await page.getByRole("list", { name: "What was" }).getByText("The event loop is late: resolved").waitFor(patient);
});

test.each(["light", "dark"] as const)("Nobody is kept out by how it is built: %s", async (scheme) => {
  await using stage = await meetAtOperations(browser, "Ada");
  const { operations } = stage;
  await operations.page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
  await operations.isDrawn(2);
  expect(await barriersOf(operations.tab)).toEqual([]);
});

test("On a phone nothing is cut off at the side", async () => {
  await using stage = await meetAtOperations(browser, "Ada");
  const { page } = stage.operations;
  await page.setViewportSize({ width: 390, height: 844 });
  await stage.operations.isDrawn(2);
  const width = () =>
    page.evaluate(() =>
      Math.max(...[...document.querySelectorAll("main *")].map((element) => element.getBoundingClientRect().right)),
    );
  await expect.poll(width, patient).toBeLessThanOrEqual(390);
});
