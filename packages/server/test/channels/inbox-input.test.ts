import { maxDataLength, notificationListLimits } from "@shoal/contract/notifications";
import { describe, expect, test } from "vitest";
import { createInbox, inbox } from "./inbox-app.ts";

const ann = { userId: "ann" };
const refused = { code: "BAD_REQUEST" };
const blank = { actor: null, link: null, source: null, key: null };

describe("An inbox that is asked for what cannot be", () => {
  test("keeps markup as the text that it is, and takes no link but http, https and relative ones", async () => {
    await using app = createInbox();
    const text = '<script>alert("x")</script>';
    await app.notify("ann", "mention", { room: "reef", text }, { actor: "<b>ben</b>" });
    const [item] = (await app.as("ann").list(ann)).items;
    expect(item).toMatchObject({ data: { text }, actors: [{ id: "<b>ben</b>" }] });
    expect(item && inbox.render(item)).toMatchObject({ body: text });
    const wrong = [
      "javascript:alert(1)",
      "JavaScript:alert(1)",
      " javascript:alert(1)",
      "java\nscript:alert(1)",
      "data:text/html,x",
      "vbscript:x",
      "file:///etc/passwd",
      "\u0001javascript:x",
      `/${"x".repeat(3_000)}`,
    ];
    for (const link of wrong)
      await expect(app.notify("ann", "alarm", { what: "smoke" }, { link })).rejects.toMatchObject(refused);
    for (const link of ["https://example.com/a?b=c#d", "http://example.com", "/rooms/1", "rooms/1", "?tab=2", "#top"]) {
      expect(await app.notify("ann", "alarm", { what: "smoke" }, { link })).toMatchObject({ ok: true });
    }
    expect((await app.hand("ann").state()).counts.total).toBe(7);
  });

  test("refuses a kind that there is not, data that is not of its kind, and data that is too long", async () => {
    await using app = createInbox();
    const contents = [
      { kind: "toString", data: {} },
      { kind: "__proto__", data: {} },
      { kind: "nothing", data: {} },
      { kind: "mention", data: { room: "reef" } },
      { kind: "mention", data: null },
      { kind: "alarm", data: { what: "x".repeat(100_000) } },
      { kind: "alarm", data: { what: "x".repeat(maxDataLength) } },
    ];
    for (const content of contents) {
      await expect(app.hand("ann").send.notify({ ...blank, content })).rejects.toMatchObject(refused);
    }
    const send = (more: object) =>
      app.hand("ann").send.notify({ ...blank, content: { kind: "alarm", data: { what: "x" } }, ...more });
    await expect(send({ key: "k".repeat(201) })).rejects.toMatchObject(refused);
    await expect(send({ source: "s".repeat(129) })).rejects.toMatchObject(refused);
    await expect(send({ actor: { id: "ben", name: "x".repeat(100_000) } })).rejects.toMatchObject(refused);
    await expect(app.notify("ann", "like", { post: "p".repeat(201) })).rejects.toMatchObject(refused);
    expect(await app.hand("ann").snapshot()).toMatchObject({ offset: 0 });
  });

  test("refuses filters, cursors and lists of ids that are none, and takes SQL in a filter for the text that it is", async () => {
    await using app = createInbox();
    await app.notify("ann", "alarm", { what: "smoke" });
    const me = app.as("ann");
    const bad = (fields: object) => fields as { limit: number };
    const wrong = [
      { cursor: "garbage" },
      { cursor: Number.NaN },
      { cursor: 1.5 },
      { cursor: 0 },
      { cursor: -1 },
      { cursor: { $gt: 0 } },
      { limit: 0 },
      { limit: notificationListLimits.most + 1 },
      { category: "talk' OR 1=1 --" },
      { category: "unheard-of" },
      { unread: "yes" },
      { since: "yesterday" },
      { until: Number.POSITIVE_INFINITY },
      { kind: "k".repeat(65) },
    ];
    for (const fields of wrong) await expect(me.list({ ...ann, ...bad(fields) })).rejects.toMatchObject(refused);
    const kind = "alarm' OR '1'='1";
    expect(await me.list({ ...ann, ...bad({ kind }) })).toEqual({ items: [], nextCursor: null });
    expect(await me.list({ ...ann, cursor: Number.MAX_SAFE_INTEGER })).toMatchObject({ items: [{ kind: "alarm" }] });
    const ids = (count: number) => Array.from({ length: count }, (_, index) => `${index}`);
    for (const list of [[], ids(101), [""], ["x".repeat(129)]]) {
      await expect(me.markRead({ ...ann, ids: list })).rejects.toMatchObject(refused);
    }
    expect(await me.markRead({ ...ann, ids: ids(100) })).toEqual({ ok: false, reason: "NOT_FOUND" });
    expect(await me.markRead({ ...ann, ids: ["' OR 1=1 --"] })).toEqual({ ok: false, reason: "NOT_FOUND" });
    await expect(me.markAllRead({ ...ann, upTo: -1 })).rejects.toMatchObject(refused);
    await expect(me.markAllRead({ ...ann, upTo: Number.POSITIVE_INFINITY })).rejects.toMatchObject(refused);
    await expect(me.markSeen({ ...ann, upTo: 1, category: "unheard-of" as "talk" })).rejects.toMatchObject(refused);
    await expect(me.undo({ ...ann, offset: 0 })).rejects.toMatchObject(refused);
    expect((await app.hand("ann").state()).counts).toMatchObject({ total: 1, unread: 1 });
  });

  test("is not served with numbers that are none", () => {
    for (const maxItems of [0, -1, 1.5, Number.NaN]) {
      expect(() => createInbox({ maxItems })).toThrow(expect.objectContaining(refused));
    }
    for (const email of [-1, 0.5, Number.POSITIVE_INFINITY]) {
      expect(() => createInbox({ after: { email } })).toThrow(expect.objectContaining(refused));
    }
  });

  test("is not for clients to write to", async () => {
    await using app = createInbox();
    expect(Object.keys(app.realtime.router._def.record)).toContain("notifications");
    const { notify, retract, wake, countDevices } = app.as("ann") as unknown as Record<string, () => Promise<unknown>>;
    for (const call of [notify, retract, wake, countDevices])
      await expect(call?.()).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("answers thousands of marks with a rate limit, and others meanwhile as ever", async () => {
    await using app = createInbox({ rates: { commandsPerMinute: 100 } });
    const sent = await app.notify("ann", "alarm", { what: "smoke" });
    const ids = [sent.ok ? sent.result.id : ""];
    const flood = Promise.allSettled(Array.from({ length: 3_000 }, () => app.as("ann").markRead({ ...ann, ids })));
    await app.notify("ben", "alarm", { what: "smoke" });
    const others = await app.as("ben").markAllRead({ userId: "ben", upTo: 1 });
    const answers = await flood;
    expect(others).toMatchObject({ ok: true });
    expect(answers.filter(({ status }) => status === "fulfilled").length).toBe(100);
    const codes = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason.code] : []));
    expect([...new Set(codes)]).toEqual(["TOO_MANY_REQUESTS"]);
  });
});
