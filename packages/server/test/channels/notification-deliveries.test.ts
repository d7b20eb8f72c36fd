import { ShoalError } from "@shoal/contract";
import { notificationDeliveries } from "@shoal/contract/notification-deliveries";
import { Undeliverable } from "@shoal/server/notifications";
import { describe, expect, test } from "vitest";
import { createDeliveries } from "./deliveries-app.ts";
import type { Mail } from "./delivery-channels.ts";

const mention = { room: "reef", text: "Hello" };
const alarm = { what: "Fire" };

/** A provider that answers with these, one after the other, and then takes everything. */
function answering(...answers: readonly (() => unknown)[]) {
  const left = [...answers];
  return () => left.shift()?.();
}

const fail = () => {
  throw new Error("the provider is away");
};

describe("What arrives in an inbox", () => {
  test("is delivered at once by each hook, with what it says", async () => {
    await using app = createDeliveries();
    const id = await app.notify("ann", "mention", mention, { actor: "ben" });
    expect(app.mails).toMatchObject([
      {
        userId: "ann",
        tenant: null,
        item: { id, kind: "mention", data: mention, actors: [{ id: "ben" }], count: 1 },
        rendered: { title: "BEN in reef", body: "Hello", url: "/rooms/reef" },
      },
    ]);
    expect(app.mails[0]?.signal.aborted).toBe(false);
    expect(await app.deliveries("ann", "email").state()).toMatchObject({ delivered: 1, skipped: 0, gone: 0 });
  });

  test("is delivered in its tenant, with another id than elsewhere", async () => {
    await using app = createDeliveries();
    await app.notify("ann", "mention", mention);
    await app.notify("ann", "mention", mention, { tenant: "acme" });
    await app.notify("ben", "mention", mention);
    expect(app.mails.map(({ userId, tenant }) => [userId, tenant])).toEqual([
      ["ann", null],
      ["ann", "acme"],
      ["ben", null],
    ]);
    expect(new Set(app.mails.map(({ id }) => id)).size).toBe(3);
    for (const { id } of app.mails) expect(id.length).toBeLessThanOrEqual(128);
  });

  test("and is sent again with its key is delivered once", async () => {
    await using app = createDeliveries();
    await app.notify("ann", "mention", mention, { key: "m1" });
    await app.notify("ann", "mention", mention, { key: "m1" });
    expect(app.mails).toHaveLength(1);
  });
});

describe("What waits before it is delivered", () => {
  test("is delivered afterwards where it was not read in time", async () => {
    await using app = createDeliveries({ after: 60_000 });
    await app.notify("ann", "mention", mention);
    await app.w.advance("59s");
    expect(app.mails).toEqual([]);
    await app.w.advance("1s");
    expect(app.titles()).toEqual(["undefined in reef"]);
  });

  test.each(["markRead", "archive", "remove"] as const)("is not delivered after %s", async (command) => {
    await using app = createDeliveries({ after: 60_000 });
    const id = await app.notify("ann", "mention", mention);
    await app.w.advance("30s");
    await app.inbox("ann").send[command]({ ids: [id] });
    await app.w.advance("5m");
    expect(app.mails).toEqual([]);
  });

  test("is not delivered where its source was muted meanwhile, unless it is critical", async () => {
    await using app = createDeliveries({ after: 60_000 });
    await app.notify("ann", "mention", mention, { source: "thread" });
    await app.notify("ann", "alarm", alarm, { source: "thread" });
    await app.inbox("ann").send.mute({ source: "thread" });
    await app.w.advance("5m");
    expect(app.titles()).toEqual(["Alarm"]);
  });

  test("is not delivered where it was taken back, nor is again what it was folded into", async () => {
    await using app = createDeliveries({ after: 60_000 });
    await app.notify("ann", "like", { post: "p" });
    await app.w.advance("2m");
    await app.notify("ann", "like", { post: "p" }, { key: "k" });
    await app.inbox("ann").send.retract({ key: "k" });
    await app.w.advance("5m");
    expect(app.mails.map(({ item }) => item.count)).toEqual([1]);
  });

  test("is delivered for what is left of it where another of its group was taken back", async () => {
    await using app = createDeliveries({ after: 60_000 });
    await app.notify("ann", "like", { post: "p" });
    await app.notify("ann", "like", { post: "p" }, { key: "k" });
    await app.notify("ann", "like", { post: "p" }, { key: "last" });
    await app.inbox("ann").send.retract({ key: "k" });
    await app.inbox("ann").send.retract({ key: "last" });
    await app.w.advance("5m");
    expect(app.mails.map(({ item }) => item.count)).toEqual([1]);
  });

  test("is delivered also where it never is in the inbox", async () => {
    await using app = createDeliveries({ after: 60_000 });
    await app.inbox("ann").send.setPreference({ category: "talk", via: "inApp", on: false });
    await app.notify("ann", "mention", mention);
    await app.w.advance("5m");
    expect(app.titles()).toEqual(["undefined in reef"]);
  });

  test("is delivered also where fifty others have come after it", async () => {
    await using app = createDeliveries({ after: 60_000 });
    for (let count = 0; count < 55; count += 1) await app.notify("ann", "mention", mention);
    await app.w.advance("5m");
    expect(app.mails).toHaveLength(55);
  });
});

