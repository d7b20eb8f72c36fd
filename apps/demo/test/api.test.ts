import { stat } from "node:fs/promises";
import { join } from "node:path";
import { TRPCClientError } from "@trpc/client";
import { decodeJwt } from "jose";
import { describe, expect, test } from "vitest";
import { callOverHttp, callOverWebSocket } from "./callers.ts";
import { openDemo, temporaryFolder } from "./demo.ts";
import { watchRoom } from "./watch-room.ts";

const roomId = "kitchen";

const ways = [
  { way: "WebSocket", call: callOverWebSocket },
  { way: "HTTP and server-sent events", call: callOverHttp },
];

const strangers = [
  {
    who: "without a token",
    token: async () => undefined,
    message: { watch: 'Sign in to use "rooms.watch".', post: 'Sign in to use "rooms.post".' },
  },
  {
    who: "with a token that another server signed",
    token: foreignToken,
    message: sameForAll("Your session is not valid on this server. Sign in again."),
  },
  {
    who: "with a token that has expired",
    token: newToken,
    sessionMs: -1_000,
    message: sameForAll("Your session has expired. Sign in again."),
  },
];

describe.each(ways)("A stock tRPC client over $way", ({ call }) => {
  test("watches a room and posts in it", async () => {
    await using demo = await openDemo();
    const { token, user } = await signIn(demo.url, " Ada ");
    await using ada = call(demo.url, token);
    using room = watchRoom(ada, roomId);
    await expect.poll(() => room.frames).toMatchObject([{ kind: "snapshot", reason: "initial" }, { kind: "presence" }]);

    const outcome = await ada.trpc.realtime.rooms.post.mutate({ roomId, text: "Hello" });

    expect(outcome).toEqual({ ok: true, offset: 1 });
    const author = { id: user.id, name: "Ada" };
    await expect
      .poll(() => room.frames.at(-1))
      .toMatchObject({ kind: "events", from: 1, to: 1, events: [{ type: "posted", data: { text: "Hello", author } }] });
  });

  test("cheers without being signed in", async () => {
    await using demo = await openDemo();
    await using visitor = call(demo.url, undefined);

    const outcome = await visitor.trpc.realtime.pulse.cheer.mutate({ page: "home", emoji: "🎉" });

    expect(outcome).toEqual({ ok: true, offset: 1 });
  });

  test.each(strangers)("is told to sign in when it comes $who", async ({ token, message, sessionMs }) => {
    await using demo = await openDemo({ ...(sessionMs !== undefined && { sessionMs }) });
    await using caller = call(demo.url, await token(demo.url));

    using room = watchRoom(caller, roomId);
    const post = caller.trpc.realtime.rooms.post.mutate({ roomId, text: "Hello" });

    await expect(post).rejects.toSatisfy((error) => isRefusal(error, message.post));
    await expect.poll(() => room.error).toSatisfy((error) => isRefusal(error, message.watch));
    expect(room.frames).toEqual([]);
  });
});

test("A connection lasts no longer than the token that it was opened with", async () => {
  await using demo = await openDemo({ sessionMs: 2_000 });
  await using ada = callOverWebSocket(demo.url, await newToken(demo.url));
  await ada.trpc.realtime.rooms.history.query({ roomId });

  await expect
    .poll(() => ada.trpc.realtime.rooms.history.query({ roomId }).catch((error: unknown) => error), { timeout: 5_000 })
    .toSatisfy((error) => isRefusal(error, "Your session has expired. Sign in again."));
});

test("A token that is good is given in for another of the same user, which lasts longer", async () => {
  await using demo = await openDemo();
  const { token, user } = await signIn(demo.url, "Ada");
  await using ada = callOverHttp(demo.url, token);
  const { exp = 0 } = decodeJwt(token);

  const renewedAt = async () => {
    const renewed = await ada.trpc.session.renew.mutate();
    expect(renewed.user).toEqual(user);
    return decodeJwt(renewed.token).exp;
  };

  await expect.poll(renewedAt, { timeout: 5_000 }).toBeGreaterThan(exp);
});

test.each([
  { who: "nobody", token: async () => undefined, message: "Nobody is signed in. Sign in first." },
  { who: "a stranger", token: foreignToken, message: "Your session is not valid on this server. Sign in again." },
])("A token is not renewed for $who", async ({ token, message }) => {
  await using demo = await openDemo();
  await using caller = callOverHttp(demo.url, await token());

  await expect(caller.trpc.session.renew.mutate()).rejects.toSatisfy((error) => isRefusal(error, message));
});

test("Whoever has a token that is not good can sign in again with it", async () => {
  await using demo = await openDemo();
  await using caller = callOverHttp(demo.url, "not a token");

  expect(await caller.trpc.session.create.mutate({ name: "Ada" })).toMatchObject({ user: { name: "Ada" } });
});

