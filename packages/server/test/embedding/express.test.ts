import { createServer } from "node:http";
import type { User } from "@shoal/server";
import { createHTTPHandler } from "@shoal/server/sse";
import { applyWSSHandler, serverLimits } from "@shoal/server/ws";
import type { CreateExpressContextOptions } from "@trpc/server/adapters/express";
import express from "express";
import { expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { listenAt } from "../support/listen-at.ts";
import { createGuestBook, userOf } from "./support/guest-book.ts";
import { visit } from "./support/visit.ts";

test("An application of Express, with its own middlewares, serves channels over WebSocket and SSE", async () => {
  await using app = createGuestBook();
  const { router } = app;
  const asked: string[] = [];
  const web = express();
  web.disable("x-powered-by");
  web.use((req, res, next) => {
    asked.push(`${req.method} ${req.path}`);
    res.setHeader("x-request-id", String(asked.length));
    next();
  });
  web.use(express.json());
  web.use((req, res, next) => {
    res.locals.user = userOf(req.headers.cookie);
    next();
  });
  web.get("/me", (_req, res) => res.json(res.locals.user));
  web.use(
    "/trpc",
    createHTTPHandler({
      router,
      createContext: ({ res }: CreateExpressContextOptions) => ({ user: res.locals.user as User | null }),
    }),
  );
  const server = createServer(web);
  const wss = new WebSocketServer({ server, path: "/trpc", ...serverLimits });
  applyWSSHandler({ wss, router, createContext: ({ req }) => ({ user: userOf(req.headers.cookie) }) });
  await using at = await listenAt(server);
  const cut = (): void => {
    for (const client of wss.clients) client.terminate();
    server.closeAllConnections();
  };
  await visit({ url: at.url, webSocketUrl: at.webSocketUrl, cut });
  const me = await fetch(`http://127.0.0.1:${at.port}/me`, { headers: { cookie: "session=ann" } });
  expect(await me.json()).toEqual({ id: "ann" });
  expect(me.headers.get("x-request-id")).toBe(String(asked.length));
  expect(asked).toContain("GET /trpc/realtime.counter.watch");
  expect(asked).toContain("POST /trpc/realtime.counter.add");
});