describe("What its user does not want", () => {
  test("is not delivered where its category is off by that way, and where its source is muted", async () => {
    await using app = createDeliveries();
    await app.inbox("ann").send.mute({ source: "thread" });
    await app.notify("ann", "mention", mention, { source: "thread" });
    await app.inbox("ann").send.setPreference({ category: "talk", via: "email", on: false });
    await app.notify("ann", "mention", mention);
    expect(app.mails).toEqual([]);
  });

  test("is delivered all the same where it is critical", async () => {
    await using app = createDeliveries();
    await app.inbox("ann").send.mute({ source: "thread" });
    await app.notify("ann", "alarm", alarm, { source: "thread" });
    expect(app.titles()).toEqual(["Alarm"]);
  });

  test("in the inbox alone is delivered elsewhere, and then the log has it no more", async () => {
    await using app = createDeliveries();
    await app.inbox("ann").send.setPreference({ category: "talk", via: "inApp", on: false });
    await app.notify("ann", "mention", { room: "reef", text: "a secret" }, { actor: "ben" });
    expect(app.titles()).toEqual(["BEN in reef"]);
    const { items } = await app.inbox("ann").state();
    expect(items).toEqual([]);
    const log = await app.w.log(notificationDeliveries, { userId: "ann", via: "email" });
    expect(log.map(({ type, redacted }) => [type, redacted === true])).toEqual([
      ["queued", true],
      ["attempted", false],
    ]);
    expect(JSON.stringify(log)).not.toContain("a secret");
  });
});

describe("A provider that fails", () => {
  test("is asked again with the same id after 1, 2, 4, 8 and 16 seconds, and not after its yes", async () => {
    await using app = createDeliveries({ email: answering(fail, fail) });
    await app.notify("ann", "mention", mention);
    expect(app.mails).toHaveLength(1);
    await app.w.advance("1100ms");
    expect(app.mails).toHaveLength(2);
    await app.w.advance("2200ms");
    expect(app.mails).toHaveLength(3);
    await app.w.advance("10m");
    expect(app.mails).toHaveLength(3);
    expect(new Set(app.mails.map(({ id }) => id)).size).toBe(1);
    expect(await app.deliveries("ann", "email").state()).toMatchObject({ delivered: 1 });
  });

  test("for ever is asked six times, then it is logged, and what waited behind it is delivered", async () => {
    const email = ({ item }: Mail) => (item.kind === "mention" ? fail() : undefined);
    await using app = createDeliveries({ email });
    await app.notify("ann", "mention", mention);
    await app.notify("ann", "alarm", alarm);
    await app.w.advance("30s");
    expect(new Set(app.mails.map(({ item }) => item.kind))).toEqual(new Set(["mention"]));
    await app.w.advance("2s");
    expect(app.mails.map(({ item }) => item.kind)).toEqual([...Array(6).fill("mention"), "alarm"]);
    expect(app.logged()).toContain("an effect failed too often and is parked");
  });

  test("for one user holds back nobody else, and no other notification in the inbox", async () => {
    const email = ({ userId }: Mail) => (userId === "ann" ? fail() : undefined);
    await using app = createDeliveries({ email });
    await app.notify("ann", "mention", mention);
    await app.notify("ann", "alarm", alarm);
    await app.notify("ben", "mention", mention);
    expect(app.mails.map(({ userId }) => userId)).toEqual(["ann", "ben"]);
    expect((await app.inbox("ann").state()).counts.total).toBe(2);
  });

  test.each(["markRead", "archive", "remove"] as const)("is not asked again after %s", async (command) => {
    await using app = createDeliveries({ email: fail });
    const id = await app.notify("ann", "mention", mention);
    await app.inbox("ann").send[command]({ ids: [id] });
    await app.w.advance("10m");
    expect(app.mails).toHaveLength(1);
    expect(await app.deliveries("ann", "email").state()).toMatchObject({ delivered: 0, skipped: 1 });
  });

  test("is not asked again for what is over", async () => {
    await using app = createDeliveries({
      email: answering(() => {
        throw new ShoalError("TOO_MANY_REQUESTS", "Later.", { retryAfterMs: 300_000 });
      }),
    });
    await app.inbox("ann").send.setPreference({ category: "general", via: "inApp", on: false });
    await app.notify("ann", "invite", { to: "a party" });
    await app.w.advance("10m");
    expect(app.mails).toHaveLength(1);
    expect(await app.deliveries("ann", "email").state()).toMatchObject({ skipped: 1 });
  });

  test("is asked again no sooner than it says", async () => {
    await using app = createDeliveries({
      email: answering(() => {
        throw new ShoalError("TOO_MANY_REQUESTS", "Later.", { retryAfterMs: 30_000 });
      }),
    });
    await app.notify("ann", "mention", mention);
    await app.w.advance("29s");
    expect(app.mails).toHaveLength(1);
    await app.w.advance("2s");
    expect(app.mails).toHaveLength(2);
  });

  test("while others are folded into the item is asked once for them all", async () => {
    await using app = createDeliveries({ email: answering(fail) });
    for (const actor of ["ben", "cid", "dot"]) await app.notify("ann", "like", { post: "p" }, { actor });
    await app.w.advance("10m");
    expect(app.titles()).toEqual(["BEN and 0 others", "DOT and 2 others"]);
    expect(await app.deliveries("ann", "email").state()).toMatchObject({ delivered: 1, skipped: 2 });
  });
});

