import { rooms, roomWindow } from "@shoal/contract/rooms";
import { createMemoryStore, type Store, system } from "@shoal/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apart } from "../durability/apart.ts";
import { kinds, type Places } from "../durability/kinds.ts";
import { openAt } from "../durability/store-at.ts";
import { tablesWith } from "../erasure/search.ts";
import { userOf } from "../support/app.ts";
import { eventually } from "../support/recorder.ts";
import { createRooms, type RoomsApp } from "./rooms-app.ts";

const lobby = { roomId: "lobby" };
const texts = ["what-she-said-first", "what-she-said-then", "what-the-moderator-made-of-it"];

/** Where a text stands in a store, by the names of its tables. */
type Search = (text: string) => Promise<readonly string[]>;

interface Opened {
  readonly store: Store;
  readonly search: Search;
}

/** The first frame that who watches from there gets. */
async function opening(app: RoomsApp, position?: string) {
  const watch = app.realtime
    .topic(rooms, lobby)
    .as(userOf("ben"))
    .subscribe({ ...(position && { position }) });
  for await (const { frame } of watch) return frame;
  return undefined;
}

/** Ann says something, edits it, a moderator does, too, and others go on talking until it has left the state. */
async function sayMuch(app: RoomsApp, more: number): Promise<void> {
  const [first = "", second = "", third = ""] = texts;
  await app.as("ann").rooms.post({ ...lobby, text: first, commandId: "say" });
  await app.as("ann").rooms.edit({ ...lobby, messageId: "say", text: second });
  await app.as("mod").rooms.edit({ ...lobby, messageId: "say", text: third });
  for (let index = 0; index < more; index += 1) await app.as("ben").rooms.post({ ...lobby, text: `talk ${index}` });
}

async function everywhere(app: RoomsApp): Promise<string> {
  const topic = app.realtime.topic(rooms, lobby).as(system);
  const pages = await Promise.all([
    app.as("ben").rooms.history({ ...lobby, limit: 100 }),
    app.as("ben").rooms.history({ ...lobby, limit: 100, cursor: 5 }),
    topic.history({ limit: 1_000 }),
    topic.snapshot(),
    opening(app),
  ]);
  return JSON.stringify(pages);
}

function laws(open: () => Promise<Opened>): void {
  test.each([
    { when: "just after it was said", more: 2 },
    { when: "after it has left the state", more: roomWindow + 3 },
  ])("is in no table, snapshot, page or replay any more when it is removed $when", async ({ more }) => {
    const { store, search } = await open();
    await using app = createRooms({ store });
    const { position: early } = await app.realtime.topic(rooms, lobby).as(system).snapshot();
    await sayMuch(app, more);
    for (const text of texts) expect(await search(text)).not.toEqual([]);
    const removed = await app.as("ann").rooms.remove({ ...lobby, messageId: "say" });
    expect(removed).toMatchObject({ ok: true });
    for (const text of texts) {
      await eventually(async () => (await search(text)).length === 0, `"${text}" is in no table`);
      expect(await everywhere(app)).not.toContain(text);
    }
    const replay = await opening(app, early);
    expect(replay).toMatchObject({ kind: "snapshot" });
    expect(texts.filter((text) => JSON.stringify(replay).includes(text))).toEqual([]);
    const [first = ""] = texts;
    const again = await app.as("ann").rooms.post({ ...lobby, text: first, commandId: "say" });
    expect(again).toEqual({ ok: true, offset: 1 });
    expect(await search(first)).toEqual([]);
  });

  test("is the same in the history as it was said, whatever characters it has, and ids that no store keeps are refused", async () => {
    const { store } = await open();
    await using app = createRooms({ store });
    const text = '\u0000 \ud800 \udc00 🐟 \u2028 " \\';
    const ann = app.as("ann").rooms;
    await ann.post({ ...lobby, text, commandId: "say" });
    await ann.edit({ ...lobby, messageId: "say", text: `${text}!` });
    await app.as("mod").rooms.grant({ ...lobby, to: { id: "ann", name: text }, role: "owner" });
    const { items } = await ann.history(lobby);
    expect(items).toMatchObject([{ to: { id: "ann", name: text } }, { text: `${text}!` }]);
    const refused = [
      ann.remove({ ...lobby, messageId: "\u0000" }),
      ann.grant({ ...lobby, to: { id: "\ud800", name: "" }, role: "member" }),
      ann.rename({ ...lobby, name: "\u0000 reef" }),
    ];
    for (const call of refused) await expect(call).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });

  test("leaves with its author when they are erased, and so do their roles and the lines that name them", async () => {
    const { store, search } = await open();
    await using app = createRooms({ store });
    const made = await app.as("ann-1815").rooms.create({ name: "Reef" });
    const { roomId } = made.ok ? made.params : lobby;
    const reef = { roomId };
    await app.as("ann-1815").rooms.post({ ...reef, text: "mine", commandId: "old" });
    await app.as("ben").rooms.post({ ...reef, text: "Ben's" });
    await app.as("mod").rooms.grant({ ...reef, to: { id: "ann-1815", name: "Ann" }, role: "owner" });
    expect(await app.realtime.eraseUser("ann-1815")).toMatchObject({ unhandled: [] });
    const { items } = await app.as("ben").rooms.history(reef);
    expect(items).toMatchObject([{ kind: "message", text: "Ben's" }]);
    expect(await app.realtime.topic(rooms, reef).as(system).state()).toMatchObject({ roles: [], revision: 1 });
    expect(await search("ann-1815")).toEqual([]);
  });

  test("is gone with its room, which begins anew, and another tenant's room of that name stays", async () => {
    const { store, search } = await open();
    await using app = createRooms({ store });
    await sayMuch(app, 0);
    await app.as("ann@acme").rooms.post({ ...lobby, text: "Acme's own" });
    await app.realtime.topic(rooms, lobby).as(system).erase();
    for (const text of texts) expect(await search(text)).toEqual([]);
    expect(await app.as("ben").rooms.history(lobby)).toEqual({ items: [], nextCursor: null });
    expect((await app.as("ann@acme").rooms.history(lobby)).items).toMatchObject([{ text: "Acme's own" }]);
    expect(await app.as("ben").rooms.post({ ...lobby, text: "anew" })).toEqual({ ok: true, offset: 1 });
  });
}

describe("What somebody said in a room, in memory,", () => {
  laws(async () => {
    const store = createMemoryStore();
    return { store, search: (text) => memoryTablesWith(store, text) };
  });
});

for (const { name, here, prepare } of kinds) {
  describe.skipIf(!here)(`What somebody said in a room, on ${name},`, () => {
    let places: Places;
    beforeAll(async () => {
      places = await prepare();
    }, 60_000);
    afterAll(() => places[Symbol.asyncDispose]());

    laws(async () => {
      const at = await apart(places.next());
      return { store: openAt(at), search: (text) => tablesWith(at, text) };
    });
  });
}

async function memoryTablesWith({ sql }: Store, text: string): Promise<readonly string[]> {
  const { rows } = await sql.query("SELECT name FROM sqlite_master WHERE type = 'table'", []);
  const found: string[] = [];
  for (const { name } of rows) {
    const all = await sql.query(`SELECT * FROM "${String(name)}"`, []);
    if (JSON.stringify(all.rows).includes(text)) found.push(String(name));
  }
  return found;
}
