import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { historyLimits, maxRoles, type RoomRole, rooms, roomWindow } from "@shoal/contract/rooms";
import { createMemoryStore, initRealtime, system, type User } from "@shoal/server";
import { serveRooms } from "@shoal/server/rooms";
import { initTRPC } from "@trpc/server";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createApp, userOf } from "../support/app.ts";
import { quiet } from "../support/quiet.ts";
import { readAll } from "../support/reader.ts";
import { eventually } from "../support/recorder.ts";
import { tries } from "../support/seed.ts";
import { createRooms, type RoomsApp } from "./rooms-app.ts";

const lobby = { roomId: "lobby" };
const rejected = (reason: string) => ({ ok: false, reason });

function personOf(id: string) {
  return { id, name: id.toUpperCase() };
}

/** A room that this person made. */
async function createRoom(app: RoomsApp, owner: string) {
  const outcome = await app.as(owner).rooms.create({ name: "Reef" });
  assert(outcome.ok);
  return outcome.params;
}

/** Posts, and returns the message's id. */
async function post(app: RoomsApp, who: string, room: { roomId: string }, text = "hello"): Promise<string> {
  const commandId = `${who}-${text}`;
  expect(await app.as(who).rooms.post({ ...room, text, commandId })).toMatchObject({ ok: true });
  return commandId;
}

async function entriesOf(app: RoomsApp, room: { roomId: string }) {
  const { entries } = await app.realtime.topic(rooms, room).as(system).state();
  return entries;
}

/** What is there of a room, as its state and its history tell it in one. */
async function textsOf(app: RoomsApp, room: { roomId: string }) {
  const { items } = await app.as("ann").rooms.history({ ...room, limit: roomWindow });
  expect(items.toReversed()).toEqual(await entriesOf(app, room));
  return items.toReversed().map((entry) => (entry.kind === "message" ? entry.text : entry.kind));
}

