import type { AddressInfo } from "node:net";
import { createHTTPHandler } from "@shoal/server/sse";
import { applyWSSHandler, serverLimits } from "@shoal/server/ws";
import fastify from "fastify";
import { expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { createGuestBook, userOf } from "./support/guest-book.ts";
import { visit } from "./support/visit.ts";

test("An application of Fastify, with its own hooks, serves channels over WebSocket and SSE", async () => {
  await using app = createGuestBook();
  const { router } = app;
  const createContext = ({ req }: { req: { headers: { cookie?: string | undefined } } }) => ({
    user: userOf(req.headers.cookie),
  });
  const asked: string[] = [];
  const web = fastify({ forceCloseConnections: true });
  web.addHook("onRequest", async ({ method, url }) => {
    asked.push(`${method} ${url.split("?", 1)[0]}`);
  });
  web.post("/upper", async ({ body }) => ({ text: (body as { text: string }).text.toUpperCase() }));
  const handler = createHTTPHandler({ router, basePath: "/trpc/", createContext });
  await web.register(
    async (api) => {
      // tRPC reads bodies by itself.
      api.removeAllContentTypeParsers();
      api.addContentTypeParser("*", (_request, _payload, done) => done(null));
      api.all("/*", (request, reply) => {
        reply.hijack();
        handler(request.raw, reply.raw);
      });
    },
    { prefix: "/trpc" },
  );
  await web.listen({ port: 0, host: "127.0.0.1" });
  const wss = new WebSocketServer({ server: web.server, path: "/trpc", ...serverLimits });
  applyWSSHandler({ wss, router, createContext });
  const { port } = web.server.address() as AddressInfo;

  const cut = (): void => {
    for (const client of wss.clients) client.terminate();
    web.server.closeAllConnections();
  };
  await visit({ url: `http://127.0.0.1:${port}/trpc`, webSocketUrl: `ws://127.0.0.1:${port}/trpc`, cut });
  const answer = await fetch(`http://127.0.0.1:${port}/upper`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"text":"shoal"}',
  });
  expect(await answer.json()).toEqual({ text: "SHOAL" });
  expect(asked).toContain("GET /trpc/realtime.counter.watch");

  cut();
  await web.close();
});
