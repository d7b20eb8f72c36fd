import assert from "node:assert/strict";
import { announcements } from "@shoal/contract/announcements";
import { directoryWindow, roomDirectory } from "@shoal/contract/room-directory";
import { type Rooms, rooms } from "@shoal/contract/rooms";
import { effect, system, type User } from "@shoal/server";
import { serveAnnouncements } from "@shoal/server/announcements";
import { serveRoomDirectory } from "@shoal/server/room-directory";
import { serveRooms } from "@shoal/server/rooms";
import { testRealtime } from "@shoal/server/testing";
import { describe, expect, test } from "vitest";
import { eventually } from "../support/recorder.ts";
import { createRooms } from "./rooms-app.ts";

const mod: User = { id: "mod", name: "Mo" };
const ada: User = { id: "ada", name: "Ada" };
const lobby = { roomId: "lobby" };

function world(directory: boolean | ((params: Rooms["params"]) => boolean) = true) {
  const moderator = (user: User | null): boolean => user?.id === "mod";
  const served = [
    serveRooms({ directory, moderator }),
    serveRoomDirectory({ moderator, announceRooms: true }),
    serveAnnouncements(),
  ];
  return testRealtime({ channels: served });
}

async function createRoom(w: ReturnType<typeof world>, name: string) {
  const outcome = await w.as(ada).channel(rooms).create({ name });
  assert(outcome.ok);
  await w.settle();
  return outcome.params;
}

