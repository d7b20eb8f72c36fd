import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BackgroundTab } from "./background-tab.ts";
import { openBrowser } from "./browser.ts";
import { openDemo, temporaryFolder } from "./demo.ts";
import { outage } from "./outage.ts";
import { Person } from "./person.ts";
import { meetInTheLobby, openWebDemo, webDir } from "./stage.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
});

test("A device that loses its network says so at once, and catches up when it is back", async () => {
  await using stage = await meetInTheLobby(browser, "Ada", "Bo");
  const [ada, bo] = stage.tabs;

  await ada.page.context().setOffline(true);
  await ada.seesConnection("Offline");
  await bo.seesMembers("Bo");
  await bo.post("Are you there?");
  await ada.post("I was cut off");
  await ada.page.context().setOffline(false);

  await ada.seesConnection("Live");
  await bo.seesMessages("Are you there?", "I was cut off");
  await ada.seesMessages("Are you there?", "I was cut off");
});

test("A page that one goes away from and back to was not there meanwhile, and is as the others are again", async () => {
  await using keeping = await openBrowser({ keepsPages: true });
  await using stage = await meetInTheLobby(keeping, "Ada", "Bo");
  const [ada, bo] = stage.tabs;
  await ada.page.evaluate(() => {
    document.documentElement.dataset.kept = "yes";
  });

  await ada.page.goto("data:text/html,elsewhere");
  await bo.seesMembers("Bo");
  await bo.post("While you were away");
  // Playwright does not see that a page which was kept is there again.
  await ada.page.goBack({ waitUntil: "commit" });

  await ada.seesMessages("While you were away");
  await ada.seesConnection("Live");
  await bo.seesMembers("Ada", "Bo");
  expect(await ada.page.evaluate(() => document.documentElement.dataset.kept)).toBe("yes");
});

test("A tab in the background that is frozen is not there meanwhile, and is as the others are once it goes on", async () => {
  await using stage = await meetInTheLobby(browser, "Bo");
  const [bo] = stage.tabs;
  await using tab = await BackgroundTab.open(browser, stage.demo.url);
  await tab.sees("Come in");
  const session = JSON.stringify(await stage.newSession("Ada"));
  await tab.evaluate(`localStorage.setItem("shoal-session", ${JSON.stringify(session)})`);
  await tab.evaluate('location.href = "/rooms/lobby"');
  await bo.seesMembers("Ada", "Bo");
  await tab.evaluate('addEventListener("freeze", () => { frozen = document.visibilityState }, true)');

  await tab.freeze();
  await bo.seesMembers("Bo");
  await bo.post("While you were frozen");
  await bo.seesMessages("While you were frozen");
  await tab.resume();

  await bo.seesMembers("Ada", "Bo");
  await tab.sees("While you were frozen");
  expect(await tab.evaluate("frozen")).toBe("hidden");
});

test("A page whose device slept for ten minutes is as the others are when it wakes up", async () => {
  await using stage = await meetInTheLobby(browser, "Ada", "Bo");
  const [ada, bo] = stage.tabs;
  await ada.page.clock.install();
  await ada.page.reload();
  await ada.seesMembers("Ada", "Bo");

  await ada.page.clock.fastForward("10:00");
  await bo.post("Good morning");
  await ada.seesMessages("Good morning");
  await ada.seesConnection("Live");
});

test("Where WebSockets are blocked people talk nevertheless, and see who is there", async () => {
  await using demo = await openWebDemo();
  using _blocked = outage(demo);
  await using adas = await Person.at(browser, demo.url);
  await using bos = await Person.at(browser, demo.url);
  const [ada, bo] = [await adas.open(), await bos.open()];
  await ada.signIn("Ada");
  await bo.signIn("Bo");

  await ada.seesMembers("Ada", "Bo");
  await ada.post("No sockets here");
  await bo.seesMessages("No sockets here");
  await bo.post("Nor here");
  await ada.seesMessages("No sockets here", "Nor here");
  expect(demo.sockets.size).toBe(0);
});

test("A server that is restarted finds everybody back, and what was written meanwhile arrives once", async () => {
  await using folder = await temporaryFolder();
  const before = await openDemo({ dataDir: folder.path, webDir });
  await using adas = await Person.at(browser, before.url);
  const ada = await adas.open();
  await ada.signIn("Ada");
  await ada.post("Before");
  await ada.seesMessages("Before");

  await before.close();
  await ada.seesConnection("Reconnecting");
  await ada.post("Between");
  await ada.sees("1 change waits to be sent.");
  await using after = await openDemo({ dataDir: folder.path, webDir, port: before.port });

  await ada.seesConnection("Live");
  await ada.seesMessages("Before", "Between");
  await using bos = await Person.at(browser, after.url);
  const bo = await bos.open();
  await bo.signIn("Bo");
  await bo.seesMessages("Before", "Between");
});

test("What one user could not send is not sent as the next one who signs in on the page", async () => {
  await using stage = await meetInTheLobby(browser, "Ada", "Bo");
  const [ada, bo] = stage.tabs;

  await ada.press("Cut the network");
  await ada.post("Ada's own");
  await ada.sees("1 change waits to be sent.");
  await ada.press("Sign out");
  await ada.signIn("Eve");
  await ada.press("Restore the network");
  await bo.seesMembers("Bo", "Eve");
  await ada.post("Eve's own");

  await bo.seesMessages("Eve's own");
  await ada.seesMessages("Eve's own");
});