test.each([
  { name: "  ", why: "blank" },
  { name: "a".repeat(41), why: "too long" },
  { name: "Ada\nLovelace", why: "on two lines" },
  { name: "Ada\u202eLovelace", why: "turned around in the middle" },
])("A name that is $why is refused", async ({ name }) => {
  await using demo = await openDemo();

  await expect(signIn(demo.url, name)).rejects.toMatchObject({ data: { code: "BAD_REQUEST" } });
});

test("What was said, and who is signed in, outlives the server", async () => {
  await using folder = await temporaryFolder();
  const token = await saidBeforeARestart(folder.path);
  await using demo = await openDemo({ dataDir: folder.path });
  await using ada = callOverHttp(demo.url, token);

  const { items } = await ada.trpc.realtime.rooms.history.query({ roomId });

  expect(items).toMatchObject([{ text: "Hello", author: { name: "Ada" } }]);
});

test("The key that signs tokens is kept for its owner alone", async () => {
  await using demo = await openDemo();

  const { mode } = await stat(join(demo.dataDir, "secret"));

  expect((mode & 0o777).toString(8)).toBe("600");
});

test("A page takes ten cheers in a second and refuses the next by a reason", async () => {
  await using demo = await openDemo();
  await using visitor = callOverWebSocket(demo.url, undefined);
  const cheer = () => visitor.trpc.realtime.pulse.cheer.mutate({ page: "home", emoji: "🔥" });

  const outcomes = await Promise.all(Array.from({ length: 11 }, cheer));

  expect(outcomes.filter(({ ok }) => !ok)).toEqual([{ ok: false, reason: "TOO_MANY", perSecond: 10 }]);
});

test("A person may send as many commands in a minute as the demo is told, and hears when to go on", async () => {
  await using demo = await openDemo({ rates: { commandsPerMinute: 2 } });
  await using ada = callOverWebSocket(demo.url, await newToken(demo.url));
  const post = () => ada.trpc.realtime.rooms.post.mutate({ roomId, text: "Hello" });
  await post();
  await post();

  const refused = await post().catch((error: unknown) => error);

  expect(refused).toMatchObject({ data: { code: "TOO_MANY_REQUESTS", retryAfterMs: expect.any(Number) } });
});

test("A demo that stops tells whoever is connected to connect anew", async () => {
  await using demo = await openDemo();
  const socket = new WebSocket(`${demo.url.replace("http", "ws")}/trpc`);
  const heard: string[] = [];
  socket.addEventListener("message", ({ data }) => heard.push(data));
  const closed = new Promise<number>((resolve) => socket.addEventListener("close", ({ code }) => resolve(code)));
  await new Promise((resolve) => socket.addEventListener("open", resolve));

  await demo.close();

  expect(await closed).toBe(4012);
  expect(heard).toEqual(['{"id":null,"method":"reconnect"}']);
});

async function signIn(url: string, name: string) {
  await using caller = callOverHttp(url, undefined);
  return await caller.trpc.session.create.mutate({ name });
}

async function saidBeforeARestart(dataDir: string): Promise<string> {
  await using demo = await openDemo({ dataDir });
  const token = await newToken(demo.url);
  await using ada = callOverHttp(demo.url, token);
  await ada.trpc.realtime.rooms.post.mutate({ roomId, text: "Hello" });
  return token;
}

async function newToken(url: string): Promise<string> {
  return (await signIn(url, "Ada")).token;
}

async function foreignToken(): Promise<string> {
  await using other = await openDemo();
  return await newToken(other.url);
}

function sameForAll(message: string) {
  return { watch: message, post: message };
}

function isRefusal(error: unknown, message: string): boolean {
  if (!(error instanceof TRPCClientError)) return false;
  expect(error.message).toBe(message);
  expect(error.data).toMatchObject({ code: "UNAUTHORIZED", httpStatus: 401 });
  expect(error.data).not.toHaveProperty("stack");
  return true;
}

test("The server tells Prometheus its metrics for a token, and everybody whether it is well", async () => {
  await using demo = await openDemo({ metricsToken: "secret" });
  const answerOf = async (path: string, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${demo.url}${path}`, { headers });
    return { status: answer.status, text: await answer.text() };
  };

  const told = await answerOf("/metrics", { authorization: "Bearer secret" });
  expect(told).toMatchObject({ status: 200, text: expect.stringContaining('shoal_commands_total{channel="rooms"') });
  for (const headers of [{}, { authorization: "Bearer other" }])
    expect(await answerOf("/metrics", headers as Record<string, string>)).toMatchObject({ status: 401 });
  expect(await answerOf("/health/live")).toMatchObject({ status: 200 });
  expect(await answerOf("/health/ready")).toMatchObject({ status: 200 });
});

test("Where no token is set, nobody is told the metrics", async () => {
  await using demo = await openDemo();
  const answer = await fetch(`${demo.url}/metrics`, { headers: { authorization: "Bearer " } });
  expect(await answer.text()).not.toContain("shoal_");
  expect(answer.status).toBe(404);
});
