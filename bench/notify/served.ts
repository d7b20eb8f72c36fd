import { defineNotifications } from "@shoal/contract/notifications";
import { consoleLogger, initRealtime, type Store } from "@shoal/server";
import { serveNotifications } from "@shoal/server/notifications";
import { initTRPC } from "@trpc/server";
import { z } from "zod";

const inbox = defineNotifications({
  mention: {
    data: z.object({ room: z.string(), text: z.string() }),
    render: ({ room, text }) => ({ title: room, body: text, url: `/rooms/${room}` }),
    category: "talk",
  },
});

/** What every notification says. */
const said = { room: "reef", text: "x".repeat(100) };

/** Whoever calls is this user. */
export const reader = "ann";

/** Notifications over a store, as an application would serve them, and its router. */
export function serveInboxes(store: Store, maxItems = 10_000) {
  const t = initTRPC.context<{ user: { id: string } }>().create();
  const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const realtime = createRealtime({
    channels: [...serveNotifications(inbox, { maxItems })],
    store,
    logger: { ...consoleLogger, info: () => {} },
  });
  const router = t.router({ realtime: realtime.router });
  return {
    realtime,
    router,
    send: (userId: string) => realtime.notifications.send(userId, "mention", said),
    /** Fulfilled when everybody has it. */
    async sendMany(userIds: readonly string[]): Promise<void> {
      const { notifications } = realtime;
      const { id } = await notifications.sendMany(userIds, "mention", said);
      for await (const { status } of notifications.mailing(id).subscribe()) if (status === "done") return;
    },
    list: (input: { limit: number; cursor?: number }) =>
      router.createCaller({ user: { id: reader } }).realtime.notifications.list({ userId: reader, ...input }),
  };
}

export type Inboxes = ReturnType<typeof serveInboxes>;

export const numbered = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, turn) => `user-${turn}`);
