import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { defineChannel } from "@shoal/contract";
import { createMemoryStore, initRealtime, serve, type User } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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

/** An API for pages of that origin, which knows its users by a cookie or a token and tells each who they are. */
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
    createContext({ req, info }) {
      const { authorization = "", cookie = "", upgrade = "http" } = req.headers;
      const [, bearer = info.connectionParams?.token] = /^Bearer (.+)/.exec(authorization) ?? [];
      const [, id = bearer] = /user=(\w+)/.exec(cookie) ?? [];
      return { user: id ? { id } : null, over: upgrade };
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

const pageOf = (script: string, url: string, options: string) => `<!doctype html>
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
  const client = shoal.createClient({ url: ${JSON.stringify(url)}, channels: [shelf], transport: "websocket", ${options} });
  const show = (answers) => { document.querySelector("output").textContent = JSON.stringify(answers); };
  Promise.all([client.shelf.query.title(), client.shelf.query.whole()]).then(show, (error) => show(String(error)));
</script>`;

/** What a page with a cookie, of another origin than the API, is answered to a query that is not large, and to one that is. */
async function answersTo(options: string): Promise<unknown> {
  const script = await readFile(new URL("../dist/shoal.min.js", import.meta.url), "utf8");
  let url = "";
  await using web = await openWeb(() => pageOf(script, url, options));
  await using api = await openApi(web.origin);
  url = api.url;
  const tab = await browser.newPage();
  await tab.goto(web.origin);
  const shown = () => tab.locator("output").textContent();
  await expect.poll(shown, { timeout: 10_000 }).not.toBe("");
  const answers = JSON.parse((await shown()) ?? "");
  await tab.close();
  return answers;
}

const overSocket = { reader: "ann", over: "websocket" };

describe("A query whose answer may be large, of a page whose API is elsewhere,", () => {
  test("is of the same user as the WebSocket, whom a cookie tells", async () => {
    expect(await answersTo("")).toEqual([overSocket, { reader: "ann", over: "http" }]);
  });

  test("is asked over HTTP with a token, for which the browser asks whether it may be sent", async () => {
    expect(await answersTo('token: () => "ann"')).toEqual([overSocket, { reader: "ann", over: "http" }]);
  });

  test("is asked over the WebSocket where the browser may not send its headers", async () => {
    expect(await answersTo('headers: () => ({ "x-tab": "7" })')).toEqual([overSocket, overSocket]);
  });
});
