import { describe, expect, test } from "vitest";
import { until } from "../support/until.ts";
import { follow } from "./support/follow.ts";
import { linkTo } from "./support/link-to.ts";
import { startRawServer } from "./support/raw-server.ts";

const isRequest = ({ id }: { readonly id?: number }) => id !== undefined;

/** A link that is open, and the server's end of it. */
async function opened(...args: Parameters<typeof linkTo> | []) {
  const server = await startRawServer();
  const link = linkTo(server.url, args[1] ?? {});
  link.connection.retry();
  const socket = await server.socket(1);
  await until(link.connection, ({ status }) => status === "open");
  return {
    server,
    link,
    socket,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await link.close();
    },
  };
}

describe("Requests", () => {
  test("of one turn leave as one message, those that waited for the connection, too", async () => {
    await using server = await startRawServer();
    await using link = linkTo(server.url, { token: () => "ann" });
    const answers = [link.query("a", { n: 1 }), link.mutate("b", { n: 2 })];
    const subscription = follow(link, "c", { n: 3 });
    const socket = await server.socket(1);
    await until(socket.texts, ({ length }) => length === 2);
    expect(JSON.parse(socket.texts.current[0] ?? "")).toEqual({ method: "connectionParams", data: { token: "ann" } });
    expect(JSON.parse(socket.texts.current[1] ?? "")).toEqual([
      { id: 1, method: "query", params: { path: "a", input: { n: 1 } } },
      { id: 2, method: "mutation", params: { path: "b", input: { n: 2 } } },
      { id: 3, method: "subscription", params: { path: "c", input: { n: 3 } } },
    ]);
    socket.answer(2, "two");
    socket.answer(1, "one");
    expect(await Promise.all(answers)).toEqual(["one", "two"]);
    subscription.stop();
    void link.query("d", {}).catch(() => {});
    await until(socket.texts, ({ length }) => length === 3);
    expect(JSON.parse(socket.texts.current[2] ?? "")).toMatchObject([
      { id: 3, method: "subscription.stop" },
      { id: 1 },
    ]);
    socket.answer(1, null);
  });

  test("that are much together leave in their order, in messages that a server takes", async () => {
    await using connected = await opened();
    const { link, socket } = connected;
    const text = "ü".repeat(20_000);
    const asked = Array.from({ length: 30 }, (_, n) => link.mutate("long", { n, text }));
    await until(socket.texts, () => socket.asked.length === 30);
    expect(socket.asked.map(({ params }) => (params?.input as { n: number } | undefined)?.n)).toEqual([
      ...asked.keys(),
    ]);
    const sizes = socket.texts.current.map((message) => Buffer.byteLength(message));
    expect(sizes.length).toBeGreaterThan(1);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(262_144);
    for (const { id } of socket.asked) socket.answer(id, "ok");
    await Promise.all(asked);
  });

  test("take the lowest id that is free", async () => {
    await using connected = await opened();
    const { link, socket } = connected;
    const first = link.query("a", {});
    const second = link.query("b", {});
    socket.answer((await socket.hears(({ params }) => params?.path === "a")).id, 1);
    await first;
    const third = link.query("c", {});
    expect((await socket.hears(({ params }) => params?.path === "c")).id).toBe(1);
    const fourth = link.query("d", {});
    expect((await socket.hears(({ params }) => params?.path === "d")).id).toBe(3);
    for (const id of [1, 2, 3]) socket.answer(id, id);
    expect(await Promise.all([second, third, fourth])).toEqual([2, 1, 3]);
  });

  test("whose answer nobody waits for any more keep their id until it comes", async () => {
    await using connected = await opened();
    const { link, socket } = connected;
    const gone = new AbortController();
    const given = link.query("a", {}, gone.signal);
    const { id } = await socket.hears(({ params }) => params?.path === "a");
    gone.abort(new Error("not needed"));
    await expect(given).rejects.toThrow("not needed");
    const other = link.query("b", {});
    expect((await socket.hears(({ params }) => params?.path === "b")).id).not.toBe(id);
    socket.answer(id, "too late");
    await socket.heard();
    const third = link.query("c", {});
    await socket.hears(({ params, id: taken }) => params?.path === "c" && taken === id);
    socket.answer(id, "third");
    socket.answer(2, "other");
    expect(await Promise.all([other, third])).toEqual(["other", "third"]);
  });

  test("that are not answered in time have failed, and may be tried again", async () => {
    await using connected = await opened("", { timeoutMs: 30 });
    const { link } = connected;
    await expect(link.query("a", {})).rejects.toMatchObject({ code: "TIMEOUT" });
    await expect(link.mutate("a", {})).rejects.toMatchObject({ code: "TIMEOUT" });
    const { ended } = follow(link, "c");
    expect(await until(ended, (end) => end !== undefined)).toMatchObject({ error: { code: "TIMEOUT" }, lost: false });
  });

  test("wait for a connection as long as an answer may take", async () => {
    await using link = linkTo("http://127.0.0.1:2/trpc", { timeoutMs: 30 });
    for (const asked of [link.mutate("a", {}), link.query("a", {})])
      await expect(asked).rejects.toMatchObject({ code: "TIMEOUT", message: /no connection/ });
  });

  test("that wait when the client is closed are told so", async () => {
    await using link = linkTo("http://127.0.0.1:2/trpc");
    const asked = link.mutate("a", {});
    await link.close();
    await expect(asked).rejects.toMatchObject({ code: "CLOSED" });
  });

  test("whose input is larger than a server takes are not sent", async () => {
    await using connected = await opened("", { maxPayload: 1_000 });
    const { link, socket } = connected;
    const much = { text: "x".repeat(990) };
    await expect(link.mutate("a", much)).rejects.toMatchObject({ code: "PAYLOAD_TOO_LARGE" });
    await expect(link.query("a", { text: "ü".repeat(450) })).rejects.toMatchObject({ code: "PAYLOAD_TOO_LARGE" });
    const { ended } = follow(link, "a", much);
    expect(await until(ended, (end) => end !== undefined)).toMatchObject({ error: { code: "PAYLOAD_TOO_LARGE" } });
    const fits = link.query("b", { text: "x".repeat(800) });
    socket.answer((await socket.hears(isRequest)).id, "ok");
    expect(await fits).toBe("ok");
    expect(socket.asked.map(({ params }) => params?.path)).toEqual(["b"]);
  });

  test("that are larger than the server takes, unlike it was said, are not sent again", async () => {
    await using connected = await opened();
    const { link, socket } = connected;
    const [small, large] = [link.mutate("small", {}), link.mutate("large", { text: "x".repeat(1_000) })];
    await socket.hears(({ params }) => params?.path === "large");
    socket.close(1009);
    await expect(large).rejects.toMatchObject({ code: "PAYLOAD_TOO_LARGE" });
    await expect(small).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
  });

  test("whose input has no JSON are refused", async () => {
    await using link = linkTo("http://127.0.0.1:2/trpc");
    await expect(link.mutate("a", { n: 1n })).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });

  test("that were on their way when the connection was lost have failed, and may be tried again", async () => {
    await using connected = await opened();
    const { link, socket } = connected;
    const lost = link.mutate("a", {});
    await socket.hears(isRequest);
    socket.close();
    await expect(lost).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
  });
});

