import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Bidder, meetAtTheHouse, secondsSeen } from "./auction-house.ts";
import { Bell, barriersOf } from "./bell.ts";
import { openBrowser } from "./browser.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
});

const soon = { windowMs: 120_000, extendMs: 30_000, maxTotalMs: 600_000 };

test("Two bid for what somebody sells, each sees at once how they stand, and it is sold to who gave most", async () => {
  await using house = await meetAtTheHouse(browser, "Sam", "Ada", "Bo");
  const [sam, ada, bo] = house.tabs;
  const path = await house.openOf(sam, { reserve: 25_00 }, 25_000);
  await sam.go(path);
  await ada.go(path);
  await bo.go(path);

  await ada.bid("30");
  await ada.stands("You lead. Your maximum is €30.00.");
  await sam.costs("€25.00");
  await ada.sees("Reserve met");
  await bo.press("Bid €26.00");
  await bo.stands("You are outbid. Your maximum is €26.00.");
  await bo.sees("Your bid counts, and somebody's maximum is at least as great.");
  await bo.bid("45.50");
  await bo.stands("You lead. Your maximum is €45.50.");
  await ada.stands("You are outbid. Your maximum is €30.00.");
  // The page has said so: a toast would hide its price.
  await new Bell(ada).seesBadge(2);
  expect(await new Bell(ada).toasts.count()).toBe(0);
  for (const tab of [sam, ada, bo]) await tab.costs("€31.00");
  expect(await sam.bids()).toEqual(["B*** €31.00", "B*** €27.00", "A***a €25.00"]);

  await bo.stands("You won it for €31.00.");
  await ada.stands("Sold to B*** for €31.00.");
  await sam.stands("Sold to B*** for €31.00.");
});

test("A bid shortly before the end moves it, for everybody", async () => {
  await using house = await meetAtTheHouse(browser, "Ada", "Bo");
  const [ada, bo] = house.tabs;
  const path = await house.open({ softClose: soon }, 45_000);
  await ada.go(path);
  await bo.go(path);
  await ada.sees("A bid in the last 120 s extends it");

  await ada.bid("30");
  for (const tab of [ada, bo]) await tab.sees("Extended by 0:30");
  await bo.bid("50");
  for (const tab of [ada, bo]) await tab.sees("Extended by 1:00");
});

test("Two countdowns go by the server's clock, also in a browser whose own is ten minutes wrong", async () => {
  await using house = await meetAtTheHouse(browser, "Ada");
  const [ada] = house.tabs;
  const path = await house.open({}, 40_000);
  await using late = await Bidder.at(browser, house.demo.url, { clockAheadMs: -600_000 });
  const bo = await late.open("/");
  await bo.signIn("Bo");
  await ada.go(path);
  await bo.go(path);
  expect(await bo.page.evaluate(() => Date.now())).toBeLessThan(Date.now() - 590_000);

  const [hers, his] = await Promise.all([secondsSeen(ada.page, 6), secondsSeen(bo.page, 6)]);
  const apart = [...hers].flatMap(([second, at]) => (his.has(second) ? [Math.abs(at - (his.get(second) ?? 0))] : []));

  expect(apart.length).toBeGreaterThanOrEqual(3);
  expect(apart.toSorted((a, b) => a - b)[Math.floor(apart.length / 2)]).toBeLessThan(100);
});

test("Who is outbid hears of it wherever they are, and at the end so does who won and who sold", async () => {
  await using house = await meetAtTheHouse(browser, "Sam", "Ada", "Bo");
  const [sam, ada, bo] = house.tabs;
  const path = await house.openOf(sam, {}, 25_000);
  await ada.go(path);
  await bo.go(path);

  await ada.bid("30");
  await ada.stands("You lead. Your maximum is €30.00.");
  await ada.go("/rooms/reef");
  await new Bell(ada).seesBadge(1);
  await ada.seesMembers("Ada");
  await bo.bid("50");
  await new Bell(ada).toasts.filter({ hasText: "You are outbid: A lamp" }).waitFor();

  await bo.stands("You won it for €31.00.");
  await new Bell(ada).open();
  await new Bell(ada).seesItems("Not yours: A lamp *", "You are outbid: A lamp *", "Welcome, Ada *");
  await new Bell(bo).open();
  await new Bell(bo).seesItems("You won: A lamp *", "Welcome, Bo *");
  await new Bell(sam).open();
  await new Bell(sam).seesItems("Sold: A lamp *", "Welcome, Sam *");
});

test.each(["light", "dark"] as const)(
  "Nobody is kept out of the auction house by how it is built: %s",
  async (scheme) => {
    await using house = await meetAtTheHouse(browser, "Ada", "Bo");
    const [ada, bo] = house.tabs;
    const path = await house.open({ softClose: soon }, 600_000);
    for (const tab of [ada, bo]) await tab.page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await ada.go(path);
    await ada.bid("30");
    await ada.stands("You lead. Your maximum is €30.00.");
    expect(await barriersOf(ada)).toEqual([]);
    await bo.go(path);
    await bo.press("Bid €21.00");
    await bo.stands("You are outbid. Your maximum is €21.00.");
    await bo.bid("ten");
    await bo.sees("That is no amount.");
    expect(await barriersOf(bo)).toEqual([]);

    await ada.go("/auctions");
    await ada.page.getByRole("link", { name: "A lamp" }).waitFor();
    expect(await barriersOf(ada)).toEqual([]);
    await ada.go("/auctions/new");
    await ada.press("Offer it");
    await ada.sees("Say what it is, in a few words.");
    expect(await barriersOf(ada)).toEqual([]);
  },
);

