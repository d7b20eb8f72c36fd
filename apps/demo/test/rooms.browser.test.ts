import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "./browser.ts";
import { callOverHttp } from "./callers.ts";
import { outage } from "./outage.ts";
import type { Tab } from "./person.ts";
import { meetInTheLobby } from "./stage.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
});

test("What one says, both see, and it is text whatever is in it", async () => {
  await using stage = await meetInTheLobby(browser, "Ada", "Bo");
  const [ada, bo] = stage.tabs;

  await ada.post("Hello <b>Bo</b> <img src=x onerror=document.title='broken'>");
  await bo.seesMessages("Hello <b>Bo</b> <img src=x onerror=document.title='broken'>");
  await bo.post("Hello Ada");

  await ada.seesMessages("Hello <b>Bo</b> <img src=x onerror=document.title='broken'>", "Hello Ada");
  expect(await bo.messages.locator("b, img").count()).toBe(0);
  expect(await bo.page.title()).toMatch(/^(\(\d+\) )?Shoal$/);
});

test("Enter sends, and Shift with Enter starts a new line", async () => {
  await using stage = await meetInTheLobby(browser, "Ada");
  const [ada] = stage.tabs;

  await ada.write("One");
  await ada.composer.press("Shift+Enter");
  await ada.composer.pressSequentially("Two");
  await ada.composer.press("Enter");

  await ada.seesMessages("One\nTwo");
});

test("Others see who is typing, until two seconds after the last key", async () => {
  await using stage = await meetInTheLobby(browser, "Ada", "Bo");
  const [ada, bo] = stage.tabs;
  const { clock } = ada.page;
  await clock.install();
  await clock.pauseAt(Date.now() + 5_000);

  await ada.write("Well");
  await clock.runFor(100);
  await bo.sees("Ada is typing…");
  await clock.runFor(1_500);
  await ada.composer.pressSequentially("!");
  await clock.runFor(1_500);
  await bo.post("Go on");
  await expect.poll(paintedBy(ada)).toEqual(["Go on"]);
  expect(await bo.page.getByText("Ada is typing…").isVisible()).toBe(true);
  await clock.runFor(600);

  await bo.seesNoMore("Ada is typing…");
});

/** What a page shows whose clock stands still, after a moment of it: what comes is painted with the next frame. */
function paintedBy({ page, messages }: Tab): () => Promise<string[]> {
  return async () => {
    await page.clock.runFor(5);
    return await messages.allInnerTexts();
  };
}

test("A person with two tabs is one member, and leaves with the last of them", async () => {
  await using stage = await meetInTheLobby(browser, "Ada", "Bo");
  const [ada, bo] = stage.tabs;

  const second = await stage.people[0].open("/rooms/lobby");
  await bo.sees("2 tabs");
  await bo.seesMembers("Ada", "Bo");
  await second.page.close();
  await bo.seesNoMore("2 tabs");
  await bo.seesMembers("Ada", "Bo");
  await ada.page.close();

  await bo.seesMembers("Bo");
});

test("Who goes to another room has left this one, and still sees what is said in it", async () => {
  await using stage = await meetInTheLobby(browser, "Ada", "Bo");
  const [ada, bo] = stage.tabs;

  await ada.page.getByRole("link", { name: "# reef" }).click();
  await bo.seesMembers("Bo");
  await bo.post("Gone already?");

  await ada.page.getByRole("link", { name: "Bo: Gone already?" }).click();
  await ada.seesMessages("Gone already?");
  await bo.seesMembers("Ada", "Bo");
});

test("A reload keeps what was said", async () => {
  await using stage = await meetInTheLobby(browser, "Ada");
  const [ada] = stage.tabs;
  await ada.post("One");
  await ada.post("Two");
  await ada.seesMessages("One", "Two");

  await ada.page.reload();

  await ada.seesMessages("One", "Two");
});

test("What was said while the server refused a browser arrives in it once and in order", async () => {
  await using stage = await meetInTheLobby(browser, "Ada");
  const [ada] = stage.tabs;
  await using bo = callOverHttp(stage.demo.url, (await stage.newSession("Bo")).token);
  const post = (text: string) => bo.trpc.realtime.rooms.post.mutate({ roomId: "lobby", text });
  await post("Before");
  await ada.seesMessages("Before");

  {
    using _outage = outage(stage.demo);
    await ada.seesConnection(/^Reconnecting for \d+ s$/);
    for (const text of ["One", "Two", "Three"]) await post(text);
    await ada.seesMessages("Before");
  }
  await ada.seesConnection("Live");
  await post("After");

  await ada.seesMessages("Before", "One", "Two", "Three", "After");
});