describe("The directory of rooms", () => {
  test("lists a room once it is created, by its name, also after it was renamed, and tells everybody that it was opened", async () => {
    await using w = world();
    const directory = await w.as(ada).topic(roomDirectory, {});
    const told = await w.as(null).topic(announcements, {});
    const { roomId } = await createRoom(w, "Reef");
    expect(directory.state?.rooms).toEqual([{ roomId, name: "Reef", offset: 1, lastAt: w.now }]);
    expect(told.state?.latest).toMatchObject([{ kind: "opened", roomId, name: "Reef" }]);
    const room = await w.as(ada).topic(rooms, { roomId });
    await room.send.rename({ name: "Harbour" });
    await w.settle();
    expect(directory.state?.rooms).toMatchObject([{ roomId, name: "Harbour" }]);
    expect(told.state?.latest).toHaveLength(1);
  });

  test("lists a room that nobody created once something is said in it", async () => {
    await using w = world();
    const directory = await w.as(ada).topic(roomDirectory, {});
    const room = await w.as(ada).topic(rooms, lobby);
    await room.send.post({ text: "hello" });
    await w.settle();
    expect(directory.state?.rooms).toEqual([{ ...lobby, name: "lobby", offset: 1, lastAt: w.now }]);
  });

  test("is led to besides the effects that the application names", async () => {
    const tell = ({ type }: { readonly type: string }) =>
      type === "posted"
        ? [effect(announcements, {}, "announce", { notice: { kind: "text", text: "!", by: ada } as never })]
        : [];
    await using w = testRealtime({
      channels: [serveRooms({ directory: true, effects: tell }), serveRoomDirectory(), serveAnnouncements()],
    });
    const directory = await w.as(ada).topic(roomDirectory, {});
    const told = await w.as(null).topic(announcements, {});
    const room = await w.as(ada).topic(rooms, lobby);
    await room.send.post({ text: "hello" });
    await w.settle();
    expect(directory.state?.rooms).toHaveLength(1);
    expect(told.state?.latest).toMatchObject([{ kind: "text", text: "!" }]);
  });

  test("lists no room that the application leaves out", async () => {
    await using w = world(({ roomId }) => roomId !== "lobby");
    const room = await w.as(ada).topic(rooms, lobby);
    await room.send.post({ text: "hello" });
    await w.settle();
    expect(await w.log(roomDirectory, {})).toEqual([]);
  });

  test("is told once a minute that something was said, however much that is", async () => {
    await using w = world();
    const room = await w.as(ada).topic(rooms, await createRoom(w, "Reef"));
    for (let minute = 0; minute < 3; minute += 1) {
      await w.advance("1m");
      for (let index = 0; index < 5; index += 1) await room.send.post({ text: `${minute}, ${index}` });
      await w.settle();
    }
    const log = await w.log(roomDirectory, {});
    expect(log.map(({ type }) => type)).toEqual(["added", "touched", "touched", "touched"]);
    const { rooms: listed } = await w.system(roomDirectory, {}).state();
    expect(listed).toMatchObject([{ lastAt: w.now }]);
  });

  test("forgets a room that the server takes off it, until something is said there again", async () => {
    await using w = world();
    const directory = await w.as(ada).topic(roomDirectory, {});
    const params = await createRoom(w, "Reef");
    await w.system(roomDirectory, {}).send.delist(params);
    expect(directory.state?.rooms).toEqual([]);
    const room = await w.as(ada).topic(rooms, params);
    await w.advance("1m");
    await room.send.post({ text: "still here" });
    await w.settle();
    expect(directory.state?.rooms).toMatchObject([{ ...params, name: "Reef" }]);
  });

  test("tells the same in its list as in its state, of rooms that are named anew, spoken in and taken off", async () => {
    await using app = createRooms();
    const [reef, harbour] = [
      await app.as("ann").rooms.create({ name: "Reef" }),
      await app.as("ann").rooms.create({ name: "Sea" }),
    ];
    assert(reef.ok && harbour.ok);
    await app.as("ann").rooms.rename({ ...reef.params, name: "Atoll" });
    await app.as("ann").rooms.post({ ...lobby, text: "hello" });
    const directory = app.realtime.topic(roomDirectory, {}).as(system);
    await eventually(async () => {
      const { rooms: held } = await directory.state();
      return held.length === 3 && held.some(({ name }) => name === "Atoll");
    }, "all of that is told");
    await directory.send.delist(harbour.params);
    const { rooms: held } = await directory.state();
    expect(held.map(({ name }) => name).toSorted()).toEqual(["Atoll", "lobby"]);
    expect((await app.as("ann").roomDirectory.list({})).items).toEqual(held.toReversed());
  });

  test("lists a room once that is erased and created again by the same command", async () => {
    await using w = world();
    const create = async () => {
      const outcome = await w.as(ada).channel(rooms).create({ name: "Reef" }, { commandId: "make" });
      assert(outcome.ok);
      await w.settle();
      return outcome.params;
    };
    const params = await create();
    await w.system(rooms, params).erase();
    expect(await create()).toEqual(params);
    expect(await w.system(rooms, params).state()).toMatchObject({ name: "Reef" });
    expect(await w.log(roomDirectory, {})).toHaveLength(1);
    expect(w.logged.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("holds the newest, and lists all of them page by page, each tenant its own", async () => {
    await using app = createRooms();
    const names = Array.from({ length: directoryWindow + 7 }, (_, index) => `Room ${index + 1}`);
    for (const name of names) await app.as("ann").rooms.create({ name });
    await app.as("ann@acme").rooms.create({ name: "Acme's own" });
    const { list } = app.as("ann").roomDirectory;
    await eventually(async () => (await list({ limit: 1 })).items[0]?.name === names.at(-1), "all rooms are listed");
    const { rooms: held } = await app.realtime.topic(roomDirectory, {}).as(system).state();
    expect(held.map(({ name }) => name)).toEqual(names.slice(-directoryWindow));
    const read: string[] = [];
    let cursor: number | null | undefined;
    while (cursor !== null) {
      const { items, nextCursor } = await list({ limit: 20, ...(cursor !== undefined && { cursor }) });
      read.push(...items.map(({ name }) => name));
      expect(nextCursor ?? 0).toBeLessThan(cursor ?? Number.POSITIVE_INFINITY);
      cursor = nextCursor;
    }
    expect(read).toEqual(names.toReversed());
    const acme = app.as("ann@acme").roomDirectory.list;
    await eventually(async () => (await acme({})).items.length > 0, "Acme's room is listed");
    expect((await acme({})).items.map(({ name }) => name)).toEqual(["Acme's own"]);
    await expect(app.as(null).roomDirectory.list({})).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  });
});

describe("An announcement", () => {
  test("is the application's moderators' to make, and reaches everybody", async () => {
    await using w = world();
    const told = await w.as(null).topic(announcements, {});
    const [theirs, hers] = [await w.as(mod).topic(roomDirectory, {}), await w.as(ada).topic(roomDirectory, {})];
    expect(await hers.send.announce({ text: "Buy fish" })).toEqual({ ok: false, reason: "NOT_ALLOWED" });
    expect(await theirs.send.announce({ text: " We close at ten " })).toEqual({ ok: true, offset: 1 });
    await w.settle();
    expect(told.state?.latest).toMatchObject([
      { kind: "text", text: "We close at ten", by: { id: "mod", name: "Mo" } },
    ]);
  });

  test("of a user who is erased is withdrawn", async () => {
    await using w = world();
    const told = await w.as(null).topic(announcements, {});
    await createRoom(w, "Reef");
    await (await w.as(mod).topic(roomDirectory, {})).send.announce({ text: "We close at ten" });
    await w.settle();
    expect(await w.eraseUser("mod")).toMatchObject({ unhandled: [] });
    expect(told.state?.latest).toMatchObject([{ kind: "opened" }]);
    for (const log of [await w.log(announcements, {}), await w.log(roomDirectory, {})]) {
      expect(JSON.stringify(log)).not.toContain("We close");
    }
  });
});
