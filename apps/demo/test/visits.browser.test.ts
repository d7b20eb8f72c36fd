import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "./browser.ts";
import { Person } from "./person.ts";
import { meetInTheLobby, openWebDemo } from "./stage.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
});

test("Visitors see each other and each other's cheers before they sign in", async () => {
  await using demo = await openWebDemo();
  await using ada = await Person.at(browser, demo.url);
  await using bo = await Person.at(browser, demo.url);
  const adas = await ada.open();
  await adas.sees("1 here now");

  const bos = await bo.open();
  await adas.sees("2 here now");
  // It rises for a moment only, so it is looked for from before it is there.
  const risen = adas.page.locator("[data-cheer]", { hasText: "🎉" }).waitFor();
  await Promise.all([bos.press("Celebrate"), risen]);

  await adas.sees("1 cheer");
  await bos.page.close();
  await adas.sees("1 here now");
});

test("A fish goes where its visitor points, for the others too", async () => {
  await using demo = await openWebDemo();
  await using ada = await Person.at(browser, demo.url);
  await using bo = await Person.at(browser, demo.url);
  const adas = await ada.open();
  const bos = await bo.open();
  await adas.sees("2 here now");

  await adas.page.getByRole("region", { name: "Live on this page" }).hover({ position: { x: 30, y: 300 } });

  const places = () =>
    bos.page.locator("[data-fish]").evaluateAll((fish) => fish.map((one) => one.style.getPropertyValue("--x")));
  await expect.poll(places).toSatisfy((all: string[]) => all.some((x) => Number(x) > 0 && Number(x) < 0.08));
});

test("Who came for a room is led to it after signing in", async () => {
  await using demo = await openWebDemo();
  await using ada = await Person.at(browser, demo.url);
  const tab = await ada.open("/rooms/reef");

  await tab.signIn("Ada");

  await tab.page.getByRole("heading", { level: 1, name: "# reef" }).waitFor();
  await tab.seesMembers("Ada");
});

test("Whoever's session has expired is asked to sign in again", async () => {
  await using demo = await openWebDemo({ sessionMs: -1_000 });
  await using ada = await Person.at(browser, demo.url);
  const tab = await ada.open();

  await tab.signIn("Ada");

  await tab.page.getByRole("alert").filter({ hasText: "Your session has expired. Sign in again." }).waitFor();
  await tab.page.getByLabel("Your name").waitFor();
});

test("A name that will not do is answered with what would", async () => {
  await using demo = await openWebDemo();
  await using ada = await Person.at(browser, demo.url);
  const tab = await ada.open();

  await tab.signIn("   ");
  await tab.sees("Tell us a name.");
  await tab.signIn("a".repeat(41));

  await tab.sees("A name has at most 40 characters.");
});

test("Signing out in one tab signs out in all of them", async () => {
  await using stage = await meetInTheLobby(browser, "Ada");
  const [first] = stage.tabs;
  const second = await stage.people[0].open("/rooms/reef");
  await second.seesMembers("Ada");

  await first.press("Sign out");

  await first.page.getByLabel("Your name").waitFor();
  await second.page.getByLabel("Your name").waitFor();
});

test("A room is joined by its name, also on a phone", async () => {
  await using stage = await meetInTheLobby(browser, "Ada");
  const [ada] = stage.tabs;
  await ada.page.setViewportSize({ width: 390, height: 844 });

  await ada.press("Show rooms");
  const name = ada.page.getByRole("dialog").getByLabel("Room name");
  await name.fill("Café au lait");
  await name.press("Enter");

  await ada.page.getByRole("heading", { level: 1, name: "# cafe-au-lait" }).waitFor();
  await ada.page.getByRole("dialog").waitFor({ state: "hidden" });
  await ada.press("Show people here");
  await ada.seesMembers("Ada");
});
