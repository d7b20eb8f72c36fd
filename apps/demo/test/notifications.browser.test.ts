import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Bell, barriersOf } from "./bell.ts";
import { openBrowser } from "./browser.ts";
import { callOverHttp } from "./callers.ts";
import { meetWithBells } from "./meet-with-bells.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
});

const meet = <const Names extends readonly string[]>(...names: Names) => meetWithBells(browser, ...names);

test("A mention arrives with a toast, in the badge and in the title, as text whatever is in it", async () => {
  await using stage = await meet("Ada", "Bo");
  const [ada, bo] = stage.tabs;
  const [, bell] = stage.bells;

  await ada.post("Hello @bo, <img src=x onerror=document.title='broken'>");

  await bell.toasts.filter({ hasText: "Ada mentioned you in # lobby" }).waitFor();
  await bell.toasts.filter({ hasText: "<img src=x" }).waitFor();
  await bell.seesBadge(2);
  expect(await bo.page.title()).toBe("(2) Shoal");
  await bell.open();
  await bell.seesItems("Ada mentioned you in # lobby *", "Welcome, Bo *");
  await bell.seesBadge(0);
  await expect.poll(() => bo.page.title()).toBe("Shoal");
  expect(await bell.panel.locator("img").count()).toBe(0);
  expect(await stage.bells[0].toasts.count()).toBe(0);
});

test("Mentions in one room fold into one, and those of a message that is removed are taken back", async () => {
  await using stage = await meet("Ada", "Bo");
  const [ada] = stage.tabs;
  const [, bell] = stage.bells;
  await bell.open();

  await ada.post("One for @Bo");
  await bell.seesItems("Ada mentioned you in # lobby *", "Welcome, Bo *");
  await ada.post("Two for @Bo.");
  await bell.seesItems("Ada mentioned you 2 times in # lobby *", "Welcome, Bo *");
  await ada.actOn("Two for", "Remove…");
  await ada.page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();

  await bell.seesItems("Ada mentioned you in # lobby *", "Welcome, Bo *");
  await bell.panel.getByText("One for @Bo").waitFor();
});

test("What is marked in one tab is so in the other, and so is what is taken back", async () => {
  await using stage = await meet("Ada", "Bo");
  const [ada, bo] = stage.tabs;
  const [, bell] = stage.bells;
  await ada.press("Wave at Bo");
  await bell.toasts.filter({ hasText: "Ada waved at you" }).waitFor();
  const second = new Bell(await stage.people[1].open("/rooms/reef"));
  await second.seesBadge(2);
  await second.open();
  await second.seesItems("Ada waved at you *", "Welcome, Bo *");

  await bell.open();
  await bo.press("Mark all read");
  await second.seesItems("Ada waved at you", "Welcome, Bo");
  await bell.done.filter({ hasText: "Marked 2 as read" }).waitFor();
  await bo.press("Undo");
  await second.seesItems("Ada waved at you *", "Welcome, Bo *");
  await bell.seesItems("Ada waved at you *", "Welcome, Bo *");
  await second.act("Welcome, Bo", "Archive");
  await bell.seesItems("Ada waved at you *");
  await bell.show("Archived");
  await bell.seesItems("Welcome, Bo");
  await bell.act("Welcome, Bo", "Move to the inbox");

  await second.seesItems("Ada waved at you *", "Welcome, Bo *");
});

test("What is marked without a network shows at once, and elsewhere when it is back", async () => {
  await using stage = await meet("Ada", "Bo");
  const [ada, bo] = stage.tabs;
  const [, bell] = stage.bells;
  await ada.press("Wave at Bo");
  await bell.seesBadge(2);
  const second = new Bell(await stage.people[1].open("/rooms/reef"));
  await second.open();
  await second.seesItems("Ada waved at you *", "Welcome, Bo *");

  await bo.press("Cut the network");
  await bo.seesConnection(/^Offline/);
  await bell.open();
  await bell.act("Ada waved at you", "Mark as read");
  await bell.seesItems("Ada waved at you", "Welcome, Bo *");
  await ada.post("Where are you, @Bo?");
  await second.seesItems("Ada mentioned you in # lobby *", "Ada waved at you *", "Welcome, Bo *");
  await bo.page.keyboard.press("Escape");
  await bo.press("Restore the network");

  await bo.seesConnection("Live");
  await second.seesItems("Ada mentioned you in # lobby *", "Ada waved at you", "Welcome, Bo *");
  await bell.open();
  await bell.seesItems("Ada mentioned you in # lobby *", "Ada waved at you", "Welcome, Bo *");
});

test("Who switches a category off is told nothing of it any more, and of the rest", async () => {
  await using stage = await meet("Ada", "Bo");
  const [ada] = stage.tabs;
  const [, bell] = stage.bells;
  const { page } = await stage.people[1].open("/notifications/settings");
  const mentions = page.getByRole("switch", { name: "Mentions: In the app" });

  await mentions.click();
  await expect.poll(() => mentions.isChecked()).toBe(false);
  expect(await page.getByRole("switch", { name: "Your account: In the app" }).count()).toBe(0);
  await ada.post("Hello @Bo");
  await ada.press("Wave at Bo");

  await bell.toasts.filter({ hasText: "Ada waved at you" }).waitFor();
  await bell.open();
  await bell.seesItems("Ada waved at you *", "Welcome, Bo *");
});

