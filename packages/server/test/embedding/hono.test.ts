import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type HttpBindings, type ServerType, serve } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { createHTTPHandler } from "@shoal/server/sse";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { Hono } from "hono";
import { expect, test } from "vitest";
import { createGuestBook, type GuestBook, userOf } from "./support/guest-book.ts";
import { visit } from "./support/visit.ts";

type Web = Hono<{ Bindings: HttpBindings }>;

/** As an application of Hono mounts a router wherever it runs: by `fetch`, which tRPC's own adapter answers. */
function mountByFetch(web: Web, { router }: GuestBook): void {
  web.all("/trpc/*", (c) =>
    fetchRequestHandler({
      endpoint: "/trpc",
      req: c.req.raw,
      router,
      createContext: ({ req }) => ({ user: userOf(req.headers.get("cookie")) }),
    }),
  );
}

/** As one does that runs on Node.js: by what Hono has of the request there. */
function mountOnNode(web: Web, { router }: GuestBook): void {
  const handler = createHTTPHandler({
    router,
    basePath: "/trpc/",
    createContext: ({ req }) => ({ user: userOf(req.headers.cookie) }),
  });
  web.all("/trpc/*", ({ env: { incoming, outgoing } }) => {
    handler(incoming, outgoing);
    return RESPONSE_ALREADY_SENT;
  });
}

test.each([
  ["by fetch", mountByFetch],
  ["on Node.js", mountOnNode],
])("An application of Hono, with its own middlewares, serves channels over SSE, %s", async (_how, mount) => {
  await using app = createGuestBook();
  const asked: string[] = [];
  const web: Web = new Hono();
  web.use(async (c, next) => {
    asked.push(`${c.req.method} ${c.req.path}`);
    await next();
  });
  web.get("/", (c) => c.text("A page."));
  mount(web, app);
  const server: ServerType = serve({ fetch: web.fetch, port: 0, hostname: "127.0.0.1" });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  const cut = (): void => {
    if ("closeAllConnections" in server) server.closeAllConnections();
  };
  await visit({ url: `http://127.0.0.1:${port}/trpc`, cut });
  const page = await fetch(`http://127.0.0.1:${port}/`);
  expect(await page.text()).toBe("A page.");
  expect(asked).toContain("GET /trpc/realtime.counter.watch");

  server.close();
  cut();
  await once(server, "close");
});
