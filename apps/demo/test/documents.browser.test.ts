import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as Y from "yjs";
import { barriersOf } from "./bell.ts";
import { openBrowser } from "./browser.ts";
import { meetAtDocuments } from "./writer.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
});

test("Two write in one text, each sees where the other is, and what both wrote without a network comes together", async () => {
  await using room = await meetAtDocuments(browser, "Ada", "Bo");
  const [ada, bo] = room.writers;
  const path = await ada.create();
  await ada.shareWith("Bo", "may write");
  await ada.append("Dear all,");
  await bo.go(path);
  await bo.reads("Dear all,");
  await expect.poll(() => bo.cursors.allInnerTexts()).toEqual(["Ada"]);
  const before = await bo.cursors.boundingBox();
  await ada.append(" we meet on Monday.");
  await bo.reads("Dear all, we meet on Monday.");
  await expect.poll(async () => (await bo.cursors.boundingBox())?.x).toBeGreaterThan((before?.x ?? 0) + 20);
  await bo.append(" Yes.");
  await ada.reads("Dear all, we meet on Monday. Yes.");
  await expect.poll(() => ada.cursors.allInnerTexts()).toEqual(["Bo"]);
  await expect.poll(() => ada.people.count()).toBe(2);

  await ada.press("Cut the network");
  await ada.standsAs("Offline, nothing waiting");
  expect(await ada.cursors.count()).toBe(0);
  await ada.append(" A");
  await ada.standsAs("Offline, 2 changes waiting");
  await ada.page.keyboard.press("Control+Home");
  await ada.page.keyboard.type("> ");
  await ada.standsAs("Offline, 4 changes waiting");
  await bo.append(" B");
  await bo.isSaved();
  await ada.press("Restore the network");
  await ada.isSaved();
  await expect.poll(() => ada.text()).toMatch(/A/);
  await expect.poll(() => ada.text()).toMatch(/B/);
  const together = await ada.text();
  await bo.reads(together);
  expect(together.startsWith("> Dear all, we meet on Monday. Yes.")).toBe(true);
  expect([...together.slice(-4)].toSorted().join("")).toBe("  AB");

  await bo.page.keyboard.press("Control+z");
  // As far as he went on without a pause, and nothing of hers.
  await expect.poll(() => ada.text()).toMatch(/^> Dear all, we meet on Monday\.( Yes\.)? A$/);
});

test("What is not saved is asked about before one signs out, on every page", async () => {
  await using room = await meetAtDocuments(browser, "Ada");
  const [ada] = room.writers;
  await ada.create();
  await ada.press("Cut the network");
  await ada.append("ab");
  await ada.standsAs("Offline, 2 changes waiting");
  await ada.page.getByRole("link", { name: "Operations" }).click();
  await ada.press("Sign out");
  await ada.sees("2 changes are not saved, and are lost when you sign out.");
  await ada.press("Restore the network");
  await ada.page.getByRole("button", { name: "Sign out all the same" }).waitFor({ state: "hidden" });
  await ada.press("Sign out");
  await ada.page.getByLabel("Your name").waitFor();
});

test("A viewer cannot write, neither in the page nor by the wire", async () => {
  await using room = await meetAtDocuments(browser, "Ada", "Vic");
  const [ada, vic] = room.writers;
  const path = await ada.create();
  await ada.append("Read me");
  await ada.isSaved();
  await ada.shareWith("Vic", "may read");
  await vic.go(path);
  await vic.reads("Read me");
  await vic.standsAs("Read only");
  await vic.append(" not");
  await vic.reads("Read me");
  expect(await vic.page.getByRole("button", { name: "Undo" }).count()).toBe(0);
  const status = await vic.page.evaluate(async (documentId) => {
    const { token } = JSON.parse(localStorage.getItem("shoal-session") ?? "{}");
    const response = await fetch("/trpc/realtime.documents.edit", {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ json: { documentId, update: "AAA=" } }),
    });
    return response.status;
  }, path.split("/").at(-1));
  expect(status).toBe(403);
  await ada.reads("Read me");

  await ada.press("Share");
  await ada.page.getByLabel("What Vic may do").selectOption("May write");
  await vic.isSaved();
  await vic.append(" too");
  await ada.reads("Read me too");
  await ada.page.getByLabel("What Vic may do").selectOption("No longer");
  await vic.sees("This document is not available");
});

test("What was written with other ends of lines is written on where it is", async () => {
  await using room = await meetAtDocuments(browser, "Ada", "Bo");
  const [ada, bo] = room.writers;
  const path = await ada.create();
  await ada.shareWith("Bo", "may write");
  const doc = new Y.Doc();
  doc.getText("text").insert(0, "one\r\ntwo");
  const update = Buffer.from(Y.encodeStateAsUpdate(doc)).toString("base64");
  await ada.page.evaluate(
    async (input) => {
      const { token } = JSON.parse(localStorage.getItem("shoal-session") ?? "{}");
      await fetch("/trpc/realtime.documents.edit", {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
        body: JSON.stringify({ json: { ...input, commandId: crypto.randomUUID() } }),
      });
    },
    { documentId: path.split("/").at(-1), update },
  );
  await expect.poll(() => ada.text()).toMatch(/two$/);
  await ada.append(" three");
  await ada.isSaved();
  await bo.go(path);
  await expect.poll(() => bo.text()).toMatch(/^one.?\ntwo three$/);
});

