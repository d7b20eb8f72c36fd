import { formatPosition, parsePosition } from "@shoal/contract";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type StartedApp, startApp } from "../support/app.ts";
import { type Connected, codeOf, connectBySocket, follow, followUntyped, refusal } from "../support/connect.ts";
import { expectHealthy } from "../support/healthy.ts";

const home = { counterId: "home" };

/** Words that every object knows. */
const inherited = ["__proto__", "constructor", "toString", "hasOwnProperty"];

let app: StartedApp;
let ann: Connected;

beforeAll(async () => {
  app = await startApp();
  ann = connectBySocket(app, "ann");
});

afterAll(async () => {
  await ann[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

afterEach(async () => {
  // Whatever was sent: no fault of the server, nothing of its inside told, and everybody else is served.
  expect(app.logged.items.splice(0).filter(({ level }) => level === "error")).toEqual([]);
  for (const text of ann.texts.splice(0)) expect(text).not.toMatch(/\.ts\b|node_modules|Something failed/);
  await expectHealthy(app);
});

/** The error that a subscription ends with. */
async function refusedWatch(path: string, input: unknown) {
  const { errors, frames } = followUntyped(ann, path, input);
  const [error] = await errors.count(1);
  expect(frames.items).toEqual([]);
  return codeOf(error);
}

const refused = (code: string, message = /^\w/) => ({ code, message: expect.stringMatching(message) });

describe("The params of a topic", () => {
  test.each([
    ["absent", undefined],
    ["null", null],
    ["a text", "home"],
    ["a number", 5],
    ["a list", [home]],
    ["empty", {}],
    ["of another type", { counterId: 5 }],
    ["nested", { counterId: { counterId: "home" } }],
    ["too long", { counterId: "a".repeat(201) }],
    ["misspelt", { counterid: "home" }],
  ])("are refused when they are %s", async (_what, input) => {
    expect(await refusedWatch("realtime.counter.watch", input)).toEqual(refused("BAD_REQUEST", /^Invalid /));
    const call = ann.untyped.mutation("realtime.counter.touch", input);
    expect(await refusal(call)).toEqual(refused("BAD_REQUEST", /^Invalid /));
  });

  test.each(["", " ", "a b", "../etc", "a/b", "a\u0000", "é", "a".repeat(65), 1, null, true, {}])(
    "are refused when a room is named %j",
    async (roomId) => {
      expect(await refusedWatch("realtime.rooms.watch", { roomId })).toEqual(refused("BAD_REQUEST", /roomId/));
      const post = ann.untyped.mutation("realtime.rooms.post", { roomId, text: "hello" });
      expect(await refusal(post)).toEqual(refused("BAD_REQUEST", /roomId/));
      const history = ann.untyped.query("realtime.rooms.history", { roomId });
      expect(await refusal(history)).toEqual(refused("BAD_REQUEST", /roomId/));
    },
  );

  test.each(inherited)("may be a word that every object knows: %s", async (roomId) => {
    const { frames, stop } = follow(ann.trpc.rooms.watch, { roomId });
    expect((await frames.first(({ data }) => data.kind === "snapshot")).data).toMatchObject({
      reason: "initial",
      state: { entries: [] },
    });
    expect(await ann.trpc.rooms.post.mutate({ roomId, text: roomId })).toMatchObject({ ok: true, offset: 1 });
    await frames.first(({ data }) => data.kind === "events");
    stop();
  });
});

describe("A lastEventId", () => {
  test.each(["", "garbage", "0", "a:b:c", "a:-1:all", "a:1:all:", "__proto__", 5, {}, true])(
    "is refused when it is %j",
    async (lastEventId) => {
      const answer = await refusedWatch("realtime.counter.watch", { ...home, lastEventId });
      expect(answer).toEqual(refused("BAD_REQUEST", /^lastEventId is not a position/));
    },
  );

  test.each([
    { what: "beyond the end", reason: "ahead", change: { offset: 1_000_000 } },
    { what: "of another generation", reason: "epoch", change: { epoch: "another" } },
    { what: "of another audience", reason: "audience", change: { audience: "insiders" } },
  ])("$what is answered by a snapshot that says so", async ({ reason, change }) => {
    const { frames, stop } = follow(ann.trpc.counter.watch, home);
    const [opening] = await frames.count(2);
    stop();
    const lastEventId = formatPosition({ ...parsePosition(opening?.id ?? ""), ...change });
    const again = follow(ann.trpc.counter.watch, { ...home, lastEventId });
    await again.frames.count(2);
    again.stop();
    expect(again.frames.items[0]?.data).toMatchObject({ kind: "snapshot", reason });
  });

  test("of another topic is answered by a snapshot of the one that was asked for", async () => {
    await app.as("ben").counter.add({ counterId: "of-ben", by: 7 });
    const other = follow(ann.trpc.counter.watch, { counterId: "of-ben" });
    const [opening] = await other.frames.count(2);
    other.stop();
    const { frames, stop } = follow(ann.trpc.counter.watch, { counterId: "empty", lastEventId: opening?.id });
    const [first] = await frames.count(2);
    stop();
    expect(first?.data).toMatchObject({ kind: "snapshot", reason: "epoch", state: { added: [] }, offset: 0 });
  });
});

describe("A name", () => {
  test.each(inherited)("that every object knows is no procedure: %s", async (name) => {
    for (const path of [`realtime.counter.${name}`, `realtime.${name}.watch`, name, `realtime.counter.watch.${name}`]) {
      expect(await refusal(ann.untyped.mutation(path, home))).toEqual(refused("NOT_FOUND"));
      expect(await refusal(ann.untyped.query(path, home))).toEqual(refused("NOT_FOUND"));
      expect(await refusedWatch(path, home)).toEqual(refused("NOT_FOUND"));
    }
  });

  test("of an internal command is no procedure", async () => {
    expect(await refusal(ann.untyped.mutation("realtime.counter.clear", home))).toEqual(refused("NOT_FOUND"));
  });

  test.each<unknown>([...inherited, "", "Cheer", "cheer ", 5, null, true, { cheer: 1 }, { toString: "cheer" }])(
    "that is no broadcast is refused: %j",
    async (name) => {
      const call = ann.untyped.mutation("realtime.counter.broadcast", { ...home, name, data: {} });
      expect(await refusal(call)).toEqual(refused("BAD_REQUEST", /declares no broadcast of that name/));
    },
  );
});

describe("The input of a command", () => {
  test.each([
    ["absent", {}],
    ["a text", { by: "1" }],
    ["a fraction", { by: 0.5 }],
    ["not a number", { by: Number.NaN }],
    ["endless", { by: Number.POSITIVE_INFINITY }],
    ["a date", { by: new Date(1) }],
    ["a big number of another kind", { by: 1n }],
    ["a list", { by: [1] }],
    ["an object that poses as a number", { by: { valueOf: 1 } }],
  ])("is refused when it is %s", async (_what, input) => {
    const call = ann.untyped.mutation("realtime.counter.add", { ...home, ...input });
    expect(await refusal(call)).toEqual(refused("BAD_REQUEST", /^Invalid input of "counter.add": by: /));
  });

  test.each([
    ["empty", ""],
    ["blank", " \n\t "],
    ["too long", "a".repeat(4_001)],
    ["a number", 5],
    ["null", null],
    ["a list", ["hello"]],
  ])("is refused when a message is %s", async (_what, text) => {
    const call = ann.untyped.mutation("realtime.rooms.post", { roomId: "lobby", text });
    expect(await refusal(call)).toEqual(refused("BAD_REQUEST", /^Invalid input of "rooms.post": text: /));
  });

  test("may hold any character in a text", async () => {
    const roomId = "characters";
    const text = "\u0000 \ud800 \udc00 🐟 \u2028 <script> %s ' \" \\";
    const { frames, stop } = follow(ann.trpc.rooms.watch, { roomId });
    await frames.count(2);
    expect(await ann.trpc.rooms.post.mutate({ roomId, text })).toMatchObject({ ok: true });
    const { data } = await frames.first(({ data: { kind } }) => kind === "events");
    stop();
    expect(data).toMatchObject({ events: [{ data: { text } }] });
  });

  test.each([
    ["unknown fields", { more: { than: ["asked", "for"] } }],
    ["a field that every object knows", { toString: 1, hasOwnProperty: 2 }],
    ["a date in an unknown field", { more: new Date(0) }],
  ])("may come with %s, which have no effect", async (_what, more) => {
    const counterId = crypto.randomUUID();
    const call = ann.untyped.mutation("realtime.counter.add", { counterId, by: 1, ...more });
    expect(await call).toEqual({ ok: true, offset: 1, result: { sum: 1 } });
  });

  test.each([
    ["a big number of another kind", { more: 1n }],
    ["itself", circular()],
  ])("is refused when an unknown field holds %s", async (_what, more) => {
    const call = ann.untyped.mutation("realtime.counter.add", { ...home, by: 1, ...more });
    expect(await refusal(call)).toEqual(refused("BAD_REQUEST", /plain JSON/));
  });
});

describe("A commandId", () => {
  test.each(["", "a".repeat(129), 5, true, {}])("is refused when it is %j", async (commandId) => {
    const call = ann.untyped.mutation("realtime.counter.add", { ...home, by: 1, commandId });
    expect(await refusal(call)).toEqual(refused("BAD_REQUEST", /^commandId must be/));
  });

  test.each(["a", "a".repeat(128), ...inherited, "🐟".repeat(64), "' or 1=1 --"])("may be %j", async (commandId) => {
    const input = { counterId: crypto.randomUUID(), by: 1, commandId };
    const first = await ann.trpc.counter.add.mutate(input);
    expect(first).toMatchObject({ ok: true, offset: 1 });
    expect(await ann.trpc.counter.add.mutate(input)).toEqual(first);
  });
});

describe("Presence", () => {
  const state = { typing: false };

  test.each([
    ["without a clientId", { presence: state }],
    ["with an empty clientId", { presence: state, clientId: "" }],
    ["with too long a clientId", { presence: state, clientId: "a".repeat(129) }],
    ["with a clientId that is no text", { presence: state, clientId: 5 }],
    ["without a state", { presence: null, clientId: "tab" }],
    ["with a state that does not fit", { presence: { typing: "yes" }, clientId: "tab" }],
  ])("is refused %s", async (_what, given) => {
    const { presence, ...rest } = given;
    expect(await refusedWatch("realtime.counter.watch", { ...home, ...given })).toEqual(refused("BAD_REQUEST"));
    const call = ann.untyped.mutation("realtime.counter.presence", { ...home, ...rest, state: presence });
    expect(await refusal(call)).toEqual(refused("BAD_REQUEST"));
  });

  test("is refused on a channel that has none", async () => {
    const input = { place: "open", presence: state, clientId: "tab" };
    expect(await refusedWatch("realtime.mischief.watch", input)).toEqual(
      refused("BAD_REQUEST", /declares no presence/),
    );
    const call = ann.untyped.mutation("realtime.mischief.presence", { place: "open", clientId: "tab", state });
    expect(await refusal(call)).toEqual(refused("NOT_FOUND"));
  });

  test("is changed by nobody but the one whose it is", async () => {
    await using ben = connectBySocket(app, "ben");
    const watch = follow(ben.trpc.counter.watch, { ...home, presence: state, clientId: "tab-of-ben" });
    await watch.frames.first(({ data }) => data.kind === "presence");
    const change = (client: Connected) =>
      client.trpc.counter.presence.mutate({ ...home, clientId: "tab-of-ben", state: { typing: true } });
    expect(await refusal(change(ann))).toEqual(refused("NOT_FOUND", /not present here/));
    await change(ben);
    watch.stop();
  });
});

describe("Who is not signed in", () => {
  test("is refused whatever they ask for", async () => {
    await using nobody = connectBySocket(app, null);
    const { trpc, untyped } = nobody;
    const watch = followUntyped(nobody, "realtime.counter.watch", home);
    expect(codeOf((await watch.errors.count(1))[0])).toEqual(refused("UNAUTHORIZED", /^Sign in/));
    const lobby = { roomId: "lobby" };
    const calls = [
      trpc.counter.add.mutate({ ...home, by: 1 }),
      trpc.counter.sum.query(home),
      trpc.counter.broadcast.mutate({ ...home, name: "wave", data: {} }),
      trpc.counter.presence.mutate({ ...home, clientId: "tab", state: { typing: true } }),
      trpc.rooms.post.mutate({ ...lobby, text: "hello" }),
      trpc.rooms.history.query(lobby),
      untyped.mutation("realtime.counter.touch", { ...home, user: { id: "ann" } }),
    ].map(refusal);
    for (const answer of await Promise.all(calls)) expect(answer).toEqual(refused("UNAUTHORIZED", /^Sign in/));
  });
});

function circular(): object {
  const more: { self?: unknown } = {};
  more.self = more;
  return { more };
}