describe("A subscription", () => {
  test("that has ended with an error keeps its id until the server says that it has stopped", async () => {
    await using connected = await opened();
    const { link, socket } = connected;
    const { ended } = follow(link, "a");
    const { id } = await socket.hears(isRequest);
    socket.send({ id, result: { type: "started" } });
    socket.send({ id, error: { message: "no", code: -32603, data: { code: "NOT_FOUND" } } });
    expect(await until(ended, (end) => end !== undefined)).toMatchObject({ error: { code: "NOT_FOUND" }, lost: false });
    const next = follow(link, "b");
    const taken = await socket.hears(({ params }) => params?.path === "b");
    expect(taken.id).not.toBe(id);
    socket.send({ id, result: { type: "stopped" } });
    socket.send({ id: taken.id, result: { type: "data", id: "1", data: { id: "1", data: "frame" } } });
    expect(await until(next.told, ({ length }) => length > 0)).toEqual([{ id: "1", data: "frame" }]);
    expect(next.ended.current).toBeUndefined();
  });

  test("that was stopped before it had started is stopped once more, since a server may have passed over the first", async () => {
    await using connected = await opened();
    const { link, socket } = connected;
    const { stop, told } = follow(link, "a");
    const { id } = await socket.hears(isRequest);
    stop();
    await socket.hears(({ method }) => method === "subscription.stop");
    socket.send({ id, result: { type: "started" } });
    socket.send({ id, result: { type: "data", id: "1", data: { id: "1", data: "frame" } } });
    await until(socket.texts, () => socket.asked.filter(({ method }) => method === "subscription.stop").length === 2);
    expect(told.current).toEqual([]);
  });
});