test("An old version is looked at, restored, named, and the restoration undone", async () => {
  await using room = await meetAtDocuments(browser, "Ada", "Bo");
  const [ada, bo] = room.writers;
  const path = await ada.create();
  await ada.shareWith("Bo", "may write");
  await ada.append("The first draft");
  await ada.isSaved();
  await bo.go(path);
  await bo.reads("The first draft");
  await bo.append(", and more of it");
  await bo.isSaved();
  await ada.reads("The first draft, and more of it");

  await ada.page.getByRole("link", { name: "History" }).click();
  const versions = ada.page.locator("[data-version]");
  await expect.poll(() => versions.count()).toBe(2);
  const shown = ada.page.locator("[data-version-text]");
  await shown.locator("ins").filter({ hasText: ", and more of it" }).waitFor();
  await versions.filter({ hasText: "Ada" }).click();
  await ada.page.getByText("The text then").click();
  await expect.poll(() => shown.textContent()).toBe("The first draft");
  await ada.press("Name it");
  await ada.page.getByLabel("Name of the version").fill("Draft");
  await ada.page.getByRole("dialog").getByRole("button", { name: "Name it" }).click();
  await versions.filter({ hasText: "Draft" }).waitFor();
  await ada.press("Restore this version");
  await bo.reads("The first draft");
  await versions.filter({ hasText: "restored" }).waitFor();

  await ada.page.getByRole("link", { name: "To the text" }).click();
  await ada.reads("The first draft");
  await ada.press("Undo");
  await ada.reads("The first draft, and more of it");
  await bo.reads("The first draft, and more of it");
  await ada.press("Redo");
  await bo.reads("The first draft");
});

test("A document is found by its title and by what it says, and by those only who may open it", async () => {
  await using room = await meetAtDocuments(browser, "Ada", "Bo");
  const [ada, bo] = room.writers;
  await ada.create();
  await ada.append("Sea cucumbers are echinoderms");
  await ada.isSaved();
  await ada.press("Rename the document");
  await ada.page.getByLabel("Title of the document").fill("On animals");
  await ada.page.getByLabel("Title of the document").press("Enter");
  await ada.seesHeading("On animals");
  await ada.go("/documents");
  const found = ada.page.getByRole("list", { name: "Documents" }).getByRole("listitem");
  await found.filter({ hasText: "On animals" }).waitFor();
  await ada.page.getByLabel("Search in documents").fill("plankton");
  await ada.sees("Nothing of yours has “plankton” in it.");
  await ada.page.getByLabel("Search in documents").fill("cucumber");
  await found.filter({ hasText: "On animals" }).filter({ hasText: "are echinoderms" }).waitFor();
  await bo.go("/documents");
  await bo.sees("Nothing written yet");
});

test.each(["light", "dark"] as const)("Nobody is kept out of a document by how it is built: %s", async (scheme) => {
  await using room = await meetAtDocuments(browser, "Ada", "Bo");
  const [ada, bo] = room.writers;
  for (const tab of [ada, bo]) await tab.page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
  expect(await barriersOf(ada)).toEqual([]);
  const path = await ada.create();
  expect(await barriersOf(ada)).toEqual([]);
  await ada.shareWith("Bo", "may write");
  await ada.append("Dear all,");
  await bo.go(path);
  await bo.append(" hello");
  await ada.reads("Dear all, hello");
  await expect.poll(() => ada.cursors.count()).toBe(1);
  expect(await barriersOf(ada)).toEqual([]);
  await ada.press("Share");
  await ada.page.getByRole("list", { name: "Shared with" }).waitFor();
  expect(await barriersOf(ada)).toEqual([]);
  await ada.page.keyboard.press("Escape");
  await ada.press("Cut the network");
  await ada.append(" and more");
  await ada.standsAs(/^Offline, \d+ changes waiting/);
  expect(await barriersOf(ada)).toEqual([]);
  await ada.press("Restore the network");
  await ada.go(`${path}/history`);
  await ada.page.locator("ins").first().waitFor();
  expect(await barriersOf(ada)).toEqual([]);
  await ada.go("/documents");
  await ada.page.getByRole("list", { name: "Documents" }).getByRole("listitem").first().waitFor();
  expect(await barriersOf(ada)).toEqual([]);
  await bo.go("/documents/nothing-here");
  await bo.sees("This document is not available");
  expect(await barriersOf(bo)).toEqual([]);
});