test("Whom one mutes one does not hear, until one changes one's mind", async () => {
  await using stage = await meet("Ada", "Bo");
  const [ada, bo] = stage.tabs;
  const [, bell] = stage.bells;
  await ada.press("Wave at Bo");
  await bell.toasts.filter({ hasText: "Ada waved at you" }).waitFor();
  await bell.open();
  await bell.act("Ada waved at you", "Mute Ada");
  await bell.done.filter({ hasText: "Muted Ada" }).waitFor();

  await ada.press("Wave at Bo");
  await ada.post("Hello @Bo");
  await bell.seesItems("Ada mentioned you in # lobby *", "Ada waved at you *", "Welcome, Bo *");
  expect(await bell.panel.getByText("2 times").count()).toBe(0);
  const settings = await stage.people[1].open("/notifications/settings");
  await settings.press("Unmute Ada");
  await settings.sees("Nothing. A notification lets you mute where it comes from.");
  await bo.page.keyboard.press("Escape");
  await ada.press("Wave at Bo");

  await bell.toasts.filter({ hasText: "2 times by now" }).waitFor();
});

test("Who wishes it has all read when the panel opens, and what arrives while it is open", async () => {
  await using stage = await meet("Ada", "Bo");
  const [ada, bo] = stage.tabs;
  const [, bell] = stage.bells;
  await bo.page.goto(`${stage.demo.url}/notifications/settings`);
  await bo.page.getByRole("switch", { name: "Mark all of it as read" }).click();
  await bo.page.goto(`${stage.demo.url}/rooms/lobby`);
  await bo.seesMembers("Ada", "Bo");

  await bell.open();
  await bell.seesItems("Welcome, Bo");
  await ada.press("Wave at Bo");

  await bell.seesItems("Ada waved at you", "Welcome, Bo");
  expect(await bell.toasts.count()).toBe(0);
});

test("Everything is done by keyboard alone, and the focus comes back", async () => {
  await using stage = await meet("Ada", "Bo");
  const [ada, bo] = stage.tabs;
  const [, bell] = stage.bells;
  const { keyboard } = bo.page;
  await ada.openRoom("Harbour watch");
  await bell.seesBadge(2);

  await bell.button.focus();
  await keyboard.press("Enter");
  await bell.seesItems("Ada opened # Harbour watch *", "Welcome, Bo *");
  await keyboard.press("ArrowDown");
  await keyboard.press("ArrowDown");
  await keyboard.press("Tab");
  await keyboard.press("Enter");
  await bell.seesItems("Ada opened # Harbour watch *", "Welcome, Bo");
  await keyboard.press("Escape");
  await bell.panel.waitFor({ state: "hidden" });
  await expect.poll(() => bell.button.evaluate((button) => button === document.activeElement)).toBe(true);
  await keyboard.press("Enter");
  await bell.panel.waitFor();
  await keyboard.press("End");
  await keyboard.press("Tab");
  await keyboard.press("Tab");
  await keyboard.press("Enter");
  await bell.done.filter({ hasText: "Archived" }).waitFor();
  await bell.seesItems("Ada opened # Harbour watch *");
  await keyboard.press("Enter");

  await bo.seesHeading("# Harbour watch");
  await bell.panel.waitFor({ state: "hidden" });
  await bell.open();
  await bell.seesItems("Ada opened # Harbour watch");
});

test("An inbox is read back as far as it goes", async () => {
  await using stage = await meet("Ada", "Bo");
  const [, bell] = stage.bells;
  await using visitor = callOverHttp(stage.demo.url, undefined);
  const { token } = await visitor.trpc.session.create.mutate({ name: "Cleo" });
  await using caller = callOverHttp(stage.demo.url, token);
  for (let index = 1; index <= 90; index += 1) {
    await caller.trpc.realtime.rooms.create.mutate({ name: `Room ${index}` });
  }
  await bell.seesBadge(91);
  await bell.open();

  await expect.poll(() => bell.items.count()).toBe(80);
  await bell.panel.getByRole("button", { name: "Show older" }).click();

  await expect.poll(() => bell.items.count()).toBe(91);
  await bell.panel.getByText("Welcome, Bo").waitFor();
});

test.each(["light", "dark"] as const)(
  "Axe finds nothing that keeps people out, in the %s theme",
  async (colorScheme) => {
    await using stage = await meet("Ada", "Bo");
    const [ada, bo] = stage.tabs;
    const [, bell] = stage.bells;
    await bo.page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await ada.post("Hello @Bo");
    await bell.toasts.waitFor();
    expect(await barriersOf(bo)).toEqual([]);
    await bell.open();
    await bell.seesItems("Ada mentioned you in # lobby *", "Welcome, Bo *");
    expect(await barriersOf(bo)).toEqual([]);
    await bo.press("Mark all read");
    await bell.done.filter({ hasText: "Marked 2 as read" }).waitFor();
    expect(await barriersOf(bo)).toEqual([]);
    await bell.show("Archived");
    await bo.sees("Nothing is archived");
    expect(await barriersOf(bo)).toEqual([]);
    await bell.panel.getByRole("link", { name: "Notification settings" }).click();
    await bo.seesHeading("Notification settings");
    expect(await barriersOf(bo)).toEqual([]);
    await bo.page.setViewportSize({ width: 390, height: 844 });
    expect(await barriersOf(bo)).toEqual([]);
    await bell.open();
    await bell.seesItems("Ada mentioned you in # lobby", "Welcome, Bo");
    await expect.poll(() => bell.panel.boundingBox()).toEqual({ x: 0, y: 0, width: 390, height: 844 });
    expect(await barriersOf(bo)).toEqual([]);
  },
);
