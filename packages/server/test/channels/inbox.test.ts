import { maxMuted, notificationWindow } from "@shoal/contract/notifications";
import { testRealtime } from "@shoal/server/testing";
import { describe, expect, test } from "vitest";
import { serveInbox } from "../../src/channels/notification-inbox.ts";
import { createInbox, type InboxApp, inbox, inviteLife } from "./inbox-app.ts";
import { listAll } from "./inbox-views.ts";

const ann = { userId: "ann" };
const rejected = (reason: string) => ({ ok: false, reason });
const ok = expect.objectContaining({ ok: true });
const blank = { actor: null, link: null, source: null, key: null };

async function stateOf(app: InboxApp, userId = "ann") {
  return await app.hand(userId).state();
}

/** What an inbox shows, newest first, and what it counts. */
async function shown(app: InboxApp, userId = "ann") {
  const { items, counts } = await stateOf(app, userId);
  const { total, unread, unseen, archived } = counts;
  return { kinds: items.map(({ kind }) => kind), counts: [total, unread, unseen, archived] };
}

async function mention(app: InboxApp, text: string): Promise<string> {
  const outcome = await app.notify("ann", "mention", { room: "reef", text }, { actor: "ben" });
  if (!outcome.ok) throw new Error("It was not taken.");
  return outcome.result.id;
}

