import { describe, expect, test } from "vitest";
import { until } from "../support/until.ts";
import { follow } from "./support/follow.ts";
import { error, json, startHttpServer, stream } from "./support/http-server.ts";
import { linkTo } from "./support/link-to.ts";

const connected = "event: connected\ndata: {}";

function overHttp(url: string, options: Parameters<typeof linkTo>[1] = {}) {
  return linkTo(url, { transport: "sse", ...options });
}

describe("A stream", () => {
  test("tells each frame with its id, and that the server has ended it", async () => {
    await using server = await startHttpServer({
      watch: (response) => {
        stream(response, connected, 'data: {"n":1}\nid: a:1', "event: ping\ndata: ", 'data: {"n":2}\nid: a:2');
        response.end("event: return\ndata: \n\n");
      },
    });
    await using link = overHttp(server.url);
    const { told, ended } = follow(link, "watch");
    await until(ended, (end) => end !== undefined);
    expect(told.current).toEqual([
      { id: "a:1", data: { n: 1 } },
      { id: "a:2", data: { n: 2 } },
    ]);
    expect(ended.current).toMatchObject({ error: { code: "SERVICE_UNAVAILABLE" }, lost: false });
  });

  test("that fails ends with the error that the server tells", async () => {
    await using server = await startHttpServer({
      watch: (response) => {
        const shape = { message: "It is over.", code: -32000, data: { code: "FORBIDDEN" } };
        stream(response, connected, `event: serialized-error\ndata: ${JSON.stringify(shape)}`);
      },
      refused: error("NOT_FOUND", 404),
    });
    await using link = overHttp(server.url);
    const begun = follow(link, "watch");
    expect(await until(begun.ended, (end) => end !== undefined)).toMatchObject({
      error: { code: "FORBIDDEN", message: "It is over." },
      lost: false,
    });
    const refused = follow(link, "refused");
    expect(await until(refused.ended, (end) => end !== undefined)).toMatchObject({ error: { code: "NOT_FOUND" } });
  });

  test.each([
    ["is cut off", (end: () => void) => end()],
    ["falls silent for longer than the server said", () => {}],
  ])("that %s may be tried again, and the connection goes on if the server does", async (_how, then) => {
    let streams = 0;
    await using server = await startHttpServer({
      watch: (response) => {
        streams += 1;
        stream(response, 'event: connected\ndata: {"reconnectAfterInactivityMs":30}', "data: 1\nid: 1");
        then(() => response.destroy());
      },
    });
    await using link = overHttp(server.url);
    const { ended } = follow(link, "watch");
    expect(await until(ended, (end) => end !== undefined)).toMatchObject({
      error: { code: "SERVICE_UNAVAILABLE" },
      lost: false,
    });
    expect(await link.query("realtime.connection.time", undefined)).toEqual({ now: 1 });
    expect(link.connection.current.status).toBe("open");
    expect(streams).toBe(1);
  });

  test("takes turns with others where there may be only a few, and none of them is left out", async () => {
    let open = 0;
    let most = 0;
    await using server = await startHttpServer({
      watch: (response, _request, input) => {
        open += 1;
        most = Math.max(most, open);
        response.on("close", () => {
          open -= 1;
        });
        stream(response, connected, `data: ${JSON.stringify(input)}\nid: 1`);
      },
    });
    await using link = overHttp(server.url, { maxStreams: 2, streamTurn: 20 });
    const heard = new Map<number, number>();
    const keep = (n: number): void => {
      link.subscribe("watch", () => ({ input: { n }, lastEventId: undefined }), {
        data: () => heard.set(n, (heard.get(n) ?? 0) + 1),
        ended: (_error, lost) => lost && link.connection.current.status === "open" && keep(n),
      });
    };
    for (let n = 0; n < 5; n += 1) keep(n);
    await expect.poll(() => [0, 1, 2, 3, 4].every((n) => (heard.get(n) ?? 0) >= 2), { timeout: 4_000 }).toBe(true);
    expect(most).toBeLessThanOrEqual(3);
  });
});

