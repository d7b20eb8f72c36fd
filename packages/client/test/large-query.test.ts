import { setTimeout as delay } from "node:timers/promises";
import type { ShoalError } from "@shoal/contract";
import { afterEach, describe, expect, test, vi } from "vitest";
import { book, path, readAs, startBooks, userOf } from "./support/books.ts";
import { errorOf } from "./support/error-of.ts";
import { goOffline } from "./support/go-offline.ts";
import { inParts, slowNetwork } from "./support/slow-network.ts";
import { until } from "./support/until.ts";

const ulysses = { bookId: "ulysses" };
const page = "<html>It is not here.</html>";

/** All of an error but the id under which the log says more. */
function told(error: ShoalError | undefined): unknown {
  const { code, message, retryAfterMs, cause } = error ?? {};
  return JSON.parse(JSON.stringify({ code, message, retryAfterMs, cause }).replaceAll(/[0-9a-f-]{36}/g, "an id"));
}

afterEach(() => void vi.unstubAllGlobals());

describe("A query whose answer may be large, of a client with a WebSocket", () => {
  test("is asked over HTTP, with the token and the headers, and others over the socket", async () => {
    await using server = await startBooks();
    const headers: (string | null)[] = [];
    await using ann = readAs(server, "ann", {
      headers: () => ({ "x-tab": "7" }),
      fetch(url, init) {
        headers.push(new Headers(init.headers).get("x-tab"));
        return fetch(url, init);
      },
    });
    expect(await ann.book.query.whole({ ...ulysses, letters: 3_000_000 })).toMatchObject({ reader: "ann" });
    expect(await ann.book.query.title(ulysses)).toEqual({ title: "Ulysses" });
    expect(server.asked).toMatchObject([{ path, token: "ann" }]);
    expect(headers).toEqual(["7"]);
    expect(ann.overSocket()).toBe(0);
    expect(ann.network.inputs("realtime.book.title")).toHaveLength(1);
    expect(ann.connection.current).toMatchObject({ status: "open", transport: "websocket" });
  });

  test("goes through the application's transformer", async () => {
    const transformer = {
      serialize: (value: unknown) => ({ wrapped: JSON.stringify(value ?? null) }),
      deserialize: (value: { wrapped: string }) => JSON.parse(value.wrapped),
    };
    await using server = await startBooks({ transformer });
    await using ann = readAs(server, "ann", { transformer });
    expect(await ann.book.query.whole({ ...ulysses, letters: 2 })).toEqual({ text: "xx", reader: "ann" });
    expect(await errorOf(ann.book.query.whole({ bookId: "lent" }))).toMatchObject({ code: "CONFLICT" });
    expect(server.asked).toHaveLength(2);
  });

  test("holds up nothing while its answer is coming", async () => {
    await using server = await startBooks();
    const slow = slowNetwork();
    await using ann = readAs(server, "ann", { fetch: slow.fetch });
    const topic = ann.book(ulysses);
    topic.subscribe(() => {});
    await until(topic, ({ status }) => status === "live");
    let arrived = false;
    const whole = ann.book.query.whole({ ...ulysses, letters: 3_000_000 }).finally(() => {
      arrived = true;
    });
    await expect.poll(() => server.asked.length).toBe(1);
    await server.realtime.topic(book, ulysses).as({ id: "ben" }).send.turn({ to: 7 });
    await until(topic, ({ state }) => state?.page === 7);
    expect(await ann.book.query.title(ulysses)).toEqual({ title: "Ulysses" });
    expect(arrived).toBe(false);
    slow.letThrough();
    expect((await whole).text).toHaveLength(3_000_000);
  });

  test("may take longer than `timeoutMs`, as long as the answer is coming", async () => {
    await using server = await startBooks();
    const fetch = inParts(10, () => delay(100));
    await using ann = readAs(server, "ann", { timeoutMs: 800, fetch });
    await until(ann.book(ulysses), ({ status }) => status === "live");
    const began = performance.now();
    expect((await ann.book.query.whole({ ...ulysses, letters: 100_000 })).text).toHaveLength(100_000);
    expect(performance.now() - began).toBeGreaterThan(800);
  });

  test("times out when the answer comes no further", async () => {
    await using server = await startBooks();
    const slow = slowNetwork();
    await using ann = readAs(server, "ann", { timeoutMs: 300, fetch: slow.fetch });
    expect(await errorOf(ann.book.query.whole(ulysses))).toMatchObject({
      code: "TIMEOUT",
      message: expect.stringContaining("was not answered"),
    });
    slow.letThrough();
  });

  test("waits for the connection like any other, and then is asked over HTTP", async () => {
    await using server = await startBooks();
    await using ann = readAs(server, "ann");
    ann.network.online = false;
    const whole = ann.book.query.whole(ulysses);
    await until(ann.connection, ({ status }) => status === "reconnecting");
    expect(server.asked).toEqual([]);
    ann.network.online = true;
    ann.connection.retry();
    expect(await whole).toMatchObject({ reader: "ann" });
    expect(server.asked).toHaveLength(1);
  });

  test("does not end with the connection over which nothing of it travels", async () => {
    await using server = await startBooks();
    const slow = slowNetwork();
    await using ann = readAs(server, "ann", { fetch: slow.fetch });
    const whole = ann.book.query.whole(ulysses);
    await expect.poll(() => server.asked.length).toBe(1);
    await goOffline(ann, server);
    slow.letThrough();
    expect(await whole).toMatchObject({ reader: "ann" });
  });

  test("is waited for by close()", async () => {
    await using server = await startBooks();
    const slow = slowNetwork();
    const ann = readAs(server, "ann", { fetch: slow.fetch });
    const whole = ann.book.query.whole(ulysses);
    await expect.poll(() => server.asked.length).toBe(1);
    let closed = false;
    const closing = ann.close().then(() => {
      closed = true;
    });
    expect(await errorOf(ann.book.query.whole(ulysses))).toMatchObject({ code: "CLOSED" });
    expect(closed).toBe(false);
    slow.letThrough();
    expect(await whole).toMatchObject({ reader: "ann" });
    await closing;
  });

  test("is given up by its signal, and the server hears of that", async () => {
    await using server = await startBooks();
    await using ann = readAs(server, "ann");
    const given = new AbortController();
    await until(ann.book(ulysses), ({ status }) => status === "live");
    // More than the buffers of a connection hold, of which nobody takes anything any more.
    const whole = ann.book.query.whole({ ...ulysses, letters: 60_000_000 }, { signal: given.signal });
    await expect.poll(() => server.asked.length).toBe(1);
    given.abort(new Error("not needed"));
    await expect(whole).rejects.toThrow("not needed");
    await expect.poll(() => server.asked[0]?.gone).toBe(true);
    expect(ann.overSocket()).toBe(0);
  });

  test.each(["burnt", "lent", "secret", 7])(
    "fails with what the server says, as over the socket: %s",
    async (bookId) => {
      await using server = await startBooks();
      await using ann = readAs(server, "ann");
      await using ben = readAs(server, "ben", { fetch: () => Promise.reject(new TypeError("There is no HTTP.")) });
      const [over, same] = await Promise.all(
        [ann, ben].map((client) => errorOf(client.book.query.whole({ bookId: bookId as string }))),
      );
      expect(told(over)).toEqual(told(same));
      expect(ben.overSocket()).toBe(1);
    },
  );

  test("tells when to try again, where a rate limits it", async () => {
    await using server = await startBooks({ queriesPerMinute: 1 });
    await using ann = readAs(server, "ann");
    await ann.book.query.whole(ulysses);
    const { code, retryAfterMs } = await errorOf(ann.book.query.whole(ulysses));
    expect(code).toBe("TOO_MANY_REQUESTS");
    expect(retryAfterMs).toBeGreaterThan(0);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
    expect(server.asked).toHaveLength(2);
    expect(ann.overSocket()).toBe(0);
  });
});

