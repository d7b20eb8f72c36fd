import { defineNotifications } from "@shoal/contract/notifications";
import { createMemoryStore, initRealtime, type Store, system, type User } from "@shoal/server";
import { serveNotifications } from "@shoal/server/notifications";
import { initTRPC } from "@trpc/server";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { userOf } from "../support/app.ts";
import { hurried } from "../support/hurried.ts";
import { Logged } from "../support/logged.ts";
import { shared } from "../support/nodes.ts";
import { eventually } from "../support/recorder.ts";

const ann = { userId: "ann" };
const text = z.object({ text: z.string() });
const render = ({ text }: { text: string }) => ({ title: text, body: "" });

/** Before a deployment. */
const before = defineNotifications(
  {
    mention: { data: text, render, category: "talk" },
    poke: { data: text, render, category: "fun", group: () => "p" },
  },
  { deliver: ["email"] },
);

/** After it: there are no pokes any more and none of their category, mentions are of another one, and bills are new. */
const after = defineNotifications(
  { mention: { data: text, render, category: "people" }, bill: { data: text, render, category: "money" } },
  { deliver: ["email"] },
);

/** What serves an inbox on a store that others serve before and after it. */
function serve(inbox: typeof before | typeof after, store: Store, mails: string[] = []) {
  const t = initTRPC.context<{ user: User | null }>().create({ isDev: false });
  const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const logged = new Logged();
  const served = serveNotifications(inbox as typeof after, {
    deliver: { email: ({ rendered }) => void mails.push(rendered.title) },
    after: { email: 500 },
  });
  const realtime = createRealtime({ ...hurried, store: shared(store), logger: logged.logger, channels: [...served] });
  return {
    realtime,
    logged,
    me: t.router({ realtime: realtime.router }).createCaller({ user: userOf("ann") }).realtime.notifications,
    state: () =>
      realtime
        .topic(inbox as typeof after, ann)
        .as(system)
        .state(),
    send: (kind: string, key?: string) =>
      realtime.notifications.send("ann", kind as "bill", { text: kind }, key === undefined ? {} : { key }),
    [Symbol.asyncDispose]: () => realtime.close(),
  };
}

describe("An inbox whose kinds were others when it was written", () => {
  test("is shown, counted, marked, taken back and delivered with what it has", async () => {
    const store = createMemoryStore();
    const mails: string[] = [];
    await using old = serve(before, store, mails);
    await old.send("mention");
    await old.send("poke");
    await old.send("poke", "k");
    await old.realtime.close();

    await using app = serve(after, store, mails);
    const one = { total: 1, unread: 1, unseen: 1 };
    expect((await app.state()).counts).toMatchObject({ total: 2, byCategory: { talk: one, fun: one } });
    await app.send("bill");
    await app.send("mention");
    const { items, counts } = await app.state();
    expect(items.map((item) => [item.category, after.render(item).title])).toEqual([
      ["people", "mention"],
      ["money", "bill"],
      ["fun", "poke"],
      ["talk", "mention"],
    ]);
    expect(counts).toMatchObject({ total: 4, byCategory: { people: one, money: one, fun: one, talk: one } });
    expect((await app.me.list(ann)).items).toEqual(items);
    await eventually(() => mails.length === 4, "all are delivered by e-mail");
    expect(mails.toSorted()).toEqual(["bill", "mention", "mention", "poke"]);

    expect(await app.realtime.notifications.retract("ann", "k")).toBe(true);
    expect((await app.state()).items[2]).toMatchObject({ kind: "poke", count: 1 });
    expect(await app.me.markAllRead({ ...ann, upTo: items[0]?.order ?? 0 })).toMatchObject({ ok: true });
    expect(await app.me.archiveRead({ ...ann, upTo: items[0]?.order ?? 0 })).toMatchObject({ ok: true });
    const none = { total: 0, unread: 0, unseen: 0 };
    expect((await app.state()).counts).toEqual({
      ...{ ...none, archived: 4 },
      byCategory: { people: none, money: none, fun: none, talk: none },
    });
    expect(app.logged.errors()).toEqual([]);
  });

  test("has no count of a category that is new until something of it arrives", async () => {
    const store = createMemoryStore();
    await using old = serve(before, store);
    await old.send("mention");
    await old.realtime.close();
    await using app = serve(after, store);
    expect((await app.state()).counts.byCategory.money).toBeUndefined();
    await app.send("bill");
    expect((await app.state()).counts.byCategory.money).toEqual({ total: 1, unread: 1, unseen: 1 });
  });
});
