import { createClient } from "@shoal/client";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "../../../test/support/browser.ts";
import { until } from "../../client/test/support/until.ts";
import { board } from "./pages/board.ts";
import type { Mounts } from "./pages/strict.tsx";
import { startPageServer } from "./support/page-server.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
});

/** What a page asks for over its sockets, message by message. */
function listenToSockets(page: Page): string[] {
  const asked: string[] = [];
  page.on("websocket", (socket) => {
    socket.on("framesent", ({ payload }) => {
      for (const { method, params } of [JSON.parse(String(payload))].flat()) {
        if (method !== "query") asked.push([method, params?.path].filter(Boolean).join(" "));
      }
    });
  });
  return asked;
}

function mountsOf(page: Page): Promise<Mounts> {
  return page.evaluate(() => (globalThis as unknown as { mounts: () => Mounts }).mounts());
}

test("A component that React mounts twice subscribes once, is one member, and leaves once", async () => {
  await using server = await startPageServer("strict.tsx", "development");
  const observer = createClient({ url: `${server.url}trpc`, channels: [board] });
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => observer.close());
  const topic = observer.board({});
  const seen: number[] = [];
  cleanup.defer(topic.subscribe(() => seen.push(topic.current.members.length)));
  await until(topic, ({ status }) => status === "live");
  const page = await browser.newPage();
  cleanup.defer(() => page.close());
  const asked = listenToSockets(page);

  await page.goto(server.url);
  await page.getByText("1 of us look at 50 values").waitFor();
  expect(await mountsOf(page)).toEqual({ mounted: 2, unmounted: 1 });
  expect(asked).toEqual(["subscription realtime.board.watch"]);
  await until(topic, ({ members }) => members.length === 1);
  await page.getByRole("button", { name: "Leave" }).click();
  await until(topic, ({ members }) => members.length === 0);

  expect(seen.filter((count, index) => count !== seen[index - 1])).toEqual([0, 1, 0]);
  await page.getByRole("button", { name: "Come" }).click();
  await until(topic, ({ members }) => members.length === 1);
  expect(server.sockets.size).toBe(2);
});
