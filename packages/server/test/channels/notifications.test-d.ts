import { defineNotifications } from "@shoal/contract/notifications";
import { createMemoryStore, initRealtime, type SqlExecutor, serveChannel, type User } from "@shoal/server";
import { type MailingProgress, serveNotifications } from "@shoal/server/notifications";
import { initTRPC } from "@trpc/server";
import { expectTypeOf } from "vitest";
import * as z from "zod";
import { counter } from "../support/counter.ts";

const inbox = defineNotifications({
  mention: {
    data: z.object({ room: z.string() }),
    render: ({ room }) => ({ title: room, body: "" }),
    category: "talk",
  },
  alarm: { data: z.object({ level: z.int() }), render: ({ level }) => ({ title: `${level}`, body: "" }) },
});
const t = initTRPC.context<{ user: User | null }>().create();
const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
const counters = serveChannel(counter, {
  commands: { add: () => ({ sum: 0 }), touch: () => {}, clear: () => {} },
  queries: { sum: () => ({ sum: 0 }), limit: () => 0 },
});
const { notifications, router } = createRealtime({
  store: createMemoryStore(),
  channels: [counters, ...serveNotifications(inbox, { mailings: { authorize: ({ action }) => action === "cancel" } })],
});
declare const tx: SqlExecutor;

// A kind goes with its data, and every option is known.
notifications.send(
  "ann",
  "mention",
  { room: "reef" },
  { key: "k", tx, actor: { id: "ben" }, link: "/", source: "reef" },
);
notifications.sendMany(["ann"], "alarm", { level: 1 }, { key: "k", tenant: "acme" });
notifications.sendMany(new Set(["ann"]), "alarm", { level: 1 });
// @ts-expect-error: there is no such kind
notifications.send("ann", "rumour", { room: "reef" });
// @ts-expect-error: this is the data of another kind
notifications.send("ann", "mention", { level: 1 });
// @ts-expect-error: a room is a text
notifications.send("ann", "mention", { room: 1 });
// @ts-expect-error: the data is missing
notifications.send("ann", "mention");
// @ts-expect-error: no option has this name
notifications.send("ann", "mention", { room: "reef" }, { urgent: true });
// @ts-expect-error: there is no such kind
notifications.sendMany(["ann"], "rumour", { room: "reef" });
// @ts-expect-error: a mailing is in no transaction
notifications.sendMany(["ann"], "mention", { room: "reef" }, { tx });

// What came of it.
const sent = await notifications.send("ann", "alarm", { level: 1 });
expectTypeOf(sent.id).toEqualTypeOf<string>();
expectTypeOf(sent.status).toEqualTypeOf<"arrived" | "folded" | "repeated" | "bypassed" | "muted">();
expectTypeOf(await notifications.sendMany([], "alarm", { level: 1 })).toEqualTypeOf<MailingProgress>();
for await (const { total } of notifications.mailing("m1").subscribe()) expectTypeOf(total).toEqualTypeOf<number>();

// Both channels are in the router, with the inbox's own types.
const caller = t.router({ realtime: router }).createCaller({ user: null }).realtime;
expectTypeOf(caller.notifications.list)
  .parameter(0)
  .toHaveProperty("kind")
  .toEqualTypeOf<"mention" | "alarm" | undefined>();
caller.notificationMailings.cancel({ mailingId: "m1" });
// @ts-expect-error: it is internal
caller.notificationMailings.start({ mailingId: "m1", opening: "o1" });