describe("A room", () => {
  test("shows a message with its author, its text as trimmed and its time", async () => {
    let time = 5_000;
    await using app = createApp({ store: createMemoryStore({ now: () => time++ }) });
    await app.as("ann").rooms.post({ ...lobby, text: "  hello  ", commandId: "c1" });
    const { items } = await app.as("ben").rooms.history(lobby);
    const author = { id: "ann", name: "ANN" };
    expect(items).toEqual([
      { kind: "message", id: "c1", offset: 1, author, text: "hello", at: expect.any(Number), editedAt: null },
    ]);
  });

  test("names an author by the id who has no name", async () => {
    const t = initTRPC.create();
    const { createRealtime } = initRealtime({ t, user: (): User => ({ id: "ann" }) });
    const { router, close } = createRealtime({ channels: [serveRooms()], store: createMemoryStore(), logger: quiet });
    const caller = router.createCaller({});
    await caller.rooms.post({ ...lobby, text: "hello" });
    expect((await caller.rooms.history(lobby)).items).toMatchObject([{ author: { id: "ann", name: "ann" } }]);
    await close();
  });

  test("takes no two messages of one id, though they come from two people, and though the first has left the state", async () => {
    await using app = createRooms();
    const first = { ...lobby, text: "hello", commandId: "c1" };
    await app.as("ann").rooms.post(first);
    await expect(app.as("ben").rooms.post(first)).rejects.toMatchObject({ code: "CONFLICT" });
    for (let index = 0; index < roomWindow; index += 1) await post(app, "ann", lobby, `message ${index}`);
    expect(await entriesOf(app, lobby)).not.toContainEqual(expect.objectContaining({ id: "c1" }));
    await expect(app.as("ben").rooms.post(first)).rejects.toMatchObject({ code: "CONFLICT" });
  });

  test("takes a command that is sent twice once, and answers it the same", async () => {
    await using app = createRooms();
    const ann = app.as("ann").rooms;
    const make = () => ann.create({ name: "Reef", commandId: "make" });
    const made = await make();
    assert(made.ok);
    const room = made.params;
    const twice = [
      make,
      () => ann.post({ ...room, text: "hello", commandId: "say" }),
      () => ann.edit({ ...room, messageId: "say", text: "hello!", commandId: "edit" }),
      () => ann.grant({ ...room, to: personOf("ben"), role: "moderator", commandId: "grant" }),
      () => ann.rename({ ...room, name: "Harbour", commandId: "rename" }),
      () => ann.remove({ ...room, messageId: "say", commandId: "remove" }),
    ];
    for (const send of twice) {
      const first = await send();
      expect(first).toMatchObject({ ok: true });
      expect(await send()).toEqual(first);
    }
    expect(await textsOf(app, room)).toEqual(["created", "granted", "renamed"]);
    expect((await app.realtime.topic(rooms, room).as(system).snapshot()).offset).toBe(6);
  });

  test("lets in whom its application says", async () => {
    const t = initTRPC.context<{ user: User | null }>().create();
    const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
    const served = serveRooms<User | null, { user: User | null }>({
      authorize: ({ user, params, action }) => user?.id === "ann" || (params.roomId === "open" && action !== "create"),
    });
    const { router, close } = createRealtime({ channels: [served], store: createMemoryStore(), logger: quiet });
    const as = (token: string | null) => router.createCaller({ user: userOf(token) }).rooms;
    expect(await as("ann").post({ ...lobby, text: "hello" })).toMatchObject({ ok: true });
    await expect(as("ben").create({ name: "Mine" })).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(as("ben").watch(lobby)).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(as("ben").history(lobby)).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(as(null).watch(lobby)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    expect(await as("ben").history({ roomId: "open" })).toEqual({ items: [], nextCursor: null });
    expect(await as(null).watch({ roomId: "open" })).toBeDefined();
    await expect(as(null).post({ roomId: "open", text: "who?" })).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    expect(await as(null).rename({ roomId: "open", name: "Mine" })).toEqual(rejected("NOT_ALLOWED"));
    await close();
  });

  test("carries a reaction to whoever is there, and keeps nothing of it", async () => {
    await using app = createRooms();
    const messageId = await post(app, "ann", lobby);
    const abort = new AbortController();
    const frames = app.realtime.topic(rooms, lobby).as(userOf("ben")).subscribe({ signal: abort.signal });
    for await (const { frame } of frames) {
      if (frame.kind === "snapshot") {
        await app.as("cleo").rooms.broadcast({ ...lobby, name: "reaction", data: { messageId, emoji: "🐟" } });
      }
      if (frame.kind !== "broadcast") continue;
      expect(frame).toMatchObject({ name: "reaction", data: { messageId, emoji: "🐟" }, from: personOf("cleo") });
      abort.abort();
      break;
    }
    expect(await textsOf(app, lobby)).toEqual(["hello"]);
  });

  test("tells who came and who left where the application lets it", async () => {
    await using app = createRooms({ joins: true });
    const told = async (texts: readonly string[]) => isDeepStrictEqual(await textsOf(app, lobby), texts);
    const member = { presence: { typing: false }, clientId: "tab" };
    const ben = readAll(await app.as("ben").rooms.watch({ ...lobby, ...member }));
    await eventually(() => told(["joined"]), "it is told that he came");
    await post(app, "ben", lobby);
    await ben.end();
    await eventually(() => told(["joined", "hello", "left"]), "it is told that he left");
    expect((await entriesOf(app, lobby))[0]).toMatchObject({ kind: "joined", who: personOf("ben") });
  });
});

describe("A message", () => {
  test("is edited by its author, and its text in the state and in the history is the new one", async () => {
    await using app = createRooms();
    const messageId = await post(app, "ann", lobby);
    expect(await app.as("ann").rooms.edit({ ...lobby, messageId, text: " hello! " })).toEqual({ ok: true, offset: 2 });
    expect(await textsOf(app, lobby)).toEqual(["hello!"]);
    expect(await entriesOf(app, lobby)).toMatchObject([{ offset: 1, editedAt: expect.any(Number) }]);
  });

  test("is removed by its author, and is then nowhere to be edited or removed", async () => {
    await using app = createRooms();
    const messageId = await post(app, "ann", lobby);
    expect(await app.as("ann").rooms.remove({ ...lobby, messageId })).toEqual({ ok: true, offset: 2 });
    expect(await textsOf(app, lobby)).toEqual([]);
    expect(await app.as("ann").rooms.edit({ ...lobby, messageId, text: "again" })).toEqual(rejected("NOT_FOUND"));
    expect(await app.as("ann").rooms.remove({ ...lobby, messageId })).toEqual(rejected("NOT_FOUND"));
  });

  test("is not edited or removed by a stranger, nor found in another room or by another tenant", async () => {
    await using app = createRooms();
    const messageId = await post(app, "ann", lobby);
    const tries = (who: string, roomId = "lobby") => {
      const { edit, remove } = app.as(who).rooms;
      return Promise.all([edit({ roomId, messageId, text: "mine" }), remove({ roomId, messageId })]);
    };
    expect(await tries("ben")).toEqual([rejected("NOT_ALLOWED"), rejected("NOT_ALLOWED")]);
    expect(await tries("ann", "attic")).toEqual([rejected("NOT_FOUND"), rejected("NOT_FOUND")]);
    expect(await tries("ann@acme")).toEqual([rejected("NOT_FOUND"), rejected("NOT_FOUND")]);
    expect(await textsOf(app, lobby)).toEqual(["hello"]);
  });

  test("is edited and removed by the room's owner, its moderators, and those of the application", async () => {
    await using app = createRooms();
    const room = await createRoom(app, "ann");
    await app.as("ann").rooms.grant({ ...room, to: personOf("cleo"), role: "moderator" });
    for (const who of ["ann", "cleo", "mod"]) {
      const messageId = await post(app, "ben", room, `for ${who}`);
      const { edit, remove } = app.as(who).rooms;
      expect(await edit({ ...room, messageId, text: "tidied" })).toMatchObject({ ok: true });
      expect(await textsOf(app, room)).toContain("tidied");
      expect(await remove({ ...room, messageId })).toMatchObject({ ok: true });
    }
    expect(await textsOf(app, room)).toEqual(["created", "granted"]);
  });

  test("is edited and removed also after it has left the state, by whom it may be, and the room counts that", async () => {
    await using app = createRooms();
    const [first = "", second = ""] = [await post(app, "ann", lobby, "one"), await post(app, "ann", lobby, "two")];
    for (let index = 0; index < roomWindow; index += 1) await post(app, "ben", lobby, `message ${index}`);
    expect(await app.as("ben").rooms.remove({ ...lobby, messageId: first })).toEqual(rejected("NOT_ALLOWED"));
    expect(await app.as("ann").rooms.edit({ ...lobby, messageId: second, text: "2" })).toMatchObject({ ok: true });
    expect(await app.as("ann").rooms.remove({ ...lobby, messageId: first })).toMatchObject({ ok: true });
    const { older, revision } = await app.realtime.topic(rooms, lobby).as(system).state();
    expect({ older, revision }).toEqual({ older: 2, revision: 2 });
    const { items } = await app.as("ben").rooms.history({ ...lobby, cursor: older + 1 });
    expect(items).toMatchObject([{ id: second, text: "2", editedAt: expect.any(Number) }]);
  });

  test("that two people edit at once has the text of who came last, for both and in the history", async () => {
    await using app = createRooms();
    const messageId = await post(app, "ann", lobby);
    const edit = (who: string) => app.as(who).rooms.edit({ ...lobby, messageId, text: `by ${who}` });
    const outcomes = await Promise.all([edit("ann"), edit("mod")]);
    const offsets = outcomes.map((outcome) => (outcome.ok ? outcome.offset : 0));
    expect(offsets.toSorted()).toEqual([2, 3]);
    expect(await textsOf(app, lobby)).toEqual([offsets[0] === 3 ? "by ann" : "by mod"]);
  });

  test("that one edits while another removes it is gone, and the edit is told so or goes with it", async () => {
    await using app = createRooms();
    const messageId = await post(app, "ann", lobby);
    const [edited, removed] = await Promise.all([
      app.as("ann").rooms.edit({ ...lobby, messageId, text: "better" }),
      app.as("mod").rooms.remove({ ...lobby, messageId }),
    ]);
    expect(removed.ok).toBe(true);
    expect([true, "NOT_FOUND"]).toContain(edited.ok || edited.reason);
    expect(await textsOf(app, lobby)).toEqual([]);
  });
});

describe("The owner of a room", () => {
  test("is who created it, and may rename it", async () => {
    await using app = createRooms();
    const room = await createRoom(app, "ann");
    expect(await app.as("ben").rooms.rename({ ...room, name: "Mine" })).toEqual(rejected("NOT_ALLOWED"));
    expect(await app.as("ann").rooms.rename({ ...room, name: " Harbour " })).toMatchObject({ ok: true });
    const { name, roles, entries } = await app.realtime.topic(rooms, room).as(system).state();
    expect({ name, roles }).toEqual({ name: "Harbour", roles: [{ person: personOf("ann"), role: "owner" }] });
    expect(entries).toMatchObject([
      { kind: "created", by: personOf("ann"), name: "Reef" },
      { kind: "renamed", by: personOf("ann"), name: "Harbour" },
    ]);
  });

  test("may make somebody else an owner, and is one until then", async () => {
    await using app = createRooms();
    const room = await createRoom(app, "ann");
    const step = (who: string, to: string, role: RoomRole) =>
      app.as(who).rooms.grant({ ...room, to: personOf(to), role });
    expect(await step("ann", "ann", "member")).toEqual(rejected("LAST_OWNER"));
    expect(await step("mod", "ann", "moderator")).toEqual(rejected("LAST_OWNER"));
    expect(await step("ann", "ben", "owner")).toMatchObject({ ok: true });
    expect(await step("ann", "ann", "member")).toMatchObject({ ok: true });
    expect(await step("ann", "ann", "owner")).toEqual(rejected("NOT_ALLOWED"));
    expect((await entriesOf(app, room)).at(-1)).toMatchObject({ kind: "granted", to: personOf("ann"), role: "member" });
  });

  test("is nobody in a room that nobody created, which the application's moderators keep", async () => {
    await using app = createRooms();
    await post(app, "ann", lobby);
    const step = (who: string) => app.as(who).rooms.grant({ ...lobby, to: personOf("ann"), role: "owner" });
    expect(await step("ann")).toEqual(rejected("NOT_ALLOWED"));
    expect(await app.as("ann").rooms.rename({ ...lobby, name: "Mine" })).toEqual(rejected("NOT_ALLOWED"));
    expect(await step("mod")).toMatchObject({ ok: true });
    expect(await app.as("ann").rooms.rename({ ...lobby, name: "Mine" })).toMatchObject({ ok: true });
  });
});

describe("A moderator of a room", () => {
  test("makes others moderators, and no owners, and takes nothing from an owner", async () => {
    await using app = createRooms();
    const room = await createRoom(app, "ann");
    const step = (who: string, to: string, role: RoomRole) =>
      app.as(who).rooms.grant({ ...room, to: personOf(to), role });
    expect(await step("ben", "ben", "moderator")).toEqual(rejected("NOT_ALLOWED"));
    expect(await step("ann", "ben", "moderator")).toMatchObject({ ok: true });
    expect(await step("ben", "cleo", "moderator")).toMatchObject({ ok: true });
    expect(await step("ben", "cleo", "owner")).toEqual(rejected("NOT_ALLOWED"));
    expect(await step("ben", "ann", "member")).toEqual(rejected("NOT_ALLOWED"));
    expect(await step("cleo", "ben", "member")).toMatchObject({ ok: true });
    expect(await step("ben", "cleo", "member")).toEqual(rejected("NOT_ALLOWED"));
  });

  test("is one of so many at most, beyond which a role has to be taken back first", async () => {
    await using app = createRooms();
    const room = await createRoom(app, "ann");
    const step = (to: string, role: RoomRole) => app.as("ann").rooms.grant({ ...room, to: personOf(to), role });
    for (let index = 1; index < maxRoles; index += 1) await step(`m${index}`, "moderator");
    expect(await step("ben", "moderator")).toEqual({ ...rejected("TOO_MANY"), most: maxRoles });
    expect(await step("m1", "owner")).toMatchObject({ ok: true });
    expect(await step("m2", "member")).toMatchObject({ ok: true });
    expect(await step("ben", "moderator")).toMatchObject({ ok: true });
  });
});

describe("The history of a room", () => {
  test("is read from the newest message to the first, page by page, each once, while others post", async () => {
    const page = fc.record({ count: fc.nat(12), limit: fc.integer({ min: 1, max: 5 }), meanwhile: fc.nat(2) });
    await fc.assert(
      fc.asyncProperty(page, async ({ count, limit, meanwhile }) => {
        await using app = createApp();
        const ann = app.as("ann").rooms;
        const texts = Array.from({ length: count }, (_, index) => `message ${index + 1}`);
        for (const text of texts) await ann.post({ ...lobby, text });
        const read: string[] = [];
        let cursor: number | null | undefined;
        while (cursor !== null) {
          const { items, nextCursor } = await ann.history({ ...lobby, limit, ...(cursor !== undefined && { cursor }) });
          expect(items.length).toBeLessThanOrEqual(limit);
          read.push(...items.map((entry) => (entry.kind === "message" ? entry.text : entry.kind)));
          expect(nextCursor ?? 0).toBeLessThan(cursor ?? Number.POSITIVE_INFINITY);
          cursor = nextCursor;
          for (let index = 0; index < meanwhile; index += 1) await ann.post({ ...lobby, text: "meanwhile" });
        }
        expect(read).toEqual(texts.toReversed());
      }),
      tries(40),
    );
  });

  test("goes on where the state ends", async () => {
    await using app = createApp();
    const ann = app.as("ann").rooms;
    for (let index = 1; index <= roomWindow + 5; index += 1) await ann.post({ ...lobby, text: `message ${index}` });
    const { older } = await app.realtime.topic(rooms, lobby).as(system).state();
    const { items, nextCursor } = await ann.history({ ...lobby, cursor: older + 1, limit: 3 });
    expect(items).toMatchObject([{ text: "message 5" }, { text: "message 4" }, { text: "message 3" }]);
    expect(nextCursor).toBe(3);
    expect((await ann.history(lobby)).items).toHaveLength(historyLimits.usual);
    expect(await ann.history({ ...lobby, cursor: 1 })).toEqual({ items: [], nextCursor: null });
    const newest = await ann.history({ ...lobby, cursor: 1_000_000, limit: 1 });
    expect(newest.items).toMatchObject([{ text: `message ${roomWindow + 5}` }]);
  });
});
