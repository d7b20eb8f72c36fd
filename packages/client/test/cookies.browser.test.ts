import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { defineChannel } from "@shoal/contract";
import { createMemoryStore, initRealtime, serve, type User } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { openBrowser } from "../../../test/support/browser.ts";

const logger = { info() {}, warn() {}, error() {} };
const answer = z.object({ reader: z.string(), over: z.string() });

const shelf = defineChannel(
  "shelf",
  {
    params: z.object({}),
    state: z.object({}),
    events: { moved: z.object({}) },
    queries: { whole: { output: answer, large: true }, title: { output: answer } },
  },
  { initial: () => ({}), apply: { moved: (state) => state } },
);

let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
});

/** A web server of its own, of which each page sets a cookie. */
async function openWeb(page: () => string) {
  const server = createServer((_request, response) => {
    response.setHeader("content-type", "text/html").setHeader("set-cookie", "user=ann; SameSite=Lax").end(page());
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as { readonly port: number };
  return {
    origin: `http://localhost:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An API for pages of that origin, which knows its users by a cookie and tells each who they are. */
async function openApi(origin: string) {
  const t = initTRPC.context<{ user: User | null; over: string }>().create();
  const { serveChannel, createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const tell = ({ user, ctx }: { readonly user: User | null; readonly ctx: { readonly over: string } }) => ({
    reader: user?.id ?? "nobody",
    over: ctx.over,
  });
  const served = serveChannel(shelf, { authorizeQuery: () => true, queries: { whole: tell, title: tell } });
  const realtime = createRealtime({ channels: [served], store: createMemoryStore(), logger });
  const handle = await serve({
    router: t.router({ realtime: realtime.router }),
    port: 0,
    origins: [origin],
    createContext({ req }) {
      const [, id] = /user=(\w+)/.exec(req.headers.cookie ?? "") ?? [];
      return { user: id ? { id } : null, over: req.headers.upgrade ?? "http" };
    },
  });
  return {
    url: `${handle.url}/trpc`,
    async [Symbol.asyncDispose]() {
      await realtime.close();
      await handle.close();
    },
  };
}

const pageOf = (script: string, url: string) => `<!doctype html>
<output></output>
<script>${script.replaceAll("</script", "<\\/script")}</script>
<script>
  const plain = { "~standard": { version: 1, vendor: "page", validate: (value) => ({ value }) } };
  const shelf = shoal.defineChannel("shelf", {
    params: plain,
    state: plain,
    events: { moved: plain },
    queries: { whole: { output: plain, large: true }, title: { output: plain } },
  }, { initial: () => ({}), apply: { moved: (state) => state } });
  const client = shoal.createClient({ url: ${JSON.stringify(url)}, channels: [shelf], transport: "websocket" });
  const show = (answers) => { document.querySelector("output").textContent = JSON.stringify(answers); };
  Promise.all([client.shelf.query.title(), client.shelf.query.whole()]).then(show, (error) => show(String(error)));
</script>`;

test("A query whose answer may be large is of the same user as the WebSocket, whom a cookie tells to an API elsewhere", async () => {
  const script = await readFile(new URL("../dist/shoal.min.js", import.meta.url), "utf8");
  let url = "";
  await using web = await openWeb(() => pageOf(script, url));
  await using api = await openApi(web.origin);
  url = api.url;
  const tab = await browser.newPage();
  await tab.goto(web.origin);
  const shown = () => tab.locator("output").textContent();
  await expect.poll(shown, { timeout: 10_000 }).not.toBe("");
  expect(JSON.parse((await shown()) ?? "")).toEqual([
    { reader: "ann", over: "websocket" },
    { reader: "ann", over: "http" },
  ]);
  await tab.close();
});
