import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { meetAtTheHouse, secondsSeen } from "./auction-house.ts";
import { openBrowser } from "./browser.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
});

test("A bid that waits for the network is not sent twice, and where it comes too late, that is said", async () => {
  await using house = await meetAtTheHouse(browser, "Ada");
  const [ada] = house.tabs;
  await ada.go(await house.open({}, 12_000));
  await ada.sees("Place a bid");

  await ada.press("Cut the network");
  await ada.bid("30");
  await ada.stands("Your bid of €30.00 is on its way.");
  await ada.bid("25");
  await ada.alerted("Your bid of €30.00 is on its way already. Bid more, or wait for the answer.");
  await ada.stands("Time is up. The server decides…");
  await ada.press("Restore the network");

  await ada.alerted("It has ended. This bid came too late.");
  await ada.stands("It ended without a bid.");
});

test("A button that is pressed twice at once bids once", async () => {
  await using house = await meetAtTheHouse(browser, "Ada");
  const [ada] = house.tabs;
  await ada.go(await house.open({}, 600_000));

  await ada.page.getByRole("button", { name: "Bid €20.00" }).dblclick();

  await ada.stands("You lead. Your maximum is €20.00.");
  await ada.bid("ten");
  await ada.alerted("That is no amount. Write it as €12.50.");
  await ada.press("Bid €21.00");
  await ada.stands("You lead. Your maximum is €21.00.");
  expect(await ada.page.getByRole("alert").allInnerTexts()).toEqual([]);
});

test("A draft that has waited is open for as long as its seller chose", async () => {
  await using house = await meetAtTheHouse(browser, "Sam", "Ada");
  const [sam, ada] = house.tabs;
  await ada.go(await house.open({}, 600_000));
  await sam.go("/auctions/new");
  await sam.fillLot({ title: "Lamp", startPrice: "20" });
  await sam.page.getByLabel("Opens").selectOption("When I say so: keep it as a draft");
  await sam.press("Keep it as a draft");
  await sam.sees("Not open yet");
  await secondsSeen(ada.page, 5);

  await sam.press("Open it now");

  expect(await sam.page.getByRole("timer").textContent()).toMatch(/^(10:00|9:5[89])$/);
});

test("What one bids with is in reach on a narrow page and cut off nowhere, whatever its seller has written", async () => {
  await using house = await meetAtTheHouse(browser, "Ada");
  const [ada] = house.tabs;
  const title = "<script>alert(1)</script>".repeat(4);
  const terms = { title, description: "Line\n".repeat(800), startPrice: 999_999_999_999_999 };
  const path = await house.open(terms, 600_000);
  await ada.page.setViewportSize({ width: 375, height: 812 });
  await ada.go(path);
  await ada.seesHeading(title);

  const price = ada.page.getByRole("region", { name: "Price" });
  expect((await price.boundingBox())?.y).toBeLessThan(812);
  expect(await price.getByText("€9,999,999,999,999.99").evaluate(isOneLine)).toBe(true);
  for (const button of await ada.page.getByRole("button", { name: /^Bid €/ }).all())
    expect(await button.evaluate(isWhole)).toBe(true);
  await ada.press("Read all of it");
  await ada.press("Read less");
});

test("A list that could not be loaded is asked for again", async () => {
  await using house = await meetAtTheHouse(browser, "Ada");
  const [ada] = house.tabs;
  await ada.press("Cut the network");
  await ada.press("Ended");
  await ada.page.getByRole("button", { name: "Try again" }).waitFor({ timeout: 20_000 });

  await ada.press("Restore the network");
  await ada.press("Try again");

  await ada.sees("No auction has ended yet.");
});

/** Run in the page. */
function isOneLine(element: Element): boolean {
  return element.getClientRects().length === 1;
}

/** Run in the page: whether nothing of an element or of what is in it is cut off. */
function isWhole(element: Element): boolean {
  return [element, ...element.querySelectorAll("*")]
    .filter((part) => getComputedStyle(part).position !== "absolute")
    .every(({ scrollWidth, clientWidth }) => clientWidth === 0 || scrollWidth <= clientWidth);
}
