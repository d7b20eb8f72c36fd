import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apart } from "../durability/apart.ts";
import { kinds, type Places } from "../durability/kinds.ts";
import { openAt } from "../durability/store-at.ts";
import { tablesWith } from "../erasure/search.ts";
import { createInbox, type InboxApp } from "./inbox-app.ts";
import { listAll } from "./inbox-views.ts";

const ann = { userId: "ann" };
const gone = "ben-1815";

/** Ben is named in Ann's inbox, in a group, alone, as a source and in what waits. */
async function tellOfBen(app: InboxApp): Promise<void> {
  await app.notify("ann", "like", { post: "old" }, { actor: gone });
  await app.notify("ann", "mention", { room: "reef", text: "old" }, { actor: gone, source: gone });
  await app.as("ann").setPreference({ ...ann, category: "general", via: "inApp", on: false });
  await app.notify("ann", "invite", { to: "tea" }, { actor: gone });
}

/** So much else happens that the log and the state have nothing of before any more. */
async function tellMuch(app: InboxApp): Promise<void> {
  for (let index = 0; index < 320; index += 1)
    await app.notify("ann", "alarm", { what: `${index}` }, { actor: "cleo" });
  await app.realtime.sweep();
}

for (const { name, here, prepare } of kinds) {
  describe.skipIf(!here)(`On ${name},`, () => {
    let places: Places;
    beforeAll(async () => {
      places = await prepare();
    }, 60_000);
    afterAll(() => places[Symbol.asyncDispose]());

    test("a user who is erased vanishes from the inboxes of others: from the log, the state and the tables", async () => {
      const at = await apart(places.next());
      await using app = createInbox({ store: openAt(at), after: { email: 3_600_000 } });
      await tellOfBen(app);
      await app.notify("ann", "like", { post: "old" }, { actor: "dan" });
      await app.as("ann").mute({ ...ann, source: gone });
      expect(await app.realtime.eraseUser(gone)).toMatchObject({ topics: 1, unhandled: [] });
      await app.realtime.sweep();
      expect(await tablesWith(at, gone)).toEqual([]);
      const { items, muted } = await app.hand("ann").state();
      expect(items).toMatchObject([
        { kind: "like", count: 2, actors: [{ id: "dan" }] },
        { kind: "mention", actors: [], source: null },
      ]);
      expect(muted).toEqual([]);
      expect((await app.as("ann").list(ann)).items).toEqual(items);
      expect(await app.realtime.eraseUser(gone)).toEqual({ topics: 0, events: 0, unhandled: [] });
    });

    test("a user who is erased vanishes from items that are in the tables alone", async () => {
      const at = await apart(places.next());
      await using app = createInbox({ store: openAt(at), after: { email: 3_600_000 } });
      await tellOfBen(app);
      await tellMuch(app);
      const tables = ["notification", "notification_part", "notification_dispatch"];
      expect((await tablesWith(at, gone)).toSorted()).toEqual(tables.toSorted());
      expect(await app.realtime.eraseUser(gone)).toEqual({ topics: 1, events: 0, unhandled: [] });
      expect(await tablesWith(at, gone)).toEqual([]);
      expect((await listAll(app, {}, 100)).slice(-2)).toMatchObject([
        { kind: "mention", actors: [], source: null },
        { kind: "like", actors: [] },
      ]);
    }, 30_000);

    test("a user who is erased has an empty inbox, and others of that name keep theirs", async () => {
      const at = await apart(places.next());
      await using app = createInbox({ store: openAt(at), after: { email: 3_600_000 } });
      await app.notify("ann", "like", { post: "what Ann was told" }, { actor: "dan", key: "k1" });
      await app.notify("ann", "like", { post: "another's" }, { tenant: "acme" });
      await app.as("ann").markRead({ ...ann, ids: [(await app.hand("ann").state()).items[0]?.id ?? ""] });
      expect(await tablesWith(at, "what Ann was told")).not.toEqual([]);
      expect(await app.realtime.eraseUser("ann")).toMatchObject({ topics: 1, unhandled: [] });
      expect(await tablesWith(at, "what Ann was told")).toEqual([]);
      expect(await tablesWith(at, "another's")).not.toEqual([]);
      expect(await app.hand("ann").state()).toMatchObject({
        items: [],
        counts: { total: 0, archived: 0 },
        wakeAt: null,
      });
      expect((await app.as("ann").list({ ...ann, since: 0 })).items).toEqual([]);
    });

    test("a removed item is at once in no table of the inbox, and in its log no longer than its retention keeps it", async () => {
      const at = await apart(places.next());
      await using app = createInbox({ store: openAt(at) });
      const sent = await app.notify("ann", "mention", { room: "reef", text: "to be removed" });
      await app.as("ann").remove({ ...ann, ids: [sent.ok ? sent.result.id : ""] });
      expect(await tablesWith(at, "to be removed")).toEqual(["events"].map((name) => expect.stringContaining(name)));
      await tellMuch(app);
      expect(await tablesWith(at, "to be removed")).toEqual([]);
    }, 30_000);

    test("whatever characters the data has come back as they were, and what no store keeps in an id or a key is refused", async () => {
      await using app = createInbox({ store: openAt(await apart(places.next())) });
      const text = '<img src=x onerror=alert(1)> \u0000 \ud800 \udc00 🐟 \u2028 " \\';
      await app.notify("ann", "mention", { room: text, text }, { key: "k'; DROP TABLE notification; --" });
      await app.notify("ann", "like", { post: text });
      await app.notify("ann", "like", { post: text });
      const { items } = await app.hand("ann").state();
      expect(items).toMatchObject([
        { kind: "like", data: { post: text }, count: 2 },
        { kind: "mention", data: { room: text, text } },
      ]);
      expect((await app.as("ann").list(ann)).items).toEqual(items);
      const me = app.as("ann");
      const refused = [
        me.markRead({ ...ann, ids: ["\u0000"] }),
        me.mute({ ...ann, source: "\ud800" }),
        me.list({ ...ann, kind: "\u0000" as "mention" }),
        me.markSeen({ ...ann, upTo: items[0]?.order ?? 0, category: "\u0000" as "talk" }),
        app.hand("ann").send.retract({ key: "\u0000" }),
        app.notify("ann", "alarm", { what: "smoke" }, { key: "\udc00" }),
        app.notify("ann", "alarm", { what: "smoke" }, { source: "\u0000" }),
        app.notify("ann", "alarm", { what: "smoke" }, { actor: "\u0000" }),
        app.notify("ann", "alarm", { what: "smoke" }, { link: "/\u0000" }),
        app.notify("\u0000", "alarm", { what: "smoke" }),
      ];
      for (const call of refused) await expect(call).rejects.toMatchObject({ code: "BAD_REQUEST" });
    });
  });
}
