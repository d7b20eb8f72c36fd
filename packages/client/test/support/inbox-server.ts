import { createClient } from "@shoal/client";
import { defineNotifications } from "@shoal/contract/notifications";
import { consoleLogger, createMemoryStore, initRealtime, serve, system } from "@shoal/server";
import { serveNotifications } from "@shoal/server/notifications";
import { initTRPC } from "@trpc/server";
import * as z from "zod";
import { onOwnNetwork } from "./on-own-network.ts";

/** Two kinds, one of which folds by thread and one of which cannot be switched off. */
export const inbox = defineNotifications(
  {
    reply: {
      data: z.object({ thread: z.string(), text: z.string() }),
      category: "talk",
      group: ({ thread }) => thread,
      render: ({ thread, text }, { count }) => ({ title: `${count} in ${thread}`, body: text, url: `/${thread}` }),
    },
    alarm: {
      data: z.object({ text: z.string() }),
      critical: true,
      render: ({ text }) => ({ title: "Alarm", body: text }),
    },
  },
  { deliver: ["email"] },
);

interface SendOptions {
  readonly key?: string;
  readonly source?: string;
}

/** A server of inboxes, on a port of its own. */
export async function startInboxServer() {
  const t = initTRPC.context<{ user: { id: string } | null }>().create();
  const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const store = createMemoryStore();
  const realtime = createRealtime({
    channels: serveNotifications(inbox, { deliver: { email: () => {} } }),
    store,
    logger: { ...consoleLogger, info: () => {}, warn: () => {} },
    rates: { commandsPerMinute: 0 },
    drainSpreadMs: 0,
  });
  const handle = await serve({
    router: t.router({ realtime: realtime.router }),
    port: 0,
    createContext: ({ info }) => ({ user: info.connectionParams?.token ? { id: info.connectionParams.token } : null }),
  });
  const topic = (userId: string) => realtime.topic(inbox, { userId }).as(system);
  const notify = async (userId: string, content: object, { key, source }: SendOptions) => {
    const more = { actor: null, link: null, source: source ?? null, key: key ?? null };
    const outcome = await topic(userId).send.notify({ content: content as never, ...more });
    if (!outcome.ok) throw new Error("It was not sent.");
    return outcome.result;
  };
  return {
    url: `${handle.url}/trpc`,
    reply: (userId: string, thread: string, text: string, options: SendOptions = {}) =>
      notify(userId, { kind: "reply", data: { thread, text } }, options),
    alarm: (userId: string, text: string) => notify(userId, { kind: "alarm", data: { text } }, {}),
    retract: (userId: string, key: string) => topic(userId).send.retract({ key }),
    state: (userId: string) => topic(userId).state(),
    /** What an inbox has by its table, as somebody who does not trust its counts would count it. */
    async rows(userId: string) {
      const { rows } = await store.sql.query(
        `SELECT count(CASE WHEN archived_at IS NULL THEN 1 END) AS total,
           count(CASE WHEN archived_at IS NULL AND read_at IS NULL THEN 1 END) AS unread,
           count(CASE WHEN archived_at IS NULL AND seen_at IS NULL THEN 1 END) AS unseen,
           count(archived_at) AS archived
         FROM notification WHERE user_id = ?`,
        [userId],
      );
      return { ...rows[0] };
    },
    /** Makes an inbox begin anew, in another epoch. */
    erase: (userId: string) => topic(userId).erase(),
    cut: () => {
      for (const socket of handle.sockets) socket.terminate();
    },
    async [Symbol.asyncDispose]() {
      await realtime.close();
      await handle.close();
    },
  };
}

export type InboxServer = Awaited<ReturnType<typeof startInboxServer>>;

/** A client whose user is called as its token, on a network of its own. */
export function connectTo(server: Pick<InboxServer, "url">, token: string) {
  const client = onOwnNetwork((WebSocket) =>
    createClient({ WebSocket, url: server.url, channels: [inbox], token: () => token, user: () => ({ id: token }) }),
  );
  const own = client.notifications({ userId: token });
  return Object.assign(client, { inbox: own });
}