describe("An inbox", () => {
  test("shows what arrives, the newest first, and counts it, by category too", async () => {
    await using app = createInbox();
    const first = await mention(app, "hello");
    const sent = await app.notify("ann", "invite", { to: "tea" }, { link: "/tea", source: "teas" });
    expect(sent).toEqual({ ok: true, offset: 2, result: { id: expect.any(String), status: "arrived" } });
    const { items, counts } = await stateOf(app);
    expect(items).toMatchObject([
      { kind: "invite", category: "general", data: { to: "tea" }, actors: [], link: "/tea", source: "teas", order: 2 },
      { id: first, kind: "mention", category: "talk", actors: [{ id: "ben", name: "BEN" }], count: 1, readAt: null },
    ]);
    const one = { total: 1, unread: 1, unseen: 1 };
    const none = { total: 0, unread: 0, unseen: 0 };
    expect(counts).toEqual({
      ...{ total: 2, unread: 2, unseen: 2, archived: 0 },
      byCategory: { talk: one, general: one, security: none },
    });
    expect((await app.as("ann").list({ ...ann })).items).toEqual(items);
  });

  test("is marked by its user: seen, read, unread, archived, and back", async () => {
    await using app = createInbox();
    const id = await mention(app, "hello");
    const me = app.as("ann");
    const ids = { ...ann, ids: [id] };
    const steps = [
      { mark: () => me.markSeen(ids), counts: [1, 1, 0, 0] },
      { mark: () => me.markRead(ids), counts: [1, 0, 0, 0] },
      { mark: () => me.markUnread(ids), counts: [1, 1, 0, 0] },
      { mark: () => me.archive(ids), counts: [0, 0, 0, 1] },
      { mark: () => me.unarchive(ids), counts: [1, 1, 0, 0] },
      { mark: () => me.markAllRead({ ...ann, upTo: 1 }), counts: [1, 0, 0, 0] },
      { mark: () => me.archiveRead({ ...ann, upTo: 1 }), counts: [0, 0, 0, 1] },
      { mark: () => me.unarchive(ids), counts: [1, 0, 0, 0] },
      { mark: () => me.remove(ids), counts: [0, 0, 0, 0] },
    ];
    for (const { mark, counts } of steps) {
      expect(await mark()).toEqual(ok);
      expect((await shown(app)).counts).toEqual(counts);
      expect((await me.list(ann)).items).toEqual((await stateOf(app)).items);
    }
    expect(await me.markRead(ids)).toEqual(rejected("NOT_FOUND"));
  });

  test("is its user's alone, in each tenant another, unless the application says otherwise", async () => {
    await using app = createInbox();
    const id = await mention(app, "hello");
    await app.notify("ann", "alarm", { what: "at Acme" }, { tenant: "acme" });
    for (const who of ["ben", "ann@acme"]) {
      const { list, markRead, watch } = app.as(who);
      if (who === "ben") {
        const refused = [list(ann), markRead({ ...ann, ids: [id] }), watch(ann)];
        for (const call of refused) await expect(call).rejects.toMatchObject({ code: "FORBIDDEN" });
        continue;
      }
      expect((await list(ann)).items).toMatchObject([{ kind: "alarm", data: { what: "at Acme" } }]);
      expect(await markRead({ ...ann, ids: [id] })).toEqual(rejected("NOT_FOUND"));
    }
    await expect(app.as(null).list(ann)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    expect(await app.as("ben").markRead({ userId: "ben", ids: [id] })).toEqual(rejected("NOT_FOUND"));
    expect(await shown(app)).toMatchObject({ counts: [1, 1, 1, 0] });
  });

  test("holds as many as it may: the oldest leaves, archived or not", async () => {
    await using app = createInbox({ maxItems: 3 });
    const [first] = [await mention(app, "1"), await mention(app, "2")];
    await app.as("ann").archive({ ...ann, ids: [first] });
    await mention(app, "3");
    expect(await shown(app)).toMatchObject({ counts: [2, 2, 2, 1] });
    await mention(app, "4");
    expect(await shown(app)).toMatchObject({ counts: [3, 3, 3, 0] });
    await mention(app, "5");
    const texts = (await listAll(app, {}, 2)).map(({ data }) => data);
    expect(texts).toMatchObject([{ text: "5" }, { text: "4" }, { text: "3" }]);
    await app.as("ann").archiveRead({ ...ann, upTo: 100 });
    expect(await shown(app)).toMatchObject({ counts: [3, 3, 3, 0] });
  });

  test("lets an item leave when its time is over, before anything else is decided", async () => {
    await using w = testRealtime({ channels: [serveInbox(inbox)] });
    const device = await w.as({ id: "ann" }).topic(inbox, ann);
    const send = (to: string) =>
      w.system(inbox, ann).send.notify({ ...blank, content: { kind: "invite", data: { to } } });
    await send("tea");
    await w.advance(`${inviteLife / 2}ms`);
    await send("cake");
    await w.advance(`${inviteLife / 2}ms`);
    expect(device.state).toMatchObject({ items: [{ data: { to: "cake" } }], counts: { total: 1, unread: 1 } });
    await w.advance(`${inviteLife}ms`);
    expect(device.state).toMatchObject({ items: [], counts: { total: 0, unread: 0 }, wakeAt: null });
    for (let index = 0; index < 250; index += 1) await send(`${index}`);
    await w.advance(`${inviteLife + 10}ms`);
    expect(device.state).toMatchObject({ items: [], counts: { total: 0, unread: 0 }, wakeAt: null });
    expect(w.logged.filter(({ level }) => level === "error")).toEqual([]);
  });
});

describe("A notification", () => {
  test("that is sent again with its key is the same, also when its user has removed it", async () => {
    await using app = createInbox();
    const send = () => app.notify("ann", "alarm", { what: "smoke" }, { key: "smoke-1" });
    const first = await send();
    const { id } = first.ok ? first.result : { id: "" };
    const repeated = { ok: true, offset: 1, result: { id, status: "repeated" } };
    expect(await send()).toEqual(repeated);
    await app.as("ann").remove({ ...ann, ids: [id] });
    expect(await send()).toEqual({ ...repeated, offset: 2 });
    expect((await shown(app)).kinds).toEqual([]);
  });

  test("folds into the item of its group, which evolves, moves to the top and is unread again, until it is archived", async () => {
    await using app = createInbox();
    const like = (actor: string, key?: string) =>
      app.notify("ann", "like", { post: "reef" }, { actor, ...(key && { key }) });
    await like("ben", "ben");
    await mention(app, "between");
    await app.as("ann").markAllRead({ ...ann, upTo: 2 });
    for (const who of ["cleo", "dan", "eve", "dan"]) expect(await like(who, who)).toEqual(ok);
    const [top] = (await stateOf(app)).items;
    expect(top).toMatchObject({
      kind: "like",
      count: 4,
      readAt: null,
      actors: [{ id: "eve" }, { id: "dan" }, { id: "cleo" }],
    });
    expect(await shown(app)).toMatchObject({ kinds: ["like", "mention"], counts: [2, 1, 1, 0] });
    await app.as("ann").archive({ ...ann, ids: [top?.id ?? ""] });
    await like("fay");
    expect((await stateOf(app)).items[0]).toMatchObject({ kind: "like", count: 1, actors: [{ id: "fay" }] });
  });

  test("is taken back by its key: what it was folded into evolves back, and the last one takes the item with it", async () => {
    await using app = createInbox();
    const like = (actor: string) => app.notify("ann", "like", { post: "reef" }, { actor, key: actor });
    const unlike = (key: string) => app.hand("ann").send.retract({ key });
    await like("ben");
    const first = (await stateOf(app)).items[0];
    await mention(app, "between");
    await like("cleo");
    await like("dan");
    await app.as("ann").markSeen({ ...ann, upTo: 100 });
    expect(await unlike("cleo")).toEqual(ok);
    expect((await stateOf(app)).items[0]).toMatchObject({
      kind: "like",
      count: 2,
      actors: [{ id: "dan" }, { id: "ben" }],
      order: 4,
    });
    expect(await unlike("dan")).toEqual(ok);
    const { items, counts } = await stateOf(app);
    expect(items[1]).toEqual({ ...first, seenAt: expect.any(Number) });
    expect(counts).toMatchObject({ total: 2, unread: 2, unseen: 0 });
    expect(await like("dan")).toMatchObject({ result: { status: "folded" } });
    for (const who of ["ben", "dan"]) expect(await unlike(who)).toEqual(ok);
    expect((await shown(app)).kinds).toEqual(["mention"]);
    expect(await unlike("ben")).toEqual(rejected("NOT_FOUND"));
  });

  test("comes in only if its user wants it, but for a critical one, which nothing keeps out", async () => {
    await using app = createInbox();
    const me = app.as("ann");
    const prefer = (category: "talk" | "security", via: "inApp" | "email" | "push", on: boolean) =>
      me.setPreference({ ...ann, category, via, on });
    const send = async (kind: "mention" | "alarm") => {
      const sent = { source: "reef" };
      const outcome =
        kind === "alarm"
          ? await app.notify("ann", kind, { what: "smoke" }, sent)
          : await app.notify("ann", kind, { room: "reef", text: "hello" }, sent);
      return outcome.ok ? outcome.result.status : outcome;
    };
    expect(await prefer("security", "inApp", false)).toEqual(rejected("CRITICAL"));
    await prefer("talk", "inApp", false);
    expect([await send("mention"), await send("alarm")]).toEqual(["bypassed", "arrived"]);
    await prefer("talk", "email", false);
    expect([await send("mention"), await send("alarm")]).toEqual(["muted", "arrived"]);
    await prefer("talk", "inApp", true);
    await me.mute({ ...ann, source: "reef" });
    expect([await send("mention"), await send("alarm")]).toEqual(["muted", "arrived"]);
    await me.unmute({ ...ann, source: "reef" });
    expect(await send("mention")).toBe("arrived");
    expect(await stateOf(app)).toMatchObject({ off: [{ category: "talk", via: "email" }], muted: [] });
    for (let index = 0; index < maxMuted; index += 1) await me.mute({ ...ann, source: `s${index}` });
    expect(await me.mute({ ...ann, source: "one more" })).toEqual({ ...rejected("TOO_MANY"), most: maxMuted });
  });

  test("names the ways by which it is to be delivered: push alone where there is a device, and a way that waits later", async () => {
    await using w = testRealtime({ channels: [serveInbox(inbox, { after: { email: 60_000 } })] });
    const device = await w.as({ id: "ann" }).topic(inbox, ann);
    const send = (text: string) =>
      w.system(inbox, ann).send.notify({ ...blank, content: { kind: "mention", data: { room: "reef", text } } });
    await send("unread");
    await w.system(inbox, ann).send.countDevices({ devices: 1 });
    await w.advance("10s");
    const read = await send("read in time");
    await device.send.markRead({ ids: [read.ok ? read.result.id : ""] });
    await device.send.setPreference({ category: "talk", via: "inApp", on: false });
    await w.advance("10s");
    await send("not in the inbox");
    await w.advance("3m");
    const log = (await w.log(inbox, ann)).filter(({ type }) => ["arrived", "bypassed", "dispatched"].includes(type));
    const at = (ms: number) => Date.parse("2026-01-01T00:00:00Z") + ms;
    expect(log).toMatchObject([
      { type: "arrived", at: at(0), data: { via: [], later: [{ via: "email", due: at(60_000) }] } },
      { type: "arrived", at: at(10_000), data: { via: ["push"], later: [{ via: "email", due: at(70_000) }] } },
      { type: "bypassed", at: at(20_000), data: { via: ["push"] } },
      {
        type: "dispatched",
        at: at(60_000),
        data: { deliveries: [{ item: { data: { text: "unread" } }, via: ["email"] }] },
      },
      { type: "dispatched", at: at(70_000), data: { deliveries: [], dropped: [{ via: "email" }] } },
      { type: "dispatched", at: at(80_000), data: { deliveries: [{ item: { data: { text: "not in the inbox" } } }] } },
    ]);
    expect(device.state).toMatchObject({ wakeAt: null, counts: { total: 2 } });
  });
});

describe("What waits to be delivered", () => {
  test("is delivered with what arrives next, where waking the inbox failed so often that it is tried no more", async () => {
    let fails = true;
    const effects = ({ type }: { readonly type: string }) => {
      if (type === "dispatched" && fails) throw new Error("It fails.");
      return [];
    };
    await using w = testRealtime({ channels: [serveInbox(inbox, { after: { email: 1_000 } }, effects)] });
    const send = (what: string) =>
      w.system(inbox, ann).send.notify({ ...blank, content: { kind: "alarm", data: { what } } });
    await send("first");
    await w.advance("5m");
    expect(w.logged.map(({ message }) => message)).toContain("a timer failed too often and is parked");
    fails = false;
    await send("second");
    await w.advance("5s");
    const dispatched = (await w.log(inbox, ann)).filter(({ type }) => type === "dispatched");
    expect(dispatched.map(({ data }) => data)).toMatchObject([
      { deliveries: [{ item: { data: { what: "first" } } }] },
      { deliveries: [{ item: { data: { what: "second" } } }], wakeAt: null },
    ]);
  });
});

describe("A mark", () => {
  test("by filter leaves what arrived after what its user saw, and what is of another category", async () => {
    await using app = createInbox();
    for (let index = 0; index < notificationWindow + 20; index += 1) await mention(app, `${index}`);
    await app.notify("ann", "invite", { to: "tea" });
    const { items } = await stateOf(app);
    const upTo = items[0]?.order ?? 0;
    await mention(app, "meanwhile");
    const me = app.as("ann");
    await me.markAllRead({ ...ann, upTo, category: "talk" });
    expect((await shown(app)).counts).toEqual([notificationWindow + 22, 2, 2, 0]);
    const archived = await me.archiveRead({ ...ann, upTo });
    expect((await shown(app)).counts).toEqual([2, 2, 2, notificationWindow + 20]);
    const undo = async (outcome: { ok: true; offset: number } | { ok: false }) =>
      await me.undo({ ...ann, offset: outcome.ok ? outcome.offset : 0 });
    const undone = await undo(archived);
    expect((await shown(app)).counts).toEqual([notificationWindow + 22, 2, 2, 0]);
    expect(await undo(archived)).toEqual(rejected("NOT_FOUND"));
    await undo(undone);
    expect((await shown(app)).counts).toEqual([2, 2, 2, notificationWindow + 20]);
    expect((await listAll(app, { archived: true }, 100)).length).toBe(notificationWindow + 20);
  });

  test("leaves what was read as seen, in whatever order marks are taken back", async () => {
    await using app = createInbox();
    const ids = { ...ann, ids: [await mention(app, "hello")] };
    const me = app.as("ann");
    const [read, unread] = [await me.markRead(ids), await me.markUnread(ids)];
    const undo = async (outcome: typeof read | Awaited<ReturnType<typeof me.undo>>) => {
      const undone = await me.undo({ ...ann, offset: outcome.ok ? outcome.offset : 0 });
      expect(undone).toEqual(ok);
      return undone;
    };
    await undo(read);
    expect((await shown(app)).counts).toEqual([1, 1, 1, 0]);
    const again = await undo(unread);
    expect((await shown(app)).counts).toEqual([1, 0, 0, 0]);
    await undo(again);
    expect((await shown(app)).counts).toEqual([1, 1, 1, 0]);
  });

  test("is taken back as far as nothing else was marked since", async () => {
    await using app = createInbox();
    const ids = [await mention(app, "1"), await mention(app, "2")];
    const me = app.as("ann");
    const read = await me.markAllRead({ ...ann, upTo: 2 });
    await me.markUnread({ ...ann, ids: ids.slice(0, 1) });
    await me.archive({ ...ann, ids: ids.slice(1) });
    expect(await me.undo({ ...ann, offset: read.ok ? read.offset : 0 })).toEqual(ok);
    expect(await shown(app)).toMatchObject({ counts: [1, 1, 1, 1] });
    expect((await listAll(app, { archived: true }, 5))[0]).toMatchObject({ readAt: null, seenAt: null });
  });
});
