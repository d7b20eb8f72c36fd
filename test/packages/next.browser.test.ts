import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBrowser } from "../support/browser.ts";
import { execute } from "./support/execute.ts";
import { Program } from "./support/program.ts";
import { Project } from "./support/project.ts";
import { fixture } from "./support/root.ts";
import { temporaryFolder } from "./support/running.ts";

let browser: Browser;
let project: Project;

beforeAll(async () => {
  browser = await openBrowser();
  project = await Project.create({ next: "test/packages" });
  await project.add(fixture("next"));
  await execute(process.execPath, [project.path("node_modules/next/dist/bin/next"), "build"], project.folder, {
    NEXT_TELEMETRY_DISABLED: "1",
    NODE_ENV: "production",
  });
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await project?.[Symbol.asyncDispose]();
});

/** The built application, on a free port. */
async function startApplication(data: string) {
  const program = new Program(project.path("server.mjs"), {
    cwd: data,
    env: { PORT: "0", NEXT_TELEMETRY_DISABLED: "1" },
    before: fixture("run/tell-port.mjs"),
  });
  const url = `http://localhost:${await program.message()}`;
  return {
    url,
    vote: (pollId: string, yes: boolean) =>
      fetch(`${url}/trpc/realtime.poll.vote`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ pollId, yes }),
      }),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

/** What a page tells of itself while it is open: the kinds of all frames it gets, and everything that it complains of. */
function listenTo(page: Page) {
  const kinds: string[] = [];
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("websocket", (socket) => {
    socket.on("framereceived", ({ payload }) => {
      for (const [, kind] of String(payload).matchAll(/"kind":"(\w+)"/g)) kinds.push(kind ?? "");
    });
  });
  return { kinds, complaints };
}

describe("An application of Next.js", () => {
  test("renders a topic on the server, goes live from there without a second load, and does so on the next page", async () => {
    await using data = await temporaryFolder();
    await using application = await startApplication(data.path);
    await application.vote("lunch", true);
    await application.vote("dinner", false);

    const html = await (await fetch(`${application.url}/polls/lunch`)).text();
    expect(html).toContain("lunch: 1 of 1 say yes");

    const page = await browser.newPage();
    const { kinds, complaints } = listenTo(page);
    const button = page.getByRole("button");
    const shows = (text: string) => expect.poll(() => button.textContent(), { timeout: 10_000 }).toBe(text);
    await page.goto(`${application.url}/polls/lunch`);
    await shows("lunch: 1 of 1 say yes");
    await expect.poll(() => button.getAttribute("data-status"), { timeout: 10_000 }).toBe("live");
    await application.vote("lunch", false);
    await shows("lunch: 1 of 2 say yes");
    await button.click();
    await shows("lunch: 2 of 3 say yes");

    await page.getByRole("link").click();
    await shows("dinner: 0 of 1 say yes");
    await button.click();
    await shows("dinner: 1 of 2 say yes");

    expect(kinds).toEqual(["resumed", "events", "events", "resumed", "events"]);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
