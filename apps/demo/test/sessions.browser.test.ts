import { decodeJwt } from "jose";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "./browser.ts";
import { Person, type Tab } from "./person.ts";
import { openWebDemo } from "./stage.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
});

/** The token that the browser keeps. */
async function tokenIn({ page }: Tab) {
  const session = await page.evaluate(() => localStorage.getItem("shoal-session"));
  return decodeJwt(JSON.parse(session ?? "null").token);
}

test("Tabs that stay open over the end of a token go on, each on the socket that it has", async () => {
  await using demo = await openWebDemo({ sessionMs: 5_000 });
  await using person = await Person.at(browser, demo.url);
  const ada = await person.open();
  await ada.signIn("Ada");
  const second = await person.open("/rooms/reef");
  await second.seesMembers("Ada");
  await expect.poll(() => demo.sockets.size).toBe(2);
  const sockets = [...demo.sockets];
  const first = await tokenIn(ada);
  await ada.post("Good morning");

  await expect.poll(async () => (await tokenIn(ada)).iat, { timeout: 20_000 }).toBeGreaterThan(first.exp ?? 0);
  await ada.post("Good evening");

  await ada.seesMessages("Good morning", "Good evening");
  await second.page.getByRole("link", { name: "Ada: Good evening" }).waitFor();
  expect([...demo.sockets].map((socket) => sockets.indexOf(socket))).toEqual([0, 1]);
});

test("A session that cannot be renewed ends where one signs in", async () => {
  await using demo = await openWebDemo({ sessionMs: 3_000 });
  await using person = await Person.at(browser, demo.url);
  const ada = await person.open();
  await ada.page.route("**/session.renew", (route) => route.abort());
  const asked = ada.page.waitForRequest("**/session.renew");
  await Promise.all([ada.signIn("Ada"), asked]);

  await ada.page.getByRole("alert").filter({ hasText: "Your session has expired. Sign in again." }).waitFor();
  await ada.page.getByLabel("Your name").waitFor();
});

test("Whoever signs out while the session is renewed stays signed out", async () => {
  await using demo = await openWebDemo({ sessionMs: 5_000 });
  await using person = await Person.at(browser, demo.url);
  const ada = await person.open();
  const asked = Promise.withResolvers<() => Promise<void>>();
  await ada.page.route("**/session.renew", (route) => asked.resolve(() => route.continue()));
  await ada.signIn("Ada");
  const renew = await asked.promise;

  await ada.press("Sign out");
  const renewed = ada.page.waitForResponse("**/session.renew");
  await renew();
  await (await renewed).finished();
  await ada.page.reload();

  await ada.page.getByLabel("Your name").waitFor();
});
