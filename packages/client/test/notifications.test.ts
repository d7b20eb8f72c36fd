import { historyOf, notificationActions, onArrive, preferencesOf, readWhileOpen } from "@shoal/client/notifications";
import { describe, expect, test } from "vitest";
import { connectTo, inbox, startInboxServer } from "./support/inbox-server.ts";
import { until } from "./support/until.ts";

type Client = ReturnType<typeof connectTo>;

/** Notes what arrives in an inbox, as texts. */
function listen(client: Client) {
  const told: string[] = [];
  const stop = onArrive(client.inbox, (items) => told.push(items.map(({ data }) => data.text).join("+")));
  return { told, stop };
}

const live = (client: Client) => until(client.inbox, ({ status }) => status === "live");
const total = (client: Client, count: number) =>
  until(client.inbox, ({ state, stale }) => !stale && state?.counts.total === count);

async function goOffline(client: Client, server: { cut(): void }) {
  client.network.online = false;
  server.cut();
  await until(client.connection, ({ status }) => status === "reconnecting");
}

describe("onArrive", () => {
  test("tells what arrives and what is folded, and not what was there", async () => {
    await using server = await startInboxServer();
    await using ann = connectTo(server, "ann");
    await server.reply("ann", "a", "before");
    const { told } = listen(ann);
    await live(ann);
    await server.reply("ann", "b", "new");
    await total(ann, 2);
    await server.reply("ann", "a", "folded");
    await until(ann.inbox, ({ state }) => state?.items[0]?.count === 2);
    expect(told).toEqual(["new", "folded"]);
  });

  test("tells each once over a reconnect, those of a short absence among them, the oldest first", async () => {
    await using server = await startInboxServer();
    await using ann = connectTo(server, "ann");
    const { told } = listen(ann);
    await live(ann);
    await server.reply("ann", "a", "one");
    await total(ann, 1);
    await goOffline(ann, server);
    await server.reply("ann", "b", "two");
    await server.reply("ann", "c", "three");
    ann.network.online = true;
    await total(ann, 3);
    await server.reply("ann", "d", "four");
    await total(ann, 4);
    expect(ann.network.frames.current).toContain("resumed");
    expect(told.join("+")).toBe("one+two+three+four");
  });

  test("tells what arrives while an open panel marks it as seen", async () => {
    await using server = await startInboxServer();
    await using ann = connectTo(server, "ann");
    const close = readWhileOpen(ann.inbox, "seen");
    const { told } = listen(ann);
    await live(ann);
    await server.reply("ann", "a", "one");
    await until(
      ann.inbox,
      ({ state, pending }) => pending === 0 && state?.counts.unseen === 0 && state.counts.total === 1,
    );
    await server.reply("ann", "b", "two");
    await until(
      ann.inbox,
      ({ state, pending }) => pending === 0 && state?.counts.unseen === 0 && state.counts.total === 2,
    );
    close();
    expect(told).toEqual(["one", "two"]);
  });

  test("tells nothing of a snapshot that stands for an absence", async () => {
    await using server = await startInboxServer();
    await using ann = connectTo(server, "ann");
    const { told } = listen(ann);
    await live(ann);
    await server.reply("ann", "a", "one");
    await total(ann, 1);
    await goOffline(ann, server);
    await server.erase("ann");
    for (const thread of ["b", "c", "d"]) await server.reply("ann", thread, "unheard");
    ann.network.online = true;
    await total(ann, 3);
    await server.reply("ann", "e", "heard");
    await total(ann, 4);
    expect(told).toEqual(["one", "heard"]);
  });

  test("tells nothing of what comes back by an undo, or was taken back in part", async () => {
    await using server = await startInboxServer();
    await using ann = connectTo(server, "ann");
    await server.reply("ann", "a", "one");
    await server.reply("ann", "a", "two", { key: "k" });
    const { told } = listen(ann);
    await live(ann);
    const actions = notificationActions(inbox, ann.inbox);
    const [item] = ann.inbox.current.state?.items ?? [];
    if (!item) throw new Error("There is no item.");
    const archived = await actions.archive(item);
    await total(ann, 0);
    if (archived.ok) await actions.undo(archived);
    await total(ann, 1);
    await server.retract("ann", "k");
    await until(ann.inbox, ({ state }) => state?.items[0]?.count === 1);
    expect(told).toEqual([]);
  });

  test("tells nothing of what was seen elsewhere by the time it is known, and nothing after its end", async () => {
    await using server = await startInboxServer();
    await using ann = connectTo(server, "ann");
    await using phone = connectTo(server, "ann");
    const { told, stop } = listen(ann);
    await Promise.all([live(ann), live(phone)]);
    await goOffline(ann, server);
    await server.reply("ann", "a", "seen");
    await total(phone, 1);
    await notificationActions(inbox, phone.inbox).markAllSeen();
    ann.network.online = true;
    await total(ann, 1);
    stop();
    const { stop: again } = listen(ann);
    await server.reply("ann", "b", "after the end");
    await total(ann, 2);
    again();
    expect(told).toEqual([]);
  });
});

