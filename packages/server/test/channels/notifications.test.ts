import { describe, expect, test } from "vitest";
import { apart } from "../durability/apart.ts";
import { preparePostgres } from "../durability/kinds.ts";
import { openAt } from "../durability/store-at.ts";
import { waysToTransact } from "../support/executors.ts";
import { hasPostgres } from "../support/postgres.ts";
import { eventually } from "../support/recorder.ts";
import { createNotifications } from "./notifications-app.ts";

const hello = { room: "reef", text: "hello" };

describe("A notification that is sent", () => {
  test("arrives in its user's inbox, with who caused it, its link and its source", async () => {
    await using app = createNotifications();
    const options = { actor: { id: "ben" }, link: "/rooms/reef#7", source: "reef" };
    const sent = await app.realtime.notifications.send("ann", "mention", hello, options);
    expect(sent).toEqual({ id: expect.any(String), status: "arrived" });
    expect((await app.inboxOf("ann").state()).items).toMatchObject([
      {
        id: sent.id,
        kind: "mention",
        data: hello,
        actors: [{ id: "ben", name: "ben" }],
        link: "/rooms/reef#7",
        source: "reef",
      },
    ]);
    expect((await app.inboxOf("ben").state()).items).toEqual([]);
  });

  test("is the same one when it is sent again with its key, and can be taken back by it", async () => {
    await using app = createNotifications();
    const { notifications } = app.realtime;
    const first = await notifications.send("ann", "mention", hello, { key: "m1" });
    expect(await notifications.send("ann", "mention", hello, { key: "m1" })).toEqual({
      id: first.id,
      status: "repeated",
    });
    expect((await app.inboxOf("ann").state()).counts.total).toBe(1);
    expect(await notifications.retract("ann", "m1")).toBe(true);
    expect(await notifications.retract("ann", "m1")).toBe(false);
    expect(await notifications.retract("ben", "m1")).toBe(false);
    expect((await app.inboxOf("ann").state()).counts.total).toBe(0);
  });

  test("stays in its tenant", async () => {
    await using app = createNotifications();
    await app.realtime.notifications.send("ann", "mention", hello, { tenant: "acme", key: "m1" });
    expect((await app.inboxOf("ann").state()).counts.total).toBe(0);
    expect((await app.inboxOf("ann", { tenant: "acme" }).state()).counts.total).toBe(1);
    expect(await app.realtime.notifications.retract("ann", "m1")).toBe(false);
    expect(await app.realtime.notifications.retract("ann", "m1", { tenant: "acme" })).toBe(true);
  });

  test.each([
    ["a kind that there is not", "rumour", hello, {}],
    ["data of another kind", "mention", { what: "fire" }, {}],
    ["data that is too much", "mention", { room: "reef", text: "x".repeat(100_000) }, {}],
    ["a link that would run", "mention", hello, { link: "javascript:alert(1)" }],
    ["an empty key", "mention", hello, { key: "" }],
    ["a source with a NUL", "mention", hello, { source: "a\0b" }],
  ])("is refused with %s, to one and to many", async (_, kind, data, options) => {
    await using app = createNotifications();
    const send = app.realtime.notifications.send as (...args: unknown[]) => Promise<unknown>;
    const sendMany = app.realtime.notifications.sendMany as (...args: unknown[]) => Promise<unknown>;
    await expect(send("ann", kind, data, options)).rejects.toMatchObject({ code: "BAD_REQUEST" });
    await expect(sendMany(["ann"], kind, data, options)).rejects.toMatchObject({ code: "BAD_REQUEST" });
    expect(await app.itemsByUser()).toEqual(new Map());
    expect(await app.waiting()).toEqual([0, 0]);
  });

  test.each(["", "a\0b", "x".repeat(129)])("is refused for a user whose id is none: %j", async (userId) => {
    await using app = createNotifications();
    await expect(app.realtime.notifications.send(userId, "mention", hello)).rejects.toMatchObject({
      code: "BAD_REQUEST",
    });
  });

  test("is refused when too many wait, and none is when they do no longer", async () => {
    await using app = createNotifications({ maxSends: 10 });
    const sendTo = (userId: string) => app.realtime.notifications.send(userId, "mention", hello);
    const sent = await Promise.allSettled(Array.from({ length: 15 }, (_, index) => sendTo(`user-${index}`)));
    expect(sent.filter(({ status }) => status === "fulfilled")).toHaveLength(10);
    for (const one of sent.slice(10))
      expect(one).toMatchObject({ reason: { code: "TOO_MANY_REQUESTS", retryAfterMs: expect.any(Number) } });
    expect(await sendTo("user-14")).toMatchObject({ status: "arrived" });
  });
});

describe.skipIf(!hasPostgres)("A notification that is sent in a transaction of the application", () => {
  test("comes when that is committed, and not when it is rolled back", async () => {
    await using places = await preparePostgres();
    const at = await apart(places.next());
    if (!("postgres" in at)) throw new Error("It is no Postgres.");
    await using app = createNotifications({ store: openAt(at) });
    await using transactions = waysToTransact.pg?.(at.postgres);
    await app.realtime.open();
    const { notifications } = app.realtime;
    const undone = transactions?.transact(async ({ tx }) => {
      await notifications.send("ann", "mention", hello, { tx, key: "m1" });
      throw new Error("the order was not placed");
    });
    await expect(undone).rejects.toThrow("the order was not placed");
    expect((await app.inboxOf("ann").state()).counts.total).toBe(0);
    await transactions?.transact(({ tx }) => notifications.send("ann", "mention", hello, { tx, key: "m1" }));
    await eventually(async () => (await app.inboxOf("ann").state()).counts.total === 1, "it has arrived");
    const again = await transactions?.transact(({ tx }) => notifications.retract("ann", "m1", { tx }));
    expect(again).toBe(true);
    await eventually(async () => (await app.inboxOf("ann").state()).counts.total === 0, "it is taken back");
  }, 60_000);
});