describe("A hook", () => {
  test("that gives up is not called again", async () => {
    const email = () => {
      throw new Undeliverable("ann has no address");
    };
    await using app = createDeliveries({ email });
    await app.notify("ann", "mention", mention);
    await app.w.advance("10m");
    expect(app.mails).toHaveLength(1);
    expect(await app.deliveries("ann", "email").state()).toMatchObject({ delivered: 0, gone: 1 });
    expect(app.logged()).toEqual([]);
  });

  test.each([
    ["undefined", undefined],
    ["a text", "no"],
    ["null", null],
    ["an object that cannot be read", new Proxy({}, { get: fail, getPrototypeOf: fail })],
    ["an error that says that a store is away", new ShoalError("SERVICE_UNAVAILABLE", "Away.")],
  ])("that throws %s has failed, and is called again", async (_what, thrown) => {
    const email = answering(() => {
      throw thrown;
    });
    await using app = createDeliveries({ email });
    await app.notify("ann", "mention", mention);
    await app.w.advance("1100ms");
    expect(app.mails).toHaveLength(2);
    expect(app.logged()).toEqual(["an effect failed"]);
  });

  test("that hangs is given up at its deadline with its signal aborted, and called again", async () => {
    const email = answering(() => new Promise(() => {}));
    await using app = createDeliveries({ email, deadlineMs: 20 });
    await app.notify("ann", "mention", mention);
    expect(app.mails[0]?.signal.aborted).toBe(true);
    await app.w.advance("1100ms");
    expect(app.mails).toHaveLength(2);
    expect(app.mails[1]?.id).toBe(app.mails[0]?.id);
  });

  test("that answers after its deadline changes nothing any more, whether it says yes or throws", async () => {
    const late: { readonly resolve: () => void; readonly reject: (why: unknown) => void }[] = [];
    const hang = () => new Promise<void>((resolve, reject) => void late.push({ resolve, reject }));
    await using app = createDeliveries({ email: answering(hang, hang), deadlineMs: 20 });
    await app.notify("ann", "mention", mention);
    await app.w.advance("1100ms");
    late[0]?.resolve();
    late[1]?.reject(new Error("late"));
    await app.w.advance("2200ms");
    expect(app.mails).toHaveLength(3);
    expect(await app.deliveries("ann", "email").state()).toMatchObject({ delivered: 1 });
  });
});

describe("Who is erased", () => {
  test("is in no delivery that waits, as its user or as who caused it", async () => {
    for (const userId of ["ann", "ben"]) {
      await using app = createDeliveries({ email: fail });
      await app.inbox("ann").send.setPreference({ category: "talk", via: "inApp", on: false });
      await app.notify("ann", "mention", { room: "reef", text: "a secret" }, { actor: "ben" });
      const params = { userId: "ann", via: "email" };
      expect(JSON.stringify(await app.w.log(notificationDeliveries, params))).toContain("a secret");
      await app.w.eraseUser(userId);
      expect(JSON.stringify(await app.w.log(notificationDeliveries, params))).not.toContain("a secret");
    }
  });
});

test("Nobody but the server sees deliveries, or makes one", async () => {
  await using app = createDeliveries();
  const params = { userId: "ann", via: "email" };
  const watching = app.w.as({ id: "ann" }).topic(notificationDeliveries, params);
  await expect(watching).rejects.toMatchObject({ code: "FORBIDDEN" });
});

test("The log of a user's deliveries stays short", async () => {
  await using app = createDeliveries();
  for (let count = 0; count < 120; count += 1) await app.notify("ann", "mention", mention);
  expect(await app.deliveries("ann", "email").state()).toMatchObject({ delivered: 120 });
});
