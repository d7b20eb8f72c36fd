import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import webPush from "web-push";
import { openBrowser } from "./browser.ts";
import { meetWithBells } from "./meet-with-bells.ts";
import type { Tab } from "./person.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
});

const meet = () => meetWithBells(browser, "Ada", "Bo");

test("The browser tells while nobody sees the app, and a click leads to what it is about and marks it as read", async () => {
  await using stage = await meet();
  const [ada, bo] = stage.tabs;
  const [, bell] = stage.bells;
  await bo.page.context().grantPermissions(["notifications"]);
  await bo.page.addInitScript(recordNotifications);
  await bo.page.goto(`${stage.demo.url}/rooms/reef`);
  await bell.seesBadge(1);
  // What is left open is not seen either.
  await bell.open();
  await hide(bo);

  await ada.post("Hello @Bo");
  await expect
    .poll(() => bo.page.evaluate(() => shown.map(({ title, body }) => ({ title, body }))))
    .toEqual([{ title: "Ada mentioned you in #\u00a0lobby", body: "Hello @Bo" }]);
  expect(await bell.toasts.count()).toBe(0);
  await bo.page.evaluate(() => shown[0]?.dispatchEvent(new Event("click")));

  await bo.seesHeading("# lobby");
  await bell.open();
  await bell.seesItems("Ada mentioned you in # lobby", "Welcome, Bo *");
});

test("What is pushed to a browser its pages do not tell as well, unless it is not to be pushed", async () => {
  await using stage = await meet();
  const [ada, bo] = stage.tabs;
  const [, bell] = stage.bells;
  await bo.page.context().grantPermissions(["notifications"]);
  await bo.page.addInitScript(recordNotifications);
  await subscribe(bo);
  await bo.page.goto(`${stage.demo.url}/notifications/settings`);
  await bell.seesBadge(1);
  await hide(bo);

  await ada.post("One for @Bo");
  await bell.seesBadge(2);
  const pushed = bo.page.getByRole("switch", { name: "Mentions: Push" });
  await pushed.click();
  await expect.poll(() => pushed.isChecked()).toBe(false);
  await ada.post("Two for @Bo");

  await expect.poll(() => bo.page.evaluate(() => shown.map(({ body }) => body))).toEqual(["Two for @Bo"]);
});

test("Whoever signs out leaves no push behind, and nothing for the next one to see", async () => {
  await using stage = await meet();
  const [ada, bo] = stage.tabs;
  const [, bell] = stage.bells;
  await bo.page.context().grantPermissions(["notifications"]);
  await subscribe(bo);
  const notified = () =>
    bo.page.evaluate(async () => (await (await navigator.serviceWorker.ready).getNotifications()).length);
  await bo.page.evaluate(async () => (await navigator.serviceWorker.ready).showNotification("Ada waved at you"));
  expect(await notified()).toBe(1);
  const said: string[] = [];
  bo.page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => said.push(String(payload))));
  const says = (command: string) => expect.poll(() => said.some((frame) => frame.includes(command))).toBe(true);
  await bo.page.reload();
  await says("pushDevices.subscribe");
  await ada.press("Wave at Bo");
  await bell.toasts.filter({ hasText: "Ada waved at you" }).waitFor();
  await bo.press("Wave at Ada");
  await bell.done.filter({ hasText: "You waved at Ada" }).waitFor();

  await bo.press("Sign out");
  await says("pushDevices.unsubscribe");
  await bo.signIn("Cleo");
  await bo.seesMembers("Ada", "Cleo");

  expect(await notified()).toBe(0);
  expect(await bo.page.evaluate(() => localStorage.getItem("pushed"))).toBe(null);
  expect(await bell.toasts.count()).toBe(0);
  expect(await bell.done.textContent()).toBe("");
});

/** The page takes itself for one that nobody sees. */
async function hide({ page }: Tab): Promise<void> {
  await page.evaluate(() => {
    Object.defineProperty(document, "visibilityState", { value: "hidden" });
    document.dispatchEvent(new Event("visibilitychange"));
  });
}