describe("A token over HTTP", () => {
  /** A server that takes one token, which may change. */
  async function startStrict() {
    let good = "old";
    const strict = (answer: (...args: Parameters<ReturnType<typeof json>>) => void) =>
      ((response, request, input) => {
        const isGood = request.headers.authorization === `Bearer ${good}`;
        (isGood ? answer : error("UNAUTHORIZED", 401))(response, request, input);
      }) satisfies ReturnType<typeof json>;
    const server = await startHttpServer({
      "realtime.connection.time": strict(json({ result: { data: { now: 1 } } })),
      add: strict(json({ result: { data: "added" } })),
      watch: strict((response) => stream(response, connected, "data: 1\nid: 1")),
    });
    return Object.assign(server, { expect: (token: string) => (good = token) });
  }

  test("that the server takes no more is asked for again, and nothing is lost by it", async () => {
    await using server = await startStrict();
    const tokens = ["old", "new"];
    await using link = overHttp(server.url, { token: async () => tokens.shift() ?? "new" });
    expect(await link.mutate("add", {})).toBe("added");
    server.expect("new");
    expect(await Promise.all([link.mutate("add", {}), link.mutate("add", {})])).toEqual(["added", "added"]);
    expect(tokens).toEqual([]);
    expect(link.connection.current.status).toBe("open");
  });

  test("is asked for once more when a stream ends since it has expired", async () => {
    let end = (): void => {};
    await using server = await startHttpServer({
      watch: (response, request) => {
        const shape = { message: "Expired.", code: -32001, data: { code: "UNAUTHORIZED" } };
        stream(response, connected, `data: ${JSON.stringify(request.headers.authorization)}\nid: 1`);
        end = () => void response.end(`event: serialized-error\ndata: ${JSON.stringify(shape)}\n\n`);
      },
    });
    const tokens = ["old", "new"];
    await using link = overHttp(server.url, { token: () => tokens.shift() ?? "new" });
    const first = follow(link, "watch");
    await until(first.told, ({ length }) => length === 1);
    end();
    expect(await until(first.ended, (ended) => ended !== undefined)).toMatchObject({ lost: true });
    const second = follow(link, "watch");
    expect(await until(second.told, ({ length }) => length === 1)).toMatchObject([{ data: "Bearer new" }]);
    end();
    // The server refuses that one, too: there is no third try.
    expect(await until(second.ended, (ended) => ended !== undefined)).toMatchObject({
      error: { code: "UNAUTHORIZED" },
      lost: false,
    });
  });

  test("that is refused each time ends the connection, after one more", async () => {
    await using server = await startStrict();
    let asked = 0;
    await using link = overHttp(server.url, {
      token: () => {
        asked += 1;
        return `wrong ${asked}`;
      },
    });
    link.connection.retry();
    const { error } = await until(link.connection, ({ status }) => status === "failed");
    expect(error).toMatchObject({ code: "UNAUTHORIZED" });
    expect(asked).toBeLessThanOrEqual(4);
  });
});

describe("An answer over HTTP", () => {
  test.each([
    [413, "PAYLOAD_TOO_LARGE"],
    [429, "TOO_MANY_REQUESTS"],
    [431, "PAYLOAD_TOO_LARGE"],
    [502, "SERVICE_UNAVAILABLE"],
    [504, "TIMEOUT"],
    [418, "INTERNAL_SERVER_ERROR"],
  ])("of something else than the server, with the status %i, is %s", async (status, code) => {
    await using server = await startHttpServer({
      add: (response) => void response.writeHead(status, { "content-type": "text/html" }).end("<html>"),
    });
    await using link = overHttp(server.url);
    await expect(link.mutate("add", {})).rejects.toMatchObject({ code });
  });

  test("that says for how long to wait is obeyed", async () => {
    await using server = await startHttpServer({
      "realtime.connection.time": error("TOO_MANY_REQUESTS", 429, { "retry-after": "60" }),
    });
    await using link = overHttp(server.url);
    const before = Date.now();
    link.connection.retry();
    const { retryAt, error: reason } = await until(link.connection, ({ status }) => status === "reconnecting");
    expect(reason).toMatchObject({ code: "TOO_MANY_REQUESTS" });
    expect(retryAt).toBeGreaterThanOrEqual(before + 60_000);
  });

  test("is not waited for any more once the request is given up", async () => {
    let gone = false;
    await using server = await startHttpServer({
      add: (_response, request) => {
        request.on("close", () => {
          gone = true;
        });
      },
    });
    await using link = overHttp(server.url, { timeoutMs: 100 });
    const controller = new AbortController();
    const given = link.mutate("add", {}, controller.signal);
    await expect.poll(() => server.requests.some(({ path }) => path === "add")).toBe(true);
    controller.abort(new Error("not needed"));
    await expect(given).rejects.toThrow("not needed");
    await expect.poll(() => gone).toBe(true);
    await expect(link.mutate("add", {})).rejects.toMatchObject({ code: "TIMEOUT" });
  });

  test("of a server that does not tell its time opens the connection nevertheless", async () => {
    await using server = await startHttpServer({ "realtime.connection.time": error("NOT_FOUND", 404) });
    await using link = overHttp(server.url);
    link.connection.retry();
    await until(link.connection, ({ status }) => status === "open");
  });
});
