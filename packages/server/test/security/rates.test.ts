import { createServer } from "node:http";
import { defineChannel, ShoalError } from "@shoal/contract";
import { createMemoryStore, initRealtime, serveChannel, system } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import * as z from "zod";
import { blockOf } from "../../src/security/address.ts";
import { Rates, withDefaults } from "../../src/security/rates.ts";
import { listenAt } from "../support/listen-at.ts";
import { openRawSocket } from "../support/raw-socket.ts";
import { ask, bell, contextOf, startBell, statusesOf } from "./bell-app.ts";

const front = { door: "front" };
const tooMany = {
  status: 429,
  error: {
    message: expect.stringMatching(/^Too many commands to "bell"\. The limit is 2 a minute; try again in \d+ s\.$/),
    data: { code: "TOO_MANY_REQUESTS", retryAfterMs: expect.any(Number) },
  },
};

describe("More than a channel's rate", () => {
  test("is refused with the time after which there is more, in the error and in the header", async () => {
    await using app = await startBell({ channel: { commandsPerMinute: 2 } });
    const rings = [() => ask(app, "ring", "ann"), () => ask(app, "ring", "ann")];
    expect(await statusesOf(rings)).toEqual([200, 200]);
    const refused = await ask(app, "ring", "ann");
    expect(refused).toMatchObject(tooMany);
    const { retryAfterMs } = refused.error?.data ?? {};
    expect(retryAfterMs).toSatisfy((ms: number) => ms > 0 && ms <= 60_000);
    expect(refused.headers.get("retry-after")).toBe(String(Math.ceil(Number(retryAfterMs) / 1_000)));
    expect(refused.error?.data).not.toHaveProperty("stack");
    expect(await app.realtime.topic(bell, front).as(system).state()).toEqual({ rung: 2 });
  });

  test("is refused over a WebSocket, which stays open", async () => {
    await using app = await startBell({ channel: { commandsPerMinute: 2 } });
    await using socket = await openRawSocket(app);
    const ring = (id: number) =>
      socket.send(JSON.stringify({ id, method: "mutation", params: { path: "realtime.bell.ring", input: front } }));
    for (const id of [1, 2, 3]) ring(id);
    const { error } = JSON.parse(await socket.answer(3));
    expect({ status: error.data.httpStatus, error }).toMatchObject(tooMany);
    const params = { path: "realtime.bell.count", input: front };
    socket.send(JSON.stringify({ id: 4, method: "query", params }));
    expect(JSON.parse(await socket.answer(4))).toMatchObject({ result: { data: 2 } });
    expect(socket.closed.items).toEqual([]);
  });

  test("is told to a batch by the longest time", async () => {
    await using app = await startBell({ channel: { commandsPerMinute: 1 } });
    const response = await fetch(`${app.url}/realtime.bell.ring,realtime.bell.ring?batch=1`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "ann" },
      body: JSON.stringify({ 0: front, 1: front }),
    });
    const answers = (await response.json()) as { error?: object }[];
    expect(answers.filter((answer) => "error" in answer)).toMatchObject([
      { error: { data: { retryAfterMs: expect.any(Number) } } },
    ]);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  test("is each user's own, and of each tenant, and of each channel", async () => {
    await using app = await startBell({ channel: { commandsPerMinute: 1 } });
    const as = (user: string) => () => ask(app, "ring", user);
    expect(
      await statusesOf([as("ann"), as("ann"), as("ben"), as("ann@acme"), as("ann@acme"), as("ann@other")]),
    ).toEqual([200, 429, 200, 200, 429, 200]);
  });

  test("counts what is refused for another reason, too", async () => {
    await using app = await startBell({ channel: { commandsPerMinute: 1 } });
    const wrong = () => ask(app, "ring", "ann", { input: { door: 7 } });
    expect(await statusesOf([wrong, wrong])).toEqual([400, 429]);
  });

  test("counts a command that is sent again, which gets its answer when there is more", async () => {
    await using app = await startBell({ channel: { commandsPerMinute: 2 } });
    const again = () => ask(app, "ring", "ann", { input: { ...front, commandId: "one" } });
    expect(await statusesOf([again, again, again])).toEqual([200, 200, 429]);
    expect(await app.realtime.topic(bell, front).as(system).state()).toEqual({ rung: 1 });
  });
});

