import { createServer } from "node:http";
import { createHTTPHandler } from "@shoal/server/sse";
import { applyWSSHandler, serverLimits } from "@shoal/server/ws";
import { expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { listenAt } from "../support/listen-at.ts";
import { createGuestBook, userOf } from "./support/guest-book.ts";
import { visit } from "./support/visit.ts";

test("A server of node:http, with pages of its own, serves channels over WebSocket and SSE", async () => {
  await using app = createGuestBook();
  const { router } = app;
  const createContext = ({ req }: { req: { headers: { cookie?: string | undefined } } }) => ({
    user: userOf(req.headers.cookie),
  });
  const api = createHTTPHandler({ router, basePath: "/trpc/", createContext });
  const server = createServer((req, res) => {
    if (req.url?.startsWith("/trpc/")) api(req, res);
    else res.end("A page.");
  });
  const wss = new WebSocketServer({ server, path: "/trpc", ...serverLimits });
  applyWSSHandler({ wss, router, createContext });
  await using at = await listenAt(server);
  const cut = (): void => {
    for (const client of wss.clients) client.terminate();
    server.closeAllConnections();
  };
  await visit({ url: at.url, webSocketUrl: at.webSocketUrl, cut });
  const page = await fetch(`http://127.0.0.1:${at.port}/`);
  expect(await page.text()).toBe("A page.");
});