describe("Where HTTP does not lead to the server, a query whose answer may be large is asked over the socket, once:", () => {
  test.each([
    ["an application that mounted only the WebSocket", 404, page],
    ["a proxy that refuses the address for its length", 414, page],
    ["a proxy that finds no server", 502, page],
    ["a page that answers everything", 200, page],
    ["another router", 404, JSON.stringify({ error: { message: "No such procedure.", data: { code: "NOT_FOUND" } } })],
  ])("%s", async (_, status, body) => {
    await using server = await startBooks({ http: (_request, response) => response.writeHead(status).end(body) });
    await using ann = readAs(server, "ann");
    expect(await ann.book.query.whole(ulysses)).toMatchObject({ reader: "ann" });
    expect(server.asked).toMatchObject([{ path }]);
    expect(ann.overSocket()).toBe(1);
  });

  test("an answer that breaks off", async () => {
    await using server = await startBooks({
      http(_request, response) {
        response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
        response.write('{"result":', () => response.destroy());
      },
    });
    await using ann = readAs(server, "ann");
    expect(await ann.book.query.whole(ulysses)).toMatchObject({ reader: "ann" });
    expect(ann.overSocket()).toBe(1);
  });

  test("an input that makes the address longer than Node takes it", async () => {
    await using server = await startBooks();
    await using ann = readAs(server, "ann");
    expect(await ann.book.query.whole({ ...ulysses, note: "x".repeat(20_000) })).toMatchObject({ reader: "ann" });
    expect(server.asked).toEqual([]);
    expect(ann.overSocket()).toBe(1);
  });

  test("an application that takes tokens only on its sockets", async () => {
    await using server = await startBooks({ overHttp: () => null });
    await using ann = readAs(server, "ann");
    expect(await ann.book.query.whole(ulysses)).toMatchObject({ reader: "ann" });
    expect(ann.overSocket()).toBe(1);
  });

  test("a platform without `fetch`", async () => {
    await using server = await startBooks();
    vi.stubGlobal("fetch", undefined);
    await using ann = readAs(server, "ann");
    expect(await ann.book.query.whole(ulysses)).toMatchObject({ reader: "ann" });
    expect(server.asked).toEqual([]);
  });

  test("and where the connection is lost meanwhile, it fails as everything does that was under way", async () => {
    await using server = await startBooks();
    let fail = (): void => {};
    const failing = new Promise<never>((_, reject) => {
      fail = () => reject(new TypeError("There is no network."));
    });
    let asked = false;
    await using ann = readAs(server, "ann", {
      fetch() {
        asked = true;
        return failing;
      },
    });
    const whole = errorOf(ann.book.query.whole(ulysses));
    await expect.poll(() => asked).toBe(true);
    await goOffline(ann, server);
    fail();
    expect(await whole).toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    ann.network.online = true;
    ann.connection.retry();
    await until(ann.connection, ({ status }) => status === "open");
    await ann.book.query.title(ulysses);
    expect(ann.overSocket()).toBe(0);
  });
});

test("Over SSE a query whose answer may be large is asked as any other", async () => {
  await using server = await startBooks({ overHttp: (token) => (token === "ann" ? userOf(token) : null) });
  await using ann = readAs(server, "ann", { transport: "sse" });
  expect(await ann.book.query.whole(ulysses)).toMatchObject({ reader: "ann" });
  expect(server.asked.filter((asked) => asked.path === path)).toHaveLength(1);
});