describe("A rate", () => {
  test("is 100 commands a minute where nothing is said, and none for anything else", async () => {
    await using app = await startBell();
    const statuses = await statusesOf(Array.from({ length: 101 }, () => () => ask(app, "ring", "ann")));
    expect(statuses.filter((status) => status === 200)).toHaveLength(100);
    expect(statuses.at(-1)).toBe(429);
    const counts = Array.from({ length: 101 }, () => () => ask(app, "count", "ann"));
    expect(new Set(await statusesOf(counts))).toEqual(new Set([200]));
  });

  test("of the channel goes before that of the realtime, thing by thing", async () => {
    await using app = await startBell({
      channel: { broadcastsPerMinute: 1, commandsPerMinute: 0 },
      realtime: { commandsPerMinute: 1, queriesPerMinute: 1 },
    });
    const ring = () => ask(app, "ring", "ann");
    const shout = () => ask(app, "broadcast", "ann", { input: { ...front, name: "shout", data: {} } });
    const count = () => ask(app, "count", "ann");
    expect(await statusesOf([ring, ring, ring])).toEqual([200, 200, 200]);
    expect(await statusesOf([shout, shout])).toEqual([200, 429]);
    expect(await statusesOf([count, count])).toEqual([200, 429]);
  });

  test("counts all commands of a channel together", async () => {
    await using app = await startBell({ channel: { commandsPerMinute: 2 } });
    const [ring, knock] = ["ring", "knock"].map((name) => () => ask(app, name, "ann"));
    expect(await statusesOf([ring, knock, ring, knock].flatMap((one) => one ?? []))).toEqual([200, 200, 429, 429]);
  });

  test("of watches counts how often one begins", async () => {
    await using app = await startBell({ channel: { watchesPerMinute: 1 } });
    await using socket = await openRawSocket(app);
    const watch = (id: number) =>
      socket.send(
        JSON.stringify({ id, method: "subscription", params: { path: "realtime.bell.watch", input: front } }),
      );
    watch(1);
    await socket.texts.count(3);
    watch(2);
    expect(JSON.parse(await socket.answer(2))).toMatchObject({ error: { data: { code: "TOO_MANY_REQUESTS" } } });
  });

  test("does not count presence", async () => {
    await using app = await startBell({
      channel: { commandsPerMinute: 1, broadcastsPerMinute: 1, queriesPerMinute: 1, watchesPerMinute: 1 },
    });
    await using socket = await openRawSocket(app);
    const params = { path: "realtime.bell.watch", input: { ...front, presence: { here: true }, clientId: "tab" } };
    socket.send(JSON.stringify({ id: 1, method: "subscription", params }));
    await socket.texts.count(3);
    const here = { input: { ...front, clientId: "tab", state: { here: false } } };
    const changes = Array.from({ length: 5 }, () => () => ask(app, "presence", null, here));
    expect(await statusesOf(changes)).toEqual([200, 200, 200, 200, 200]);
  });

  test("holds for nobody but clients: the server's own hand is not counted", async () => {
    await using app = await startBell({ channel: { commandsPerMinute: 1 } });
    const topic = app.realtime.topic(bell, front);
    for (let ring = 0; ring < 5; ring += 1) {
      await topic.as({ id: "ann" }).send.ring();
      await topic.as(system).send.ringOften();
    }
    expect(await topic.as(system).state()).toEqual({ rung: 10 });
  });

  test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "5"])("cannot be %s", (commandsPerMinute) => {
    const rates = { commandsPerMinute: commandsPerMinute as number };
    const refusal = {
      code: "BAD_REQUEST",
      message: expect.stringContaining("`rates.commandsPerMinute` must be a whole"),
    };
    expect(refusalOf(() => serveChannel(ringing, { rates, commands: { ring: () => {} } }))).toMatchObject(refusal);
    const { createRealtime } = initRealtime({ t: initTRPC.create(), user: () => null });
    const options = { channels: [], store: createMemoryStore(), rates };
    expect(refusalOf(() => createRealtime(options))).toMatchObject(refusal);
  });
});