test("Who cuts the network misses nothing, and what they write meanwhile is sent when it is back", async () => {
  await using stage = await meetInTheLobby(browser, "Ada", "Bo");
  const [ada, bo] = stage.tabs;

  await ada.press("Cut the network");
  await ada.seesConnection(/^Offline for \d+ s$/);
  await ada.post("Said in the dark");
  await ada.page.getByLabel("Sending").waitFor();
  await bo.seesMembers("Bo");
  await bo.post("Where is Ada?");
  await bo.seesMessages("Where is Ada?");
  await ada.press("Restore the network");

  await ada.seesConnection("Live");
  await ada.seesMessages("Where is Ada?", "Said in the dark");
  await bo.seesMessages("Where is Ada?", "Said in the dark");
  await bo.seesMembers("Ada", "Bo");
});

test("A reader who has scrolled up stays there, is told of what is new, and can go back to the beginning", async () => {
  await using stage = await meetInTheLobby(browser, "Ada");
  const [ada] = stage.tabs;
  await using bo = callOverHttp(stage.demo.url, (await stage.newSession("Bo")).token);
  const post = (text: string) => bo.trpc.realtime.rooms.post.mutate({ roomId: "lobby", text });
  const texts = Array.from({ length: 130 }, (_, index) => `Message ${index + 1}`);
  for (const text of texts) await post(text);
  await ada.seesMessages(...texts);

  await ada.page.reload();
  await ada.seesMessages(...texts.slice(-100));
  await ada.page.getByText("Message 31", { exact: true }).scrollIntoViewIfNeeded();
  await ada.sees("Newest messages");
  await post("Something new");
  await ada.sees("1 new message");
  await ada.press("Load older messages");
  await ada.sees("This is where the room begins.");

  await ada.seesMessages(...texts, "Something new");
  expect(await ada.isInView("Message 31")).toBe(true);
  expect(await ada.isInView("Something new")).toBe(false);
  await ada.press("1 new message");
  await expect.poll(() => ada.isInView("Something new")).toBe(true);
  await ada.page.getByText("Message 31", { exact: true }).scrollIntoViewIfNeeded();
  await ada.sees("Newest messages");
  await ada.post("My own");
  await expect.poll(() => ada.isInView("My own")).toBe(true);
});

test("What is new to a reader who has scrolled up are the messages of others, whatever is pending or removed", async () => {
  await using stage = await meetInTheLobby(browser, "Ada");
  const [ada] = stage.tabs;
  await using bo = callOverHttp(stage.demo.url, (await stage.newSession("Bo")).token);
  const { post, remove } = bo.trpc.realtime.rooms;
  const room = { roomId: "lobby" };
  const texts = Array.from({ length: 40 }, (_, index) => `Message ${index + 1}`);
  for (const text of texts) await post.mutate({ ...room, text, commandId: text });
  await ada.seesMessages(...texts);
  await ada.page.getByText("Message 1", { exact: true }).scrollIntoViewIfNeeded();
  await ada.sees("Newest messages");

  await remove.mutate({ ...room, messageId: "Message 40" });
  await ada.seesMessages(...texts.slice(0, -1));
  await ada.sees("Newest messages");
  await ada.press("Newest messages");
  await ada.press("Cut the network");
  await ada.post("Pending");
  await ada.page.getByLabel("Sending").waitFor();
  await ada.page.getByText("Message 1", { exact: true }).scrollIntoViewIfNeeded();
  await ada.sees("Newest messages");
  await post.mutate({ ...room, text: "Meanwhile" });
  await ada.press("Restore the network");

  await ada.seesMessages(...texts.slice(0, -1), "Meanwhile", "Pending");
  await ada.sees("1 new message");
});

test("The counter tells how much room is left, and a text that is too long is not sent", async () => {
  await using stage = await meetInTheLobby(browser, "Ada");
  const [ada] = stage.tabs;

  await ada.write("a".repeat(3_990));
  await ada.sees("10 characters left");
  await ada.write("a".repeat(4_001));
  await ada.sees("1 too many");

  expect(await ada.page.getByRole("button", { name: "Send" }).isDisabled()).toBe(true);
});
