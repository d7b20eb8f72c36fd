import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { system } from "@shoal/server";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "./browser.ts";
import { openTally, tally } from "./tally.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});

afterAll(() => browser.close());

/** What a page gets to see of an API elsewhere; what fails is told by its name. */
interface Seen {
  readonly query: unknown;
  readonly mutation: unknown;
  readonly webSocket: unknown;
  readonly events: unknown;
}

/** A web server of its own, with a page that has nothing on it and a cookie in it. */
async function openWeb() {
  const server = createServer((_req, res) => {
    res
      .writeHead(200, { "content-type": "text/html", "set-cookie": "user=ann; SameSite=Lax" })
      .end("<!doctype html><p>A page");
  });
  server.listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://localhost:${port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** In a page: asks in each way that a browser has, with its cookie, and waits for the first frame that counts one. */
async function askEverything(api: string): Promise<Seen> {
  const input = { tallyId: "home" };
  const address = (name: string) => `${api}/realtime.tally.${name}`;
  const query = (value: object) => `?input=${encodeURIComponent(JSON.stringify(value))}`;
  const nameOf = (error: unknown) => (error instanceof Error ? error.name : String(error));
  const asked = async (url: string, init: RequestInit): Promise<unknown> => {
    try {
      const response = await fetch(url, { credentials: "include", ...init });
      return [response.status, await response.json()];
    } catch (error) {
      return nameOf(error);
    }
  };
  const mutation = await asked(address("add"), {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer x", "x-trpc-source": "web" },
    body: JSON.stringify(input),
  });
  const webSocket = await new Promise((resolve) => {
    const socket = new WebSocket(api.replace("http", "ws"));
    const params = { path: "realtime.tally.watch", input };
    socket.onopen = () => socket.send(JSON.stringify({ id: 1, method: "subscription", params }));
    socket.onerror = () => resolve("error");
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data).result?.data?.data;
      if (frame) resolve(frame);
    };
  });
  const events = await new Promise((resolve) => {
    const source = new EventSource(address("watch") + query(input), { withCredentials: true });
    source.onmessage = ({ data }) => {
      source.close();
      resolve(JSON.parse(data));
    };
    source.onerror = () => {
      source.close();
      resolve("error");
    };
  });
  return { query: await asked(address("who"), {}), mutation, webSocket, events };
}

async function seenFrom(origin: string, api: string): Promise<Seen> {
  const context = await browser.newContext();
  try {
    const page: Page = await context.newPage();
    await page.goto(origin);
    return await page.evaluate(askEverything, api);
  } finally {
    await context.close();
  }
}

test("A page of an origin that is named uses the API elsewhere in every way, with its cookie", async () => {
  await using web = await openWeb();
  await using api = await openTally({ origins: [web.origin] });
  expect(await seenFrom(web.origin, api.url)).toEqual({
    query: [200, { result: { data: "ann" } }],
    mutation: [200, { result: { data: { ok: true, offset: 1 } } }],
    webSocket: expect.objectContaining({ kind: "snapshot", state: { count: 1 } }),
    events: expect.objectContaining({ kind: "snapshot", state: { count: 1 } }),
  });
});

test("A page of another origin sees nothing, and changes nothing", async () => {
  await using web = await openWeb();
  await using api = await openTally({ origins: ["https://app.example.com"] });
  const nothing = { query: "TypeError", mutation: "TypeError", webSocket: "error", events: "error" };
  expect(await seenFrom(web.origin, api.url)).toEqual(nothing);
  expect(await api.realtime.topic(tally, { tallyId: "home" }).as(system).state()).toEqual({ count: 0 });
});