/**
 * A browser that has subscribed at a push service, from the next page on. Its own is Google's, which no test reaches; to this one, which has no
 * https, the server pushes nothing.
 */
async function subscribe({ page }: Tab): Promise<void> {
  const { publicKey } = webPush.generateVAPIDKeys();
  await page.evaluate(async () => {
    localStorage.setItem("pushed", "yes");
    await navigator.serviceWorker.register("/sw.js");
    await navigator.serviceWorker.ready;
  });
  await page.addInitScript((p256dh) => {
    const endpoint = "http://push.invalid/bo";
    const subscription = {
      endpoint,
      toJSON: () => ({ endpoint, keys: { p256dh, auth: "A".repeat(22) } }),
      unsubscribe: async () => localStorage.removeItem("pushed"),
    };
    const pushed = async () => (localStorage.getItem("pushed") === null ? null : subscription);
    PushManager.prototype.getSubscription = pushed as never;
  }, publicKey);
}

declare const shown: Notification[];

/** Chromium shows them, and lets nobody look: the page remembers what it has shown. */
function recordNotifications(): void {
  Object.assign(globalThis, { shown: [] });
  globalThis.Notification = class extends Notification {
    constructor(title: string, options?: NotificationOptions) {
      super(title, options);
      shown.push(this);
    }
  };
}

test("What is pushed is shown by the service worker while nobody sees the app, and its address marks it as read", async () => {
  await using stage = await meet();
  const [ada, bo] = stage.tabs;
  const [, bell] = stage.bells;
  const { page } = bo;
  await page.context().grantPermissions(["notifications"]);
  await ada.press("Wave at Bo");
  await bell.seesBadge(2);
  await page.goto(`${stage.demo.url}/notifications/settings`);
  const shown = () =>
    page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      const all = await registration.getNotifications();
      return all.map(({ title, body, tag, data }) => ({ title, body, tag, data }));
    });
  const worker = serviceWorkerOf(bo);
  await page.getByRole("region", { name: "This browser" }).getByRole("switch").click();
  // Its push service is Google's, which no test reaches.
  await bo.sees("This browser could not reach its push service.");
  const { push } = await worker;
  await push({ id: "early", kind: "wave", title: "Not while it is seen", body: "" });
  const id = await bell.open().then(() => bell.items.first().getAttribute("data-id"));
  expect(await shown()).toEqual([]);
  await page.goto("about:blank");

  await push({ id, kind: "wave", title: "Ada waved at you", body: "<b>Wave</b> back?", url: "/rooms/lobby" });
  await page.goto(`${stage.demo.url}/rooms/lobby?notification=${id}`);

  await expect
    .poll(shown)
    .toEqual([{ title: "Ada waved at you", body: "<b>Wave</b> back?", tag: id, data: { id, url: "/rooms/lobby" } }]);
  await bell.open();
  await bell.seesItems("Ada waved at you", "Welcome, Bo *");
  expect(new URL(page.url()).search).toBe("");
  await push({ id: "other", kind: "wave", title: "Not while it is seen", body: "" });
  await ada.press("Wave at Bo");
  await bell.seesItems("Ada waved at you *", "Welcome, Bo *");
  expect(await shown()).toHaveLength(1);
});

/** The service worker that a page is about to start, to which messages can be pushed as a push service does. */
async function serviceWorkerOf({ page }: Tab) {
  const session = await page.context().newCDPSession(page);
  const { promise, resolve } = Promise.withResolvers<string>();
  session.on("ServiceWorker.workerVersionUpdated", ({ versions }) => {
    const active = versions.find(({ status }) => status === "activated");
    if (active) resolve(active.registrationId);
  });
  await session.send("ServiceWorker.enable");
  const { origin } = new URL(page.url());
  return promise.then((registrationId) => ({
    push: (data: object) =>
      session.send("ServiceWorker.deliverPushMessage", { origin, registrationId, data: JSON.stringify(data) }),
  }));
}
