import { notificationMailings } from "@shoal/contract/notification-mailings";
import { serveNotifications } from "@shoal/server/notifications";
import { checkView, testRealtime } from "@shoal/server/testing";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { serveMailings } from "../../src/channels/notification-mailings.ts";
import { eventually, inTime } from "../support/recorder.ts";
import { tries } from "../support/seed.ts";
import { inbox } from "./inbox-app.ts";
import { createNotifications, follow, numbered } from "./notifications-app.ts";

const hello = { room: "reef", text: "hello" };
const message = { kind: "mention", data: hello, actor: null, link: null, source: null };
const opening = "o1";
const refused = (code: string) => expect.objectContaining({ code });

async function* oneByOne(userIds: readonly string[]) {
  for (const userId of userIds) {
    await null;
    yield userId;
  }
}

describe("What is sent to many", () => {
  test.each([
    ["an array", (userIds: string[]) => userIds],
    ["a set", (userIds: string[]) => new Set(userIds)],
    ["an asynchronous iteration", oneByOne],
  ])("comes to each once, however often they are named: %s", async (_, given) => {
    await using app = createNotifications();
    const userIds = numbered(2_300);
    const { id, total, status } = await app.realtime.notifications.sendMany(
      given([...userIds, ...userIds.slice(900)]),
      "mention",
      hello,
      { actor: { id: "ben", name: "Ben" }, link: "/reef" },
    );
    expect({ total, status }).toEqual({ total: 2_300, status: "sending" });
    const told = await follow(app, id);
    expect(told.at(-1)).toEqual({ id, status: "done", total: 2_300, sent: 2_300 });
    expect(await app.itemsByUser()).toEqual(new Map(userIds.map((userId) => [userId, 1])));
    expect((await app.inboxOf("user-7").state()).items).toMatchObject([
      { kind: "mention", data: hello, actors: [{ id: "ben", name: "Ben" }], link: "/reef" },
    ]);
    expect(await app.waiting()).toEqual([0, 0]);
  });

  test("tells how far it is, and never more than is so", async () => {
    await using app = createNotifications({ mailings: { batch: 10 } });
    const { id } = await app.realtime.notifications.sendMany(numbered(200), "mention", hello);
    let before = 0;
    for await (const { sent } of app.realtime.notifications.mailing(id).subscribe()) {
      expect((await app.itemsByUser()).size).toBeGreaterThanOrEqual(sent);
      expect(sent).toBeGreaterThanOrEqual(before);
      before = sent;
    }
    expect(before).toBe(200);
  });

  test("is done at once where there is nobody", async () => {
    await using app = createNotifications();
    const { id } = await app.realtime.notifications.sendMany([], "mention", hello);
    expect((await follow(app, id)).at(-1)).toEqual({ id, status: "done", total: 0, sent: 0 });
  });

  test("is the same mailing when it is sent again with its key, and another in another tenant", async () => {
    await using app = createNotifications();
    const { notifications } = app.realtime;
    const news = (options = {}) => notifications.sendMany(numbered(20), "mention", hello, { key: "news", ...options });
    const { id } = await news();
    await follow(app, id);
    expect(await news()).toEqual({ id, status: "done", total: 20, sent: 20 });
    expect(new Set((await app.itemsByUser()).values())).toEqual(new Set([1]));
    await news({ tenant: "acme" });
    expect(await notifications.mailing(id, { tenant: "acme" }).state()).toMatchObject({ total: 20 });
  });

  test("has the recipients of one of those who send it at once with its key, and the others are told to send it again", async () => {
    await using app = createNotifications();
    const { notifications } = app.realtime;
    const news = (userIds: readonly string[]) =>
      notifications.sendMany(oneByOne(userIds), "mention", hello, { key: "news" });
    const lists = [numbered(3_000), numbered(2_500), numbered(2_000)];
    const sent = await Promise.allSettled(lists.map(news));
    const taken = sent.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    for (const one of sent) if (one.status === "rejected") expect(one.reason).toEqual(refused("SERVICE_UNAVAILABLE"));
    const [first] = taken;
    if (!first) throw new Error("Nobody sent it.");
    const last = (await follow(app, first.id)).at(-1);
    expect(lists.map(({ length }) => length)).toContain(last?.total);
    expect(new Set(taken.map(({ id, total }) => JSON.stringify([id, total])))).toEqual(
      new Set([JSON.stringify([first.id, last?.total])]),
    );
    expect(await app.itemsByUser()).toEqual(new Map(numbered(last?.total ?? 0).map((userId) => [userId, 1])));
  });

  test("stops before the next batch when it is cancelled, and tells then how many have it", async () => {
    await using app = createNotifications({ mailings: { batch: 5 } });
    const { id } = await app.realtime.notifications.sendMany(numbered(2_000), "mention", hello);
    const mailing = app.realtime.notifications.mailing(id);
    let last = await mailing.state();
    for await (last of mailing.subscribe()) if (last.sent >= 10 && last.status === "sending") await mailing.cancel();
    expect(last).toMatchObject({ status: "cancelled", total: 2_000 });
    expect(last.sent).toBeLessThan(2_000);
    expect((await app.itemsByUser()).size).toBe(last.sent);
    expect(await mailing.cancel()).toBe(false);
    expect(await app.waiting()).toEqual([0, 0]);
  });

  test.each([
    ["too many", numbered(3_001), "PAYLOAD_TOO_LARGE"],
    ["one who has no id", [...numbered(1_500), ""], "BAD_REQUEST"],
    ["one, who is for `send`", "ann", "BAD_REQUEST"],
    ["nothing", undefined as never, "BAD_REQUEST"],
    ["what cannot be iterated", { ann: true } as never, "BAD_REQUEST"],
  ])("is refused for %s, and then nobody has it", async (_, recipients, code) => {
    await using app = createNotifications({ mailings: { maxRecipients: 3_000 } });
    const sent = app.realtime.notifications.sendMany(recipients, "mention", hello, { key: "news" });
    await expect(sent).rejects.toEqual(refused(code));
    expect(await app.itemsByUser()).toEqual(new Map());
    expect(await app.waiting()).toEqual([0, 0]);
    const { id } = await app.realtime.notifications.sendMany(numbered(3_000), "mention", hello, { key: "news" });
    expect((await follow(app, id)).at(-1)).toMatchObject({ status: "done", sent: 3_000 });
  });

  test("is refused before anybody is named when no inbox could take it", async () => {
    await using app = createNotifications();
    const post = "x".repeat(201);
    const sent = app.realtime.notifications.sendMany(numbered(20), "like", { post }, { key: "news" });
    await expect(sent).rejects.toEqual(refused("BAD_REQUEST"));
    expect(await app.waiting()).toEqual([0, 0]);
    expect(app.logged.errors()).toEqual([]);
  });

  test("is not served with numbers that are none", () => {
    const wrong = [
      ...[0, 1_001, 1.5, Number.NaN].map((batch) => ({ mailings: { batch } })),
      ...[0, -1, 1.5, Number.POSITIVE_INFINITY].map((maxRecipients) => ({ mailings: { maxRecipients } })),
      ...[0, -1, Number.NaN].map((maxMailings) => ({ mailings: { maxMailings } })),
      ...[0, -1, Number.NaN].map((maxSends) => ({ maxSends })),
    ];
    for (const options of wrong) {
      expect(() => createNotifications(options), JSON.stringify(options)).toThrow(refused("BAD_REQUEST"));
    }
  });

  test("fails as who names the recipients does, and can be sent again", async () => {
    await using app = createNotifications();
    const broken = async function* () {
      yield* numbered(1_500);
      throw new Error("the database is away");
    };
    const { notifications } = app.realtime;
    await expect(notifications.sendMany(broken(), "mention", hello, { key: "news" })).rejects.toThrow("is away");
    expect(await app.waiting()).toEqual([0, 0]);
    const { id } = await notifications.sendMany(["ann"], "mention", hello, { key: "news" });
    await follow(app, id);
    expect(await app.itemsByUser()).toEqual(new Map([["ann", 1]]));
  });

  test("is refused when as many mailings are under way as may be, and not when one is done", async () => {
    await using app = createNotifications({ mailings: { maxMailings: 2, batch: 5 } });
    const { notifications } = app.realtime;
    const send = () => notifications.sendMany(numbered(1_000), "mention", hello);
    const first = await send();
    const second = await send();
    await expect(send()).rejects.toEqual(refused("TOO_MANY_REQUESTS"));
    await notifications.sendMany(["ann"], "mention", hello, { tenant: "acme" });
    await Promise.all([first, second].map(({ id }) => notifications.mailing(id).cancel()));
    await follow(app, (await send()).id);
  });

  test("is watched and cancelled by nobody but who is let, who are not told to whom it is sent", async () => {
    const chief = ({ user }: { readonly user: { readonly id: string } | null }) => user?.id === "ann";
    await using app = createNotifications({ mailings: { authorize: chief, batch: 100 } });
    const { id: mailingId } = await app.realtime.notifications.sendMany(numbered(2_000), "mention", hello);
    await expect(app.as("ben").notificationMailings.watch({ mailingId })).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(app.as("ben").notificationMailings.cancel({ mailingId })).rejects.toMatchObject({ code: "FORBIDDEN" });
    const frames: unknown[] = [];
    for await (const frame of await app.as("ann").notificationMailings.watch({ mailingId })) {
      frames.push(frame);
      if (JSON.stringify(frame).includes("finished")) break;
    }
    expect(JSON.stringify(frames)).toContain("batchBegun");
    expect(JSON.stringify(frames)).not.toContain("user-");
    expect(await app.as("ann").notificationMailings.cancel({ mailingId })).toMatchObject({ reason: "NOT_UNDER_WAY" });
  });

  test("is given up an hour after its recipients were named, when it was not started", async () => {
    await using w = testRealtime({ channels: [...serveNotifications(inbox, { deliver: { email: () => {} } })] });
    const mailing = w.system(notificationMailings, { mailingId: "m1" });
    await mailing.send.open({ message, opening });
    await w.advance("59m");
    await mailing.send.gather({ opening, userIds: ["ann"] });
    await w.advance("59m");
    expect((await mailing.state()).status).toBe("gathering");
    await w.advance("2m");
    expect(await mailing.state()).toMatchObject({ status: "none", total: 0, message: null });
    expect(await mailing.send.gather({ opening, userIds: ["ben"] })).toMatchObject({ reason: "NOT_GATHERING" });
  });

  test("is followed until it is given up, too", async () => {
    await using app = createNotifications();
    const mailing = app.mailing("m1");
    const told: string[] = [];
    const following = follow(app, "m1", ({ status }) => told.push(status));
    await eventually(() => told.includes("none"), "it is followed before it begins");
    await mailing.send.open({ message, opening });
    await eventually(() => told.includes("gathering"), "its beginning is told");
    await mailing.send.abandon({ opening });
    await inTime(following, "the end of following it");
    expect(told).toEqual(["none", "gathering", "none"]);
  });

  test("names a user no more who is erased", async () => {
    await using app = createNotifications({ mailings: { batch: 5 } });
    const actor = { id: "user-3", name: "Cy" };
    const { id } = await app.realtime.notifications.sendMany(numbered(20), "mention", hello, { actor });
    await follow(app, id);
    expect(JSON.stringify(await app.mailing(id).history({ limit: 100 }))).toContain("user-3");
    await app.realtime.eraseUser("user-3");
    const history = JSON.stringify(await app.mailing(id).history({ limit: 100 }));
    expect(history).not.toMatch(/"user-3"|Cy/);
    expect(await app.mailing(id).state()).toMatchObject({ status: "done", sent: 20, message: { actor: null } });
  });

  test("comes to nobody who is erased before their turn, and to everybody else", async () => {
    await using app = createNotifications();
    const mailing = app.mailing("m1");
    await mailing.send.open({ message, opening });
    await mailing.send.gather({ opening, userIds: numbered(20) });
    // The event that named all of them is redacted with the first one; that the second one is a recipient only the table tells.
    await app.realtime.eraseUser("user-9");
    await app.realtime.eraseUser("user-5");
    expect(await app.waiting()).toEqual([1, 18]);
    await mailing.send.start({ opening });
    expect((await follow(app, "m1")).at(-1)).toEqual({ id: "m1", status: "done", total: 18, sent: 18 });
    const others = numbered(20).filter((userId) => !["user-9", "user-5"].includes(userId));
    expect(await app.itemsByUser()).toEqual(new Map(others.map((userId) => [userId, 1])));
  });
});

describe("What who watches a mailing sees of it", () => {
  const userIds = fc.array(fc.string(), { maxLength: 5 });
  const count = fc.nat(100_000);
  const message = fc.record({
    kind: fc.string(),
    data: fc.json().map((text) => JSON.parse(text)),
    actor: fc.constant(null),
    link: fc.constant(null),
    source: fc.constant(null),
  });
  const events = fc.oneof(
    fc.record({
      type: fc.constant("opened" as const),
      data: fc.record({ message, opening: fc.constant("o1"), at: count }),
    }),
    fc.record({ type: fc.constant("gathered" as const), data: fc.record({ userIds, total: count, at: count }) }),
    fc.record({ type: fc.constant("batchBegun" as const), data: fc.record({ userIds, sent: count, begun: count }) }),
    fc.record({
      type: fc.constantFrom("started" as const, "finished" as const, "cancelled" as const, "stopped" as const),
      data: fc.constant({}),
    }),
  );

  test("follows the law of views", () => {
    checkView(serveMailings(inbox), { params: { mailingId: "m1" }, events, run: tries(100) });
  });
});