describe("Who is not signed in", () => {
  const ring =
    (app: { url: string }, headers: Record<string, string> = {}) =>
    () =>
      ask(app, "ring", null, { headers });

  test("is known by the address, whatever else is sent along", async () => {
    await using app = await startBell({ channel: { commandsPerMinute: 2 } });
    const asTab = (clientId: string) => () => ask(app, "ring", null, { input: { ...front, clientId } });
    const lied = ring(app, { "x-forwarded-for": "192.0.2.7" });
    expect(await statusesOf([asTab("a"), asTab("b"), asTab("c"), lied])).toEqual([200, 200, 429, 429]);
    expect((await ask(app, "ring", "ann")).status).toBe(200);
  });

  test("is known by what a trusted proxy says, the last address of the header", async () => {
    await using app = await startBell({ channel: { commandsPerMinute: 1 }, trustProxy: true });
    const by = (forwarded: string) => ring(app, { "x-forwarded-for": forwarded });
    const asked = [by("192.0.2.7"), by("192.0.2.1, 192.0.2.7"), by("192.0.2.7, 192.0.2.8")];
    expect(await statusesOf(asked)).toEqual([200, 429, 200]);
  });

  test("is known by the same address over a WebSocket", async () => {
    await using app = await startBell({ channel: { commandsPerMinute: 1 } });
    expect((await ask(app, "ring", null)).status).toBe(200);
    await using socket = await openRawSocket({ webSocketUrl: app.webSocketUrl });
    socket.send(JSON.stringify({ id: 1, method: "mutation", params: { path: "realtime.bell.ring", input: front } }));
    expect(JSON.parse(await socket.answer(1))).toMatchObject({ error: { data: { code: "TOO_MANY_REQUESTS" } } });
  });

  test("is known by what the application says of a context", async () => {
    await using app = await startBell({ channel: { commandsPerMinute: 1 }, address: ({ ip }) => ip });
    const at = (ip: string) => ring(app, { "x-ip": ip });
    expect(await statusesOf([at("one"), at("two"), at("one")])).toEqual([200, 200, 429]);
  });

  test("is one of all where nobody knows an address", async () => {
    await using app = await startBell({ channel: { commandsPerMinute: 1 } });
    const { router } = app;
    const api = createHTTPHandler({ router, basePath: "/trpc/", createContext: ({ req }) => contextOf(req) });
    await using own = await listenAt(createServer(api));
    expect(await statusesOf([ring(own), ring(own)])).toEqual([200, 429]);
  });
});

describe("The limiter in memory", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("begins anew a minute after the first that it counted, and says when that is", async () => {
    const rates = new Rates({ rates: withDefaults({ commandsPerMinute: 1 }), address: () => undefined });
    const rate = rates.of("bell", {}, "commands");
    const take = () => rate?.take({ id: "ann" }, {}).catch((error: unknown) => error);
    expect(await take()).toBeUndefined();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await take()).toMatchObject({ code: "TOO_MANY_REQUESTS", retryAfterMs: 40_000 });
    await vi.advanceTimersByTimeAsync(39_999);
    expect(await take()).toMatchObject({ retryAfterMs: 1 });
    await vi.advanceTimersByTimeAsync(1);
    expect(await take()).toBeUndefined();
  });

  test("holds nothing of those who asked more than a minute ago", async () => {
    const rate = new Rates({ rates: withDefaults({}), address: () => undefined }).of("bell", {}, "commands");
    for (let user = 0; user < 50; user += 1) await rate?.take({ id: `user-${user}` }, {});
    expect(vi.getTimerCount()).toBe(50);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(vi.getTimerCount()).toBe(0);
  });
});

test.each([
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:0db8:0001:0002::1", "2001:db8:1:2::/64"],
  ["2001:db8::5", "2001:db8:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["no address", "no address"],
])("The address %s is one of the block %s", (address, block) => {
  expect(blockOf(address)).toBe(block);
});

const ringing = defineChannel(
  "ringing",
  { params: z.object({}), state: z.object({}), events: {}, commands: { ring: {} } },
  { initial: () => ({}), apply: {} },
);

function refusalOf(make: () => unknown): unknown {
  try {
    return make();
  } catch (error) {
    if (error instanceof ShoalError) return error;
    throw error;
  }
}
