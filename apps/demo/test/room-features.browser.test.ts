import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "./browser.ts";
import { callOverHttp } from "./callers.ts";
import { meetInTheLobby } from "./stage.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
});

test("Who opens a room owns it, and everybody else is told, finds it in the list and goes in", async () => {
  await using stage = await meetInTheLobby(browser, "Ada", "Bo");
  const [ada, bo] = stage.tabs;

  await ada.openRoom("Harbour watch");

  await ada.seesHeading("# Harbour watch");
  await ada.seesLine("Ada opened the room");
  await ada.sees("you · owner");
  await bo.sees("was opened");
  await bo.page.getByRole("region", { name: "More rooms" }).getByRole("link", { name: "# Harbour watch" }).waitFor();
  await bo.announcement.getByRole("link", { name: "# Harbour watch" }).click();
  await bo.seesHeading("# Harbour watch");
  await bo.announcement.waitFor({ state: "hidden" });
  await ada.seesMembers("Ada", "Bo");
});

test("An announcement is put away by who has read it, and stays away", async () => {
  await using stage = await meetInTheLobby(browser, "Ada", "Bo");
  const [ada, bo] = stage.tabs;
  await ada.openRoom("Reef");
  await bo.announcement.filter({ hasText: "# Reef was opened" }).waitFor();

  await bo.press("Put the announcement away");
  await bo.announcement.waitFor({ state: "hidden" });
  await ada.openRoom("Harbour");

  await bo.announcement.filter({ hasText: "# Harbour was opened" }).waitFor();
});

test("What one said is edited in place, and everybody sees the new text and that it is another", async () => {
  await using stage = await meetInTheLobby(browser, "Ada", "Bo");
  const [ada, bo] = stage.tabs;
  await ada.post("Helo");
  await bo.seesMessages("Helo");

  await ada.actOn("Helo", "Edit");
  await ada.fill("Edit the message", "Hello", "Enter");

  await bo.seesMessages("Hello");
  await ada.seesMessages("Hello");
  await bo.sees("edited");
  await ada.actOn("Hello", "Edit");
  await ada.fill("Edit the message", "Something else", "Escape");
  await ada.seesMessages("Hello");
});

test("What one said is removed, once one is sure of it, and nobody else may do that", async () => {
  await using stage = await meetInTheLobby(browser, "Ada", "Bo");
  const [ada, bo] = stage.tabs;
  await ada.post("One");
  await ada.post("Two");
  await bo.seesMessages("One", "Two");

  await bo.openActions("One");
  await bo.page.getByRole("menuitem", { name: "React with 👍" }).waitFor();
  expect(await bo.page.getByRole("menuitem", { name: "Remove…" }).count()).toBe(0);
  await ada.actOn("One", "Remove…");
  await ada.press("Keep it");
  await ada.seesMessages("One", "Two");
  await ada.actOn("One", "Remove…");
  await ada.page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();

  await ada.seesMessages("Two");
  await bo.seesMessages("Two");
});

test("A reaction rises over its message for everybody, and is gone", async () => {
  await using stage = await meetInTheLobby(browser, "Ada", "Bo");
  const [ada, bo] = stage.tabs;
  await ada.post("We are live");
  await bo.seesMessages("We are live");

  // It rises for a moment only, so both are looked at from before it is there.
  const risen = [ada, bo].map(({ page }) => page.locator("[data-reaction]", { hasText: "🎉" }).waitFor());
  await Promise.all([bo.actOn("We are live", "React with 🎉"), ...risen]);

  for (const tab of [ada, bo]) await tab.page.locator("[data-reaction]").waitFor({ state: "detached" });
});

test("An owner makes a moderator, who renames the room and removes what others said", async () => {
  await using stage = await meetInTheLobby(browser, "Ada", "Bo");
  const [ada, bo] = stage.tabs;
  await ada.openRoom("Reef");
  await bo.announcement.getByRole("link", { name: "# Reef" }).click();
  await ada.seesMembers("Ada", "Bo");
  await ada.post("Off topic");
  await bo.seesMessages("Off topic");
  expect(await bo.page.getByRole("button", { name: "Rename the room" }).count()).toBe(0);

  await ada.press("Role of Bo");
  await ada.page.getByRole("menuitem", { name: "Make a moderator" }).click();
  await bo.seesLine("Ada made Bo a moderator");
  await bo.press("Rename the room");
  await bo.fill("Name of the room", "Shipwreck", "Enter");
  await ada.seesHeading("# Shipwreck");
  await ada.seesLine("Bo named the room Shipwreck");
  await bo.actOn("Off topic", "Remove…");
  await bo.page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();

  await ada.seesMessages();
  await ada.page.getByRole("link", { name: "# Shipwreck" }).waitFor();
});

test("Older messages that are shown follow what is edited and removed of them", async () => {
  await using stage = await meetInTheLobby(browser, "Ada");
  const [ada] = stage.tabs;
  await using bo = callOverHttp(stage.demo.url, (await stage.newSession("Bo")).token);
  const { post, edit, remove } = bo.trpc.realtime.rooms;
  const room = { roomId: "lobby" };
  const texts = Array.from({ length: 110 }, (_, index) => `Message ${index + 1}`);
  for (const text of texts) await post.mutate({ ...room, text, commandId: text });
  await ada.page.reload();
  await ada.seesMessages(...texts.slice(-100));
  await ada.press("Load older messages");
  await ada.seesMessages(...texts);

  await edit.mutate({ ...room, messageId: "Message 2", text: "Message two" });
  await remove.mutate({ ...room, messageId: "Message 3" });
  await remove.mutate({ ...room, messageId: "Message 50" });

  const kept = texts.filter((text) => text !== "Message 3" && text !== "Message 50");
  await ada.seesMessages(...kept.map((text) => (text === "Message 2" ? "Message two" : text)));
});

test("Everything that can be done with a message can be done on a phone, where nothing hovers", async () => {
  await using stage = await meetInTheLobby(browser, "Ada");
  const [ada] = stage.tabs;
  await ada.page.setViewportSize({ width: 390, height: 844 });
  await ada.post("Small but mighty, on a line that is as long as a phone is wide and then some more of it");

  const width = () => ada.page.evaluate(() => document.documentElement.scrollWidth);
  expect(await width()).toBe(390);
  await ada.actOn(/Small/, "Edit");
  expect(await width()).toBe(390);
  await ada.page.getByLabel("Edit the message").fill("Small");
  await ada.press("Save");

  await ada.seesMessages("Small");
  await ada.press("Show rooms");
  await ada.page.getByRole("dialog").getByRole("button", { name: "Open a room" }).click();
  await ada.page.getByLabel("Its name").fill("Pocket");
  await ada.press("Open it");
  await ada.seesHeading("# Pocket");
});