describe("A server", () => {
  test("is told that there is no token where it is an empty one, as of a storage that has none", async () => {
    await using server = await startRawServer();
    await using link = linkTo(server.url, { token: () => "" });
    link.connection.retry();
    const socket = await server.socket(1);
    await socket.hears(({ method }) => method === "connectionParams");
    expect(socket.asked).toEqual([{ method: "connectionParams", data: null }]);
  });

  test("that takes no socket is told apart from one that closes it: where to look is said", async () => {
    await using link = linkTo("http://127.0.0.1:9/trpc");
    link.connection.retry();
    const { error } = await until(link.connection, (state) => state.error !== undefined);
    expect(error).toMatchObject({
      code: "SERVICE_UNAVAILABLE",
      message: expect.stringMatching(/did not open.*`url`.*`origins`/),
    });
  });

  test("that wants other credentials gets them on the same socket, and asking twice is asking once", async () => {
    const tokens = ["first", "second", "third"];
    await using server = await startRawServer();
    await using link = linkTo(server.url, { token: async () => tokens.shift() ?? null });
    link.connection.retry();
    const socket = await server.socket(1);
    const given = () => socket.asked.filter(({ method }) => method === "connectionParams").map(({ data }) => data);
    await until(socket.texts, () => given().length === 1);
    socket.send({ id: null, method: "refresh" });
    socket.send({ id: null, method: "refresh" });
    await until(socket.texts, () => given().length === 2);
    socket.send({ id: null, method: "refresh" });
    await until(socket.texts, () => given().length === 3);
    expect(given()).toEqual([{ token: "first" }, { token: "second" }, { token: "third" }]);
    expect(server.count).toBe(1);
    expect(link.connection.current.status).toBe("open");
  });

  test("that wants other credentials when there are none is not given what would be somebody else", async () => {
    const tokens = ["first", null];
    await using server = await startRawServer();
    await using link = linkTo(server.url, { token: () => tokens.shift() ?? null });
    link.connection.retry();
    const socket = await server.socket(1);
    await socket.hears(({ method }) => method === "connectionParams");
    socket.send({ id: null, method: "refresh" });
    await socket.heard();
    expect(socket.asked).toHaveLength(1);
  });

  test("that wants its clients to connect anew answers what it was asked, and the next line has the rest", async () => {
    await using connected = await opened();
    const { link, server, socket } = connected;
    const under = link.mutate("a", {});
    const followed = follow(link, "b");
    await socket.hears(({ params }) => params?.path === "b");
    const statuses: string[] = [];
    link.connection.subscribe(() => statuses.push(link.connection.current.status));
    socket.send({ id: null, method: "reconnect" });
    const next = await server.socket(2);
    expect(await until(followed.ended, (end) => end !== undefined)).toMatchObject({ lost: true });
    const later = link.query("c", {});
    next.answer((await next.hears(isRequest)).id, "from the next");
    expect(await later).toBe("from the next");
    expect(socket.closed.current).toBe(false);
    socket.answer(1, "from the first");
    expect(await under).toBe("from the first");
    await until(socket.closed, (closed) => closed);
    expect(statuses).toEqual([]);
  });

  test("that has no room says for how long, and is not asked before", async () => {
    await using server = await startRawServer();
    await using link = linkTo(server.url);
    link.connection.retry();
    const socket = await server.socket(1);
    const before = Date.now();
    socket.send({
      id: null,
      error: { message: "full", code: -32029, data: { code: "TOO_MANY_REQUESTS", retryAfterMs: 60_000 } },
    });
    socket.close(1013);
    const { error, retryAt } = await until(link.connection, ({ status }) => status === "reconnecting");
    expect(error).toMatchObject({ code: "TOO_MANY_REQUESTS", message: "full" });
    expect(retryAt).toBeGreaterThanOrEqual(before + 60_000);
  });

  test("may ask whether the client is there", async () => {
    await using connected = await opened();
    await connected.socket.heard();
  });

  test("is asked whether it is there when somebody doubts it", async () => {
    await using connected = await opened();
    connected.link.connection.retry();
    await until(connected.socket.texts, (texts) => texts.includes("PING"));
    connected.socket.send("PONG");
  });

  test("that sends what is not of the protocol is left", async () => {
    await using connected = await opened();
    connected.socket.send("<html>");
    const { error } = await until(connected.link.connection, ({ status }) => status === "reconnecting");
    expect(error).toMatchObject({ code: "SERVICE_UNAVAILABLE", message: /not of tRPC/ });
  });

  test.each([
    [4000, "BAD_REQUEST", 1],
    [4001, "UNAUTHORIZED", 2],
    [4003, "FORBIDDEN", 1],
  ])("that closes with %i refuses as %s, and the token is asked for %i times", async (code, expected, times) => {
    let asked = 0;
    const token = () => {
      asked += 1;
      return "ann";
    };
    await using server = await startRawServer();
    await using link = linkTo(server.url, { token });
    link.connection.retry();
    for (let number = 1; number <= times; number += 1) {
      const socket = await server.socket(number);
      await socket.hears(({ method }) => method === "connectionParams");
      socket.close(code);
    }
    const { error } = await until(link.connection, ({ status }) => status === "failed");
    expect(error).toMatchObject({ code: expected });
    expect(asked).toBe(times);
  });
});
