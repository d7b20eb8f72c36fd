import { afterEach, describe, expect, test, vi } from "vitest";
import { createClient } from "../../src/client.ts";
import { connect } from "../support/connect.ts";
import { channels, startServer, type TestServer } from "../support/server.ts";
import { heard, until } from "../support/until.ts";

const home = { counterId: "home" };

function doNothing(): void {}

/** A client that keeps a list of the sockets that it tried, and of what it asked over HTTP. */
function watched(server: TestServer, options: Parameters<typeof connect>[2] = {}, token: string | null = "ann") {
  const asked: { readonly url: URL; readonly headers: Headers }[] = [];
  let sockets = 0;
  const client = connect(server, token, {
    WebSocket: class extends WebSocket {
      constructor(url: string | URL) {
        sockets += 1;
        super(url);
      }
    },
    fetch(url, init) {
      asked.push({ url: new URL(url), headers: new Headers(init.headers) });
      return fetch(url, init);
    },
    ...options,
  });
  return Object.assign(client, {
    asked,
    sockets: () => sockets,
    /** The inputs of all its watches, oldest first. */
    watches: () =>
      asked
        .filter(({ url }) => url.pathname.endsWith("counter.watch"))
        .map(({ url }) => JSON.parse(url.searchParams.get("input") ?? "null")),
  });
}

afterEach(() => void vi.unstubAllGlobals());

describe("Over SSE, by choice, a client", () => {
  test("follows topics, sends commands, asks queries, shows presence and cheers, without any socket", async () => {
    await using server = await startServer();
    await using ann = watched(server, { transport: "sse" });
    await using bob = connect(server, "bob");
    const topic = ann.counter(home);
    topic.presence.set({ typing: true });
    topic.subscribe(doNothing);
    await until(topic, ({ status }) => status === "live");
    expect(ann.connection.current).toMatchObject({ status: "open", transport: "sse" });
    expect(await topic.send.add({ by: 3 })).toEqual({ ok: true, offset: 1 });
    expect(await topic.send.add({ by: 101 })).toMatchObject({ ok: false, reason: "TOO_LARGE" });
    expect(await ann.counter.query.double({ of: 4 })).toEqual({ result: 8 });
    const cheered = heard(bob.counter(home).onBroadcast, () => true);
    await until(bob.counter(home), ({ members: [member] }) => member?.id === "ann");
    await topic.broadcast.cheer({ emoji: "🎉" });
    expect(await cheered).toMatchObject({ data: { emoji: "🎉" }, from: { id: "ann" } });
    await bob.counter(home).send.add({ by: 4 });
    expect(await until(topic, ({ offset }) => offset === 2)).toMatchObject({ state: { history: [3, 4] } });
    expect(ann.sockets()).toBe(0);
  });

  test("brings its token in a header, and never in the address", async () => {
    await using server = await startServer();
    await using ann = watched(server, { transport: "sse", headers: async () => ({ "x-tab": "7" }) }, "ann");
    await ann.counter(home).send.add({ by: 1 });
    await until(ann.counter(home), ({ status }) => status === "live");
    expect(ann.asked.length).toBeGreaterThan(2);
    for (const { url, headers } of ann.asked) {
      expect(headers.get("authorization")).toBe("Bearer ann");
      expect(headers.get("x-tab")).toBe("7");
      expect(url.href).not.toContain("ann");
    }
  });

  test("goes on where it was after the connection is lost, and misses nothing", async () => {
    await using server = await startServer();
    await using ann = watched(server, { transport: "sse" });
    await using bob = connect(server, "bob");
    const topic = ann.counter(home);
    topic.subscribe(doNothing);
    await bob.counter(home).send.add({ by: 1 });
    await until(topic, ({ offset }) => offset === 1);
    server.cut();
    await until(topic, ({ status }) => status === "reconnecting");
    await bob.counter(home).send.add({ by: 2 });
    expect(await until(topic, ({ offset }) => offset === 2)).toMatchObject({ state: { history: [1, 2] } });
    const positions = ann.watches().map(({ lastEventId }) => typeof lastEventId);
    expect(positions[0]).toBe("undefined");
    expect(new Set(positions.slice(1))).toEqual(new Set(["string"]));
  });

  test("comes back to a server that was started again", async () => {
    const first = await startServer();
    await using ann = watched(first, { transport: "sse" });
    const topic = ann.counter(home);
    topic.subscribe(doNothing);
    await until(topic, ({ status }) => status === "live");
    await first.close();
    await until(ann.connection, ({ status }) => status === "reconnecting");
    await using second = await startServer({ port: first.port });
    await until(topic, ({ status }) => status === "live");
    expect(second.port).toBe(first.port);
  });

  test("is refused as over a socket", async () => {
    await using server = await startServer();
    await using nobody = watched(server, { transport: "sse" }, "nobody");
    const topic = nobody.counter(home);
    topic.subscribe(doNothing);
    expect(await until(topic, ({ status }) => status === "failed")).toMatchObject({ error: { code: "UNAUTHORIZED" } });
    expect(nobody.connection.current).toMatchObject({ status: "failed", error: { code: "UNAUTHORIZED" } });
    await using stranger = watched(server, { transport: "sse" }, null);
    const refused = await until(stranger.counter(home), ({ status }) => status === "failed");
    expect(refused).toMatchObject({ error: { code: "UNAUTHORIZED" } });
    expect(stranger.connection.current.status).toBe("open");
  });

  test("speaks through the application's transformer", async () => {
    const transformer = {
      serialize: (value: unknown) => ({ wrapped: JSON.stringify(value ?? null) }),
      deserialize: (value: { wrapped: string }) => JSON.parse(value.wrapped),
    };
    await using server = await startServer({ transformer });
    await using ann = watched(server, { transport: "sse", transformer });
    const topic = ann.counter(home);
    topic.subscribe(doNothing);
    expect(await topic.send.add({ by: 101 })).toMatchObject({ reason: "TOO_LARGE" });
    await topic.send.add({ by: 2 });
    expect(await until(topic, ({ offset }) => offset === 1)).toMatchObject({ state: { value: 2 } });
    await expect(topic.send.add({ by: 0.5 })).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });

  test("leaves when it is closed", async () => {
    await using server = await startServer();
    const ann = watched(server, { transport: "sse" });
    await using bob = connect(server, "bob");
    const topic = ann.counter(home);
    topic.presence.set({ typing: true });
    topic.subscribe(doNothing);
    const seen = bob.counter(home);
    seen.subscribe(doNothing);
    await until(seen, ({ members }) => members.length === 1);
    await ann.close();
    await until(seen, ({ members }) => members.length === 0);
  });
});

