import { once } from "node:events";
import { Agent, type ServerResponse } from "node:http";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { eventually, Recorder, turn } from "../../support/recorder.ts";
import { framesOf, openStream } from "./support/open-stream.ts";
import { startStreams, watchPath } from "./support/stream-app.ts";

const home = watchPath("home");
const ping = "event: ping\ndata: ";
const path = "realtime.note.watch";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

describe("A stream", () => {
  test("calls its procedure once, and lets go of everything when the client goes away", async () => {
    await using app = await startStreams();
    const members = async () => {
      using stream = await openStream(`${app.url}${home}`);
      return JSON.stringify(framesOf(await stream.events.count(3)).at(-1)?.frame);
    };
    using stream = await openStream(
      `${app.url}${watchPath("home", { presence: { typing: false }, clientId: "tab-1" })}`,
    );
    await stream.events.count(3);
    expect(await members()).toContain("ann");
    app.happened.items.length = 0;
    stream.drop();
    await app.happened.first((what) => what === `${path} aborted`);
    await eventually(async () => !(await members()).includes("ann"), "she has left");
    expect(app.faults.items).toEqual([]);
  });

  test("is refused where its user has as many as one may have, until one of them ends", async () => {
    await using app = await startStreams({ maxStreamsPerUser: 1 });
    const first = await openStream(`${app.url}${home}`);
    await first.events.count(3);
    using refused = await openStream(`${app.url}${watchPath("another")}`);
    const told = await refused.events.first((event) => event.startsWith("event: serialized-error"));
    expect(told).toContain('"code":"TOO_MANY_REQUESTS"');
    expect(told).toContain('"retryAfterMs":5000');
    using other = await openStream(`${app.url}${home}`, { headers: { authorization: "ben" } });
    await other.events.count(3);
    first.drop();
    await eventually(async () => {
      using again = await openStream(`${app.url}${home}`);
      return (await again.events.count(2)).some((event) => event.includes('"kind":"snapshot"'));
    }, "there is room again");
  });

  test("is refused where the server has as many as it may have", async () => {
    await using app = await startStreams({ maxStreams: 1 });
    using first = await openStream(`${app.url}${home}`);
    await first.events.count(3);
    using other = await openStream(`${app.url}${home}`, { headers: { authorization: "ben" } });
    const told = await other.events.first((event) => event.startsWith("event: serialized-error"));
    expect(told).toContain('"code":"TOO_MANY_REQUESTS"');
  });

  test("that its client left before the procedure was called never begins", async () => {
    const asked = new Recorder<{ readonly res: ServerResponse; readonly proceed: () => void }>();
    await using app = await startStreams({
      createContext: ({ res }) =>
        new Promise((resolve) => asked.push({ res, proceed: () => resolve({ user: { id: "ann" } }) })),
    });
    const opening = openStream(`${app.url}${home}`);
    opening.catch(() => {});
    const [first] = await asked.count(1);
    const [socket] = await app.sockets.count(1);
    if (!first || !socket) throw new Error("Nobody has asked.");
    const closed = once(first.res, "close");
    socket.destroy();
    await closed;
    first.proceed();
    await app.happened.first((what) => what === `${path} called`);
    await app.happened.first((what) => what === `${path} aborted`);
    expect(first.res.headersSent).toBe(false);
    await expect(opening).rejects.toThrow();
  });

  test("is sent pings while it is silent, as often as the router says", async () => {
    await using app = await startStreams({ sse: { ping: { enabled: true, intervalMs: 20 } } });
    using stream = await openStream(`${app.url}${home}`);
    await stream.events.until((events) => events.filter((event) => event === ping).length >= 3);
    await app.put("home", "in between");
    await stream.events.first((event) => event.includes("in between"));
    expect(stream.events.items.filter((event) => event !== ping)).toHaveLength(4);
  });

  test("is sent no pings while it is sent something in each turn", async () => {
    await using app = await startStreams({ pingMs: 50 });
    using busy = await openStream(`${app.url}${home}`);
    using silent = await openStream(`${app.url}${watchPath("work")}`);
    for (const { events } of [busy, silent]) await events.count(3);
    const isSilent = () => silent.events.items.filter((event) => event === ping).length < 3;
    while (isSilent()) {
      await app.cheer("home", "🐟");
      await turn();
    }
    expect(busy.events.items).not.toContain(ping);
  });

  test("is sent pings as often as the handler says where the router does not", async () => {
    await using app = await startStreams({ pingMs: 20 });
    using stream = await openStream(`${app.url}${home}`);
    await stream.events.until((events) => events.filter((event) => event === ping).length >= 3);
  });

  test.each([
    ["the router has turned them off", { sse: { ping: { enabled: false } }, pingMs: 10, slowMs: 50 }],
    ["the handler has", { pingMs: false, slowMs: 50 } as const],
  ])("is sent no pings where %s", async (_what, options) => {
    await using app = await startStreams(options);
    await using sweeping = await startStreams({ pingMs: 10, slowMs: 50 });
    using stream = await openStream(`${app.url}${home}`);
    using pinged = await openStream(`${sweeping.url}${home}`);
    await pinged.events.until((events) => events.filter((event) => event === ping).length >= 10);
    expect(stream.events.items).toHaveLength(3);
  });

  test("ends after the longest time that the router gives it, whole and without a word", async () => {
    await using app = await startStreams({ sse: { maxDurationMs: 50 } });
    using stream = await openStream(`${app.url}${home}`);
    await stream.ended.count(1);
    expect(stream.ended.items).toEqual(["whole"]);
    expect(stream.events.items).toHaveLength(3);
    await app.happened.first((what) => what === `${path} aborted`);
  });

  test("ends with an error when the topic does, which onError is told", async () => {
    await using app = await startStreams();
    using stream = await openStream(`${app.url}${home}`);
    await stream.events.count(3);
    await app.realtime.close();
    await stream.ended.count(1);
    expect(stream.ended.items).toEqual(["whole"]);
    const error = String(stream.events.items.at(-1)).split("\n");
    expect(error[0]).toBe("event: serialized-error");
    expect(JSON.parse(String(error[1]).slice("data: ".length))).toMatchObject({
      data: { code: "SERVICE_UNAVAILABLE", httpStatus: 503, path, name: "ann" },
    });
    expect(app.faults.items).toMatchObject([
      {
        code: "SERVICE_UNAVAILABLE",
        type: "subscription",
        path,
        input: { noteId: "home" },
        ctx: { user: { id: "ann" } },
      },
    ]);
  });

  test("leaves its connection to the next request", async () => {
    await using app = await startStreams({ sse: { maxDurationMs: 50 } });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (const round of ["one", "two"]) {
      await app.put("home", round);
      using stream = await openStream(`${app.url}${home}`, { agent });
      await stream.ended.count(1);
      expect(stream.events.items).toHaveLength(3);
      using other = await openStream(`${app.url}/trpc/echo?input=1`, { agent });
      await other.ended.count(1);
      expect(other.response.statusCode).toBe(200);
    }
    expect(app.sockets.items).toHaveLength(1);
    agent.destroy();
  });

  test("has no timer of its own", async () => {
    await using app = await startStreams({
      sse: { maxDurationMs: 3_600_000, ping: { enabled: true, intervalMs: 60_000 } },
    });
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    const before = timers();
    for (let count = 0; count < 10; count += 1) {
      const stream = await openStream(`${app.url}${home}`);
      await stream.events.count(3);
    }
    expect(timers()).toBeLessThan(before + 10);
  });

  test("leaves nothing of itself on the server, once it is over", async () => {
    const responses = new Recorder<WeakRef<ServerResponse>>();
    await using app = await startStreams({
      sse: { maxDurationMs: 3_600_000 },
      createContext({ res }) {
        responses.push(new WeakRef(res));
        return { user: { id: "ann" } };
      },
    });
    for (let count = 1; count <= 5; count += 1) {
      const stream = await openStream(`${app.url}${home}`);
      await stream.events.count(3);
      stream.drop();
      await app.happened.until((all) => all.filter((what) => what === `${path} aborted`).length === count);
    }
    app.sockets.items.length = 0;
    const isHeld = (response: WeakRef<ServerResponse>) => response.deref() !== undefined;
    await eventually(() => {
      collectGarbage();
      return !responses.items.some(isHeld);
    }, "nothing is held");
  });
});
