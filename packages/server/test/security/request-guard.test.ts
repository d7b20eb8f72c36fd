import { createServer, type RequestListener } from "node:http";
import {
  createMemoryStore,
  initRealtime,
  type RequestGuardOptions,
  requestGuard,
  type ServerOptions,
  serve,
} from "@shoal/server";
import { createHTTPHandler as createStreamingHandler } from "@shoal/server/sse";
import { applyWSSHandler } from "@shoal/server/ws";
import { initTRPC } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import superjson from "superjson";
import { describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { listenAt } from "../support/listen-at.ts";
import { quiet } from "../support/quiet.ts";
import { inTime } from "../support/recorder.ts";
import { upgrade } from "../support/upgrade.ts";

const page = "https://app.example.com";
const evil = "https://evil.example";
const secret = "s3cr3t-token";

type Told = { readonly heard: unknown[]; readonly changes: number };

/** A router with a query, a mutation and a stream, that tells who came so far. */
function createRouter() {
  const t = initTRPC.context<{ user: string }>().create({ transformer: superjson, isDev: true });
  const told = { heard: [] as unknown[], changes: 0 };
  const { createRealtime } = initRealtime({ t, user: () => null });
  const realtime = createRealtime({ channels: [], store: createMemoryStore(), logger: quiet });
  const router = t.router({
    realtime: realtime.router,
    read: t.procedure.query(({ ctx }) => ctx.user),
    change: t.procedure.mutation(() => {
      told.changes += 1;
      return told.changes;
    }),
    stream: t.procedure.subscription(async function* () {
      yield "first";
    }),
  });
  const createContext = ({ req }: { readonly req: { readonly url?: string | undefined } }) => {
    told.heard.push(req.url);
    return { user: "ann" };
  };
  const onError = (fault: unknown) => {
    told.heard.push(fault);
  };
  return { router, createContext, onError, told };
}

type Guarded = Omit<RequestGuardOptions, "router">;

/** The API behind `serve`. */
async function byServe(options: Guarded) {
  const { router, createContext, told } = createRouter();
  const more: Partial<ServerOptions<typeof router>> = options;
  const handle = await serve({ router, createContext, port: 0, host: "127.0.0.1", ...more });
  const { port } = handle;
  return {
    told,
    url: `http://127.0.0.1:${port}/trpc`,
    webSocketUrl: `ws://127.0.0.1:${port}/trpc`,
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

/** The API on a server of the application's own, with the guard as a middleware of tRPC's handler, or before it. */
async function byHand(options: Guarded, asMiddleware: boolean) {
  const { router, createContext, onError, told } = createRouter();
  const guard = requestGuard({ router, ...options });
  const api = createHTTPHandler({
    router,
    createContext,
    onError,
    basePath: "/trpc/",
    ...(asMiddleware && { middleware: guard.http as never }),
  });
  const guarded: RequestListener = (req, res) => guard.http(req, res, () => api(req, res));
  const listening = await listenAt(createServer(asMiddleware ? api : guarded));
  const wss = new WebSocketServer({ server: listening.server, path: "/trpc", verifyClient: guard.verifyClient });
  applyWSSHandler({ wss, router, createContext, onError });
  return { told, ...listening };
}

const servers: [
  string,
  (options: Guarded) => Promise<{ told: Told; url: string; webSocketUrl: string } & AsyncDisposable>,
][] = [
  ["serve", byServe],
  ["a server of one's own, before tRPC's handler", (options) => byHand(options, false)],
  ["a server of one's own, within tRPC's handler", (options) => byHand(options, true)],
];

const json = { "content-type": "application/json" };

describe.each(servers)("By %s", (_how, start) => {
  test("a page elsewhere neither reads nor changes anything, with a cookie or without, and hears of the option", async () => {
    await using app = await start({});
    for (const cookie of [{}, { cookie: "session=1" }]) {
      for (const origin of [{ origin: evil }, { origin: "null" }, { "sec-fetch-site": "cross-site" }]) {
        const headers = { ...json, ...cookie, ...origin } as Record<string, string>;
        for (const [path, method] of [
          ["read", "GET"],
          ["stream", "GET"],
          ["change", "POST"],
          ["change", "OPTIONS"],
        ]) {
          const response = await fetch(`${app.url}/${path}`, { method: method as string, headers });
          expect(response.status).toBe(403);
          expect(response.headers.get("access-control-allow-origin")).toBeNull();
          const { error } = (await response.json()) as { error: { json: object } };
          expect(error.json).toMatchObject({
            message: expect.stringContaining('option "origins"'),
            data: { code: "FORBIDDEN", httpStatus: 403 },
          });
          expect(error.json).not.toMatchObject({ data: { stack: expect.anything() } });
        }
        if (!("origin" in origin)) continue;
        const refused = await upgrade(app.webSocketUrl, { ...cookie, ...origin });
        expect(refused).toMatchObject({ status: 403, body: expect.stringContaining('option "origins"') });
        expect(refused.headers).toMatchObject({ "content-type": "text/plain; charset=utf-8" });
      }
    }
    expect(app.told).toEqual({ heard: [], changes: 0 });
  });

  test("a page of the host itself, and who is no browser, may do everything", async () => {
    await using app = await start({});
    const { origin } = new URL(app.url);
    for (const headers of [{ origin }, { "sec-fetch-site": "same-origin" }, {}, { cookie: "session=1" }]) {
      const sent = { ...json, ...headers } as Record<string, string>;
      const read = await fetch(`${app.url}/read`, { headers: sent });
      expect(await read.json()).toEqual({ result: { data: { json: "ann" } } });
      expect(read.headers.get("vary")?.split(", ")).toEqual(
        expect.arrayContaining(["trpc-accept", "accept", "Origin"]),
      );
      expect(read.headers.get("access-control-allow-origin")).toBeNull();
      expect((await fetch(`${app.url}/change`, { method: "POST", headers: sent })).status).toBe(200);
      expect((await upgrade(app.webSocketUrl, sent)).status).toBe(101);
    }
    expect(app.told.changes).toBe(4);
  });

  test("a page of an origin that is named may do everything, and read the answers", async () => {
    await using app = await start({ origins: [page] });
    for (const path of ["read", "stream", "nothing"]) {
      const response = await fetch(`${app.url}/${path}`, { headers: { origin: page, cookie: "session=1" } });
      expect(Object.fromEntries(response.headers)).toMatchObject({
        "access-control-allow-origin": page,
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": "Retry-After",
        vary: expect.stringMatching(/\bOrigin$/),
      });
      await response.text();
    }
    const changed = await fetch(`${app.url}/change`, { method: "POST", headers: { ...json, origin: page } });
    expect([changed.status, changed.headers.get("access-control-allow-origin")]).toEqual([200, page]);
    expect((await upgrade(app.webSocketUrl, { origin: page })).status).toBe(101);
    expect((await fetch(`${app.url}/read`, { headers: { origin: evil } })).status).toBe(403);
  });

  test("a preflight request is answered with the methods, and with those of the headers that may be sent", async () => {
    await using app = await start({ origins: [page], allowedHeaders: ["X-Team"] });
    const asked = "authorization,content-type,last-event-id,trpc-accept,trpc-batch-mode,x-trpc-source,x-team,x-other";
    const preflight = (origin: string) =>
      fetch(`${app.url}/change`, {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": asked },
      });
    const response = await preflight(page);
    expect(response.status).toBe(204);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "access-control-allow-origin": page,
      "access-control-allow-methods": "GET, POST",
      "access-control-allow-headers": asked.split(",").slice(0, -1).join(", "),
      "access-control-max-age": "600",
      vary: "Access-Control-Request-Headers, Origin",
    });
    expect((await preflight(evil)).headers.get("access-control-allow-methods")).toBeNull();
    expect(app.told).toEqual({ heard: [], changes: 0 });
  });

  test.each(["token", "access_token", "jwt", "connectionParams"])(
    "a token in the address is refused, and nobody hears it: %s",
    async (name) => {
      await using app = await start({ origins: [page] });
      const query = `?${name}=${encodeURIComponent(JSON.stringify({ token: secret }))}`;
      for (const [path, method] of [
        ["read", "GET"],
        ["stream", "GET"],
        ["change", "POST"],
      ]) {
        const headers = { ...json, origin: page };
        const response = await fetch(`${app.url}/${path}${query}`, { method: method as string, headers });
        expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([400, page]);
        const text = await response.text();
        expect(JSON.parse(text).error.json).toMatchObject({
          message: expect.stringContaining(`"${name}"`),
          data: { code: "BAD_REQUEST" },
        });
        expect(text).not.toContain(secret);
      }
      const refused = await upgrade(app.webSocketUrl + query);
      expect(refused).toMatchObject({ status: 400, body: expect.stringContaining(`"${name}"`) });
      expect(refused.body).not.toContain(secret);
      expect(app.told).toEqual({ heard: [], changes: 0 });
      expect((await upgrade(`${app.webSocketUrl}?connectionParams=1`)).status).toBe(101);
    },
  );
});

test("createHTTPHandler of Shoal refuses a token in the address by itself", async () => {
  const { router, createContext, onError, told } = createRouter();
  await using app = await listenAt(
    createServer(createStreamingHandler({ router, createContext, onError, basePath: "/trpc/" })),
  );
  for (const path of ["read", "stream"]) {
    const response = await fetch(`${app.url}/${path}?connectionParams=${encodeURIComponent(`{"token":"${secret}"}`)}`);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("connectionParams");
  }
  expect(told.heard).toEqual([]);
  expect((await fetch(`${app.url}/read`)).status).toBe(200);
});

describe("applyWSSHandler by itself", () => {
  async function startHandler(options: Guarded) {
    const { router, createContext, onError, told } = createRouter();
    const listening = await listenAt(createServer());
    const wss = new WebSocketServer({ server: listening.server, path: "/trpc" });
    applyWSSHandler({ wss, router, createContext, onError, ...options });
    return { told, ...listening };
  }

  const closeOf = (url: string, origin?: string) =>
    inTime(
      new Promise<[number, string]>((resolve) => {
        const socket = new WebSocket(url, origin === undefined ? {} : { origin });
        // What it still sends is for nobody, whatever it is.
        socket.on("open", () => socket.send(Buffer.from([0xff, 0xfe])));
        socket.on("close", (code, reason) => resolve([code, String(reason)]));
      }),
      "the connection to be closed",
    );

  test("closes a connection of a page elsewhere with 4003, and names the option", async () => {
    await using app = await startHandler({});
    expect(await closeOf(app.webSocketUrl, evil)).toEqual([4003, expect.stringContaining('"origins"')]);
    expect(app.told.heard).toEqual([]);
  });

  test("closes a connection with a token in its address with 4003", async () => {
    await using app = await startHandler({});
    const [code, reason] = await closeOf(`${app.webSocketUrl}?token=${secret}`);
    expect([code, reason]).toEqual([4003, expect.stringContaining("no token in the address")]);
    expect(app.told.heard).toEqual([]);
  });

  test.each([undefined, page])("serves %s", async (origin) => {
    await using app = await startHandler({ origins: [page] });
    const socket = new WebSocket(app.webSocketUrl, origin === undefined ? {} : { origin });
    await using cleanup = new AsyncDisposableStack();
    cleanup.defer(() => socket.terminate());
    const answered = new Promise((resolve) => socket.on("message", (data) => resolve(JSON.parse(String(data)))));
    socket.on("open", () =>
      socket.send(JSON.stringify({ id: 1, method: "query", params: { path: "read", input: {} } })),
    );
    expect(await inTime(answered, "an answer")).toMatchObject({ result: { data: { json: "ann" } } });
  });
});