describe("notificationActions", () => {
  test("mark as read up to the newest that is shown, so that what arrives meanwhile stays unread", async () => {
    await using server = await startInboxServer();
    await using ann = connectTo(server, "ann");
    await server.reply("ann", "a", "shown");
    await total(ann, 1);
    const shown = ann.inbox.current.state;
    await server.reply("ann", "b", "not shown yet");
    await total(ann, 2);
    const outcome = await notificationActions(inbox, ann.inbox, { shown: () => shown }).markAllRead();
    await until(ann.inbox, ({ state }) => state?.counts.unread === 1);
    expect(ann.inbox.current.state?.items.map(({ readAt }) => readAt === null)).toEqual([true, false]);
    if (outcome.ok) await notificationActions(inbox, ann.inbox).undo(outcome);
    await until(ann.inbox, ({ state }) => state?.counts.unread === 2);
  });

  test("of a category leave the others as they are", async () => {
    await using server = await startInboxServer();
    await using ann = connectTo(server, "ann");
    await server.reply("ann", "a", "talk");
    await server.alarm("ann", "fire");
    await total(ann, 2);
    await notificationActions(inbox, ann.inbox).markAllRead({ category: "talk" });
    const { state } = await until(ann.inbox, ({ state }) => state?.counts.unread === 1);
    expect(state?.counts.byCategory.general?.unread).toBe(1);
  });

  test("are shown at once, and without a connection once it is back on every device", async () => {
    await using server = await startInboxServer();
    await using ann = connectTo(server, "ann");
    await using phone = connectTo(server, "ann");
    await server.reply("ann", "a", "one");
    await server.reply("ann", "b", "two");
    await Promise.all([total(ann, 2), total(phone, 2)]);
    await goOffline(ann, server);
    const done = notificationActions(inbox, ann.inbox).markAllRead();
    expect(ann.inbox.current.state?.counts.unread).toBe(0);
    ann.network.online = true;
    await done;
    await until(phone.inbox, ({ state, stale }) => !stale && state?.counts.unread === 0);
    expect((await server.state("ann")).counts.unread).toBe(0);
  });
});

describe("preferencesOf", () => {
  test("has everything on until it is switched off, and what is critical always", async () => {
    await using server = await startInboxServer();
    await using ann = connectTo(server, "ann");
    await live(ann);
    const actions = notificationActions(inbox, ann.inbox);
    const now = () => preferencesOf(inbox, ann.inbox.current.state);
    expect(now().isOn("talk", "email")).toBe(true);
    await actions.setPreference("talk", "inApp", false);
    await until(ann.inbox, ({ state }) => state?.off.length === 1);
    expect([now().isOn("talk", "inApp"), now().isOn("talk", "email")]).toEqual([false, true]);
    expect(await actions.setPreference("general", "inApp", false)).toMatchObject({ ok: false, reason: "CRITICAL" });
    expect([now().isCritical("general"), now().isOn("general", "inApp")]).toEqual([true, true]);
    await server.reply("ann", "a", "switched off");
    await server.alarm("ann", "fire");
    expect((await total(ann, 1)).state?.items[0]?.kind).toBe("alarm");
    await actions.mute("room");
    await until(ann.inbox, ({ state }) => state?.muted.length === 1);
    expect([now().isMuted("room"), now().isMuted("other")]).toEqual([true, false]);
  });
});