describe("Where sockets do not get through, a client", () => {
  test("goes over HTTP, once it has found that out, and does not try again", async () => {
    await using server = await startServer({ sockets: false });
    await using ann = watched(server);
    const topic = ann.counter(home);
    topic.subscribe(doNothing);
    await topic.send.add({ by: 1 });
    await until(topic, ({ status, offset }) => status === "live" && offset === 1);
    // Two before, and one beside the first that was open over HTTP.
    await expect.poll(ann.sockets).toBe(3);
    server.cut();
    await until(topic, ({ status }) => status === "reconnecting");
    await topic.send.add({ by: 2 });
    await until(topic, ({ status, offset }) => status === "live" && offset === 2);
    expect(ann.connection.current).toMatchObject({ status: "open", transport: "sse" });
    expect(ann.sockets()).toBe(3);
  });

  test("goes on trying sockets when it is told to", async () => {
    await using server = await startServer({ sockets: false });
    await using ann = watched(server, { transport: "websocket" });
    ann.counter(home).subscribe(doNothing);
    await expect.poll(ann.sockets, { timeout: 4_000 }).toBeGreaterThanOrEqual(2);
    expect(ann.asked).toEqual([]);
  });

  test("remembers it for the tab, for an hour", async () => {
    vi.stubGlobal("sessionStorage", tabStorage());
    await using server = await startServer({ sockets: false });
    {
      await using first = watched(server);
      await until(first.counter(home), ({ status }) => status === "live");
      await expect.poll(first.sockets).toBe(3);
      await expect.poll(() => sessionStorage.length).toBe(1);
    }
    await using second = watched(server);
    await until(second.counter(home), ({ status }) => status === "live");
    expect(second.sockets()).toBe(0);
    const key = sessionStorage.key(0) ?? "";
    const rest = Number(sessionStorage.getItem(key)) - Date.now();
    expect(rest).toBeGreaterThan(3_500_000);
    sessionStorage.setItem(key, String(Date.now() - 1));
    await using third = watched(server);
    third.counter(home).subscribe(doNothing);
    await expect.poll(third.sockets).toBeGreaterThan(0);
  });
});

test("Where there are no WebSockets at all, a client goes over HTTP from the start", async () => {
  await using server = await startServer();
  vi.stubGlobal("WebSocket", undefined);
  const ann = createClient({ url: server.url, channels, token: () => "ann" });
  await until(ann.counter(home), ({ status }) => status === "live");
  expect(ann.connection.current).toMatchObject({ transport: "sse" });
  await ann.close();
});

/** What a browser keeps for a tab. */
function tabStorage() {
  const items = new Map<string, string>();
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    key: (index: number) => [...items.keys()][index] ?? null,
    get length() {
      return items.size;
    },
  };
}