test("A page without a connection says at the end that only the server knows how it went, and then learns it", async () => {
  await using house = await meetAtTheHouse(browser, "Ada");
  const [ada] = house.tabs;
  await ada.go(await house.open({}, 12_000));
  await ada.bid("30");
  await ada.stands("You lead. Your maximum is €30.00.");

  await ada.press("Cut the network");
  await ada.stands("Time is up. The server decides…");
  await ada.sees("Closing…");
  await ada.press("Restore the network");

  await ada.stands("You won it for €20.00.");
});

test("Who is not signed in sees the lots and the bids as they come, and bids once they are", async () => {
  await using house = await meetAtTheHouse(browser, "Ada");
  const [ada] = house.tabs;
  const path = await house.open({}, 600_000);
  await using visitor = await Bidder.at(browser, house.demo.url);
  const bo = await visitor.open("/auctions");
  await bo.press("Ended");
  await bo.sees("No auction has ended yet.");
  await bo.press("Open");
  await bo.page.getByRole("link", { name: "A lamp" }).click();
  await ada.go(path);

  await ada.bid("30");
  await bo.costs("€20.00");
  expect(await bo.bids()).toEqual(["A***a €20.00"]);
  await bo.signIn("Bo");
  await bo.press("Bid €21.00");

  await bo.stands("You are outbid. Your maximum is €21.00.");
});

test("A bid that is far too high is asked about, and what is no amount says what to write", async () => {
  await using house = await meetAtTheHouse(browser, "Ada");
  const [ada] = house.tabs;
  await ada.go(await house.open({}, 600_000));

  for (const [text, problem] of [
    ["ten", "That is no amount. Write it as €12.50."],
    ["1.000", "Write it without a separator of thousands, so that it is clear."],
    ["-5", "An amount is more than nothing."],
    ["19.99", "The least bid is €20.00. Bid that or more."],
  ] as const) {
    await ada.bid(text);
    await ada.sees(problem);
  }
  await ada.bid("5000");
  await ada.sees("Is that what you mean?");
  await ada.press("Change it");
  await ada.costs("€20.00");
  expect(await ada.bids()).toEqual([]);
  await ada.bid("5000");
  await ada.press("Bid €5,000.00");

  await ada.stands("You lead. Your maximum is €5,000.00.");
});

test("A form that is not filled in well says at each field what to do, and offers nothing", async () => {
  await using house = await meetAtTheHouse(browser, "Sam");
  const [sam] = house.tabs;
  await sam.go("/auctions/new");

  await sam.offer({ title: " ", startPrice: "20,005", reserve: "1", minutes: "1.5", softClose: "Nothing" });

  await sam.sees("Say what it is, in a few words.");
  await sam.sees("Write it without a separator of thousands, so that it is clear.");
  await sam.sees("A whole number of minutes, from 1 to 43200.");
  expect(await sam.page.getByLabel("What is it?").evaluate((field) => field === document.activeElement)).toBe(true);
  await sam.fillLot({ title: "Lamp", startPrice: "20", minutes: "10" });
  await sam.press("Offer it");
  await sam.sees("A reserve is above the start price. Raise it, or leave it empty.");
  await sam.fillLot({ reserve: "" });
  await sam.press("Offer it");

  await sam.page.getByRole("heading", { level: 1, name: "Lamp" }).waitFor();
  await sam.press("Cancel the auction");
  await sam.sees("Cancelled");
});

test("Simulated bidders bid once they are switched on, and every bid of theirs says so", async () => {
  await using house = await meetAtTheHouse(browser, "Ada");
  const [ada] = house.tabs;
  await ada.go(await house.open({}, 600_000));

  await ada.page.getByRole("switch", { name: "Simulated bidders" }).check({ force: true });
  const theirs = ada.page.getByRole("list", { name: "Bids" }).getByText("simulated");
  await expect.poll(() => theirs.count(), { timeout: 30_000 }).toBeGreaterThanOrEqual(2);

  expect(await ada.page.locator('[data-bid="placed"]').count()).toBe(await theirs.count());
});

test("A lot with many bids shows the newest, and all of them when it is asked, also as others come", async () => {
  await using house = await meetAtTheHouse(browser, "Ada");
  const [ada] = house.tabs;
  const path = await house.open({ proxy: false, increments: [{ from: 0, by: 1_00 }] }, 600_000);
  await house.bidOften(path, 60);
  await ada.go(path);
  await expect.poll(async () => (await ada.bids()).length).toBe(50);

  await ada.press("Show older bids");
  await expect.poll(async () => (await ada.bids()).length).toBe(60);
  await ada.seesNoMore("Show older bids");
  await ada.bid("100");

  await ada.stands("You lead. You bid €100.00.");
  const bids = await ada.bids();
  expect([bids.length, bids[0], bids.at(-1)]).toEqual([61, "A***a €100.00", "F***t €20.00"]);
});

test("A lot on the watch list is found there, and who has it open is seen", async () => {
  await using house = await meetAtTheHouse(browser, "Ada", "Bo");
  const [ada, bo] = house.tabs;
  const path = await house.open({}, 600_000);
  await ada.go(path);
  await bo.go(path);
  await ada.watches("Ada", "Bo");

  await ada.press("On your watch list");
  await bo.sees("on 1 watch list");
  await ada.go("/auctions");
  await ada.press("Watch list");

  await ada.page.getByRole("link", { name: "A lamp" }).waitFor();
  await bo.watches("Bo");
});