describe("readWhileOpen", () => {
  test("marks what is there and what arrives, and leaves what its user marks as unread", async () => {
    await using server = await startInboxServer();
    await using ann = connectTo(server, "ann");
    await server.reply("ann", "a", "one");
    await total(ann, 1);
    const close = readWhileOpen(ann.inbox, "read");
    await until(ann.inbox, ({ state, pending }) => pending === 0 && state?.counts.unread === 0);
    await server.reply("ann", "b", "two");
    await until(
      ann.inbox,
      ({ state, pending }) => pending === 0 && state?.counts.total === 2 && state.counts.unread === 0,
    );
    const [newest] = ann.inbox.current.state?.items ?? [];
    await ann.inbox.send.markUnread({ ids: [newest?.id ?? ""] });
    await until(ann.inbox, ({ state, pending }) => pending === 0 && state?.counts.unread === 1);
    close();
    await server.reply("ann", "c", "three");
    await until(ann.inbox, ({ state }) => state?.counts.total === 3);
    expect((await server.state("ann")).counts.unread).toBe(2);
    expect(ann.network.inputs("realtime.notifications.markAllRead")).toHaveLength(1);
  });

  test("leaves what its user marks as unread where all was read when it opened", async () => {
    await using server = await startInboxServer();
    await using ann = connectTo(server, "ann");
    await server.reply("ann", "a", "one");
    const { state } = await total(ann, 1);
    await ann.inbox.send.markAllRead({ upTo: state?.items[0]?.order ?? 0 });
    await until(ann.inbox, ({ state, pending }) => pending === 0 && state?.counts.unread === 0);
    const close = readWhileOpen(ann.inbox, "read");
    await ann.inbox.send.markUnread({ ids: [state?.items[0]?.id ?? ""] });
    await server.reply("ann", "b", "two");
    await until(
      ann.inbox,
      ({ state, pending }) => pending === 0 && state?.counts.total === 2 && state.items[0]?.readAt !== null,
    );
    close();
    expect((await server.state("ann")).counts.unread).toBe(1);
  });

  test("marks what is in an inbox that begins anew", async () => {
    await using server = await startInboxServer();
    await using ann = connectTo(server, "ann");
    for (const thread of ["a", "b", "c"]) await server.reply("ann", thread, "before");
    const close = readWhileOpen(ann.inbox, "seen");
    await until(ann.inbox, ({ state, pending }) => pending === 0 && state?.counts.unseen === 0);
    await goOffline(ann, server);
    await server.erase("ann");
    await server.reply("ann", "d", "after");
    ann.network.online = true;
    await until(ann.inbox, ({ state, stale }) => !stale && state?.counts.total === 1 && state.counts.unseen === 0);
    close();
  });

  test("marks a burst in few commands, and nothing when it is closed at once", async () => {
    await using server = await startInboxServer();
    await using ann = connectTo(server, "ann");
    await live(ann);
    readWhileOpen(ann.inbox, "seen")();
    const close = readWhileOpen(ann.inbox, "seen");
    await Promise.all(Array.from({ length: 40 }, (_, index) => server.reply("ann", `t${index}`, "hi")));
    const { state } = await until(
      ann.inbox,
      ({ state, pending }) => pending === 0 && state?.counts.total === 40 && state.counts.unseen === 0,
    );
    close();
    expect(state?.counts.unread).toBe(40);
    expect(ann.network.inputs("realtime.notifications.markSeen").length).toBeLessThan(40);
  });
});

describe("historyOf", () => {
  test("shows what the state has as the state has it, and leaves out what it has no more", async () => {
    await using server = await startInboxServer();
    await using ann = connectTo(server, "ann");
    for (let index = 0; index < 60; index += 1) await server.reply("ann", `t${index}`, String(index));
    await total(ann, 60);
    const { items } = await ann.notifications.query.list({ userId: "ann", since: 0, limit: 100 });
    expect(items).toHaveLength(60);
    const actions = notificationActions(inbox, ann.inbox);
    const [first, second] = items;
    if (!first || !second) throw new Error("There are no items.");
    const done = [actions.markRead(first), actions.archive(second)];
    const state = ann.inbox.current.state;
    if (!state) throw new Error("There is no state.");
    const all = historyOf(state, items, {});
    expect(all).toHaveLength(59);
    expect(all[0]?.readAt).not.toBeNull();
    expect(historyOf(state, items, { unread: true })).toHaveLength(58);
    await Promise.all(done);
    const archived = await ann.notifications.query.list({ userId: "ann", since: 0, archived: true });
    expect(historyOf(state, archived.items, { archived: true }).map(({ id }) => id)).toEqual([second.id]);
  });
});
