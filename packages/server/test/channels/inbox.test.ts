import { describe, expect, test } from "vitest";
import { createInbox, type InboxApp } from "./inbox-app.ts";

const ann = { userId: "ann" };
const rejected = (reason: string) => ({ ok: false, reason });
const ok = expect.objectContaining({ ok: true });

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
});
