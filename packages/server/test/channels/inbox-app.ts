import { defineNotifications } from "@shoal/contract/notifications";
import { createMemoryStore, initRealtime, type RealtimeOptions, type Store, system, type User } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import * as z from "zod";
import { type InboxOptions, serveInbox } from "../../src/channels/notification-inbox.ts";
import { userOf } from "../support/app.ts";
import { hurried } from "../support/hurried.ts";
import { Logged } from "../support/logged.ts";

/** How long an invitation stays, in milliseconds. */
export const inviteLife = 60_000;

export const inbox = defineNotifications(
  {
    mention: {
      data: z.object({ room: z.string(), text: z.string() }),
      render: ({ room, text }, { actors }) => ({
        title: `${actors[0]?.name} in ${room}`,
        body: text,
        url: `/rooms/${room}`,
      }),
      category: "talk",
    },
    like: {
      data: z.object({ post: z.string() }),
      render: (_data, { actors, count }) => ({ title: `${actors[0]?.name} and ${count - 1} others`, body: "like it" }),
      category: "talk",
      group: ({ post }) => (post === "" ? null : post),
    },
    invite: {
      data: z.object({ to: z.string() }),
      render: ({ to }) => ({ title: "You are invited", body: to }),
      lifeMs: inviteLife,
    },
    alarm: {
      data: z.object({ what: z.string() }),
      render: ({ what }) => ({ title: "Alarm", body: what }),
      category: "security",
      critical: true,
    },
  },
  { deliver: ["email"] },
);

export type InboxState = NonNullable<(typeof inbox)["~types"]>["state"];
type D = InboxState["items"][number];
type Kind = D["kind"];
type Data<K extends Kind> = Extract<D, { kind: K }>["data"];

export interface Context {
  readonly user: User | null;
}

// biome-ignore lint/suspicious/noExplicitAny: the options of any inbox
export interface InboxAppOptions extends Omit<InboxOptions<any, any, "email", User | null, Context>, "authorize"> {
  readonly store?: Store;
  readonly rates?: RealtimeOptions<never>["rates"];
}

export interface Sent {
  readonly key?: string;
  readonly actor?: string;
  readonly source?: string;
  readonly link?: string;
  readonly tenant?: string;
  readonly commandId?: string;
}

/** Inboxes on one store. It listens nowhere. */
export function createInbox({ store = createMemoryStore(), rates = hurried.rates, ...options }: InboxAppOptions = {}) {
  const t = initTRPC.context<Context>().create({ isDev: false });
  const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const logged = new Logged();
  const realtime = createRealtime({
    ...hurried,
    rates,
    store,
    logger: logged.logger,
    channels: [serveInbox(inbox, options)],
  });
  const router = t.router({ realtime: realtime.router });
  const hand = (userId: string, tenant?: string) =>
    realtime.topic(inbox, { userId }, ...(tenant ? [{ tenant }] : [])).as(system);
  return {
    realtime,
    store,
    logged,
    hand,
    as: (token: string | null) => router.createCaller({ user: userOf(token) }).realtime.notifications,
    /** Sends a notification, as the application does. */
    async notify<K extends Kind>(userId: string, kind: K, data: Data<K>, sent: Sent = {}) {
      const { key = null, actor, source = null, link = null, tenant, commandId } = sent;
      const input = {
        content: { kind, data },
        actor: actor === undefined ? null : { id: actor, name: actor.toUpperCase() },
        source,
        link,
        key,
      };
      return await hand(userId, tenant).send.notify(input, { ...(commandId !== undefined && { commandId }) });
    },
    [Symbol.asyncDispose]: () => realtime.close(),
  };
}

export type InboxApp = ReturnType<typeof createInbox>;
