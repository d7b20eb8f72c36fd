import { notificationMailings } from "@shoal/contract/notification-mailings";
import { createMemoryStore, initRealtime, type Store, system, type User } from "@shoal/server";
import { type MailingProgress, type ServeNotificationsOptions, serveNotifications } from "@shoal/server/notifications";
import { initTRPC } from "@trpc/server";
import { userOf } from "../support/app.ts";
import { hurried } from "../support/hurried.ts";
import { Logged } from "../support/logged.ts";
import { type Context, inbox } from "./inbox-app.ts";

// biome-ignore lint/suspicious/noExplicitAny: the options of any inbox
type Options = Omit<ServeNotificationsOptions<any, any, "email", User | null, Context>, "authorize">;

export interface NotificationsAppOptions extends Omit<Options, "deliver"> {
  readonly store?: Store;
}

/** Notifications on one store, and what sends them. It listens nowhere. */
export function createNotifications({ store = createMemoryStore(), ...options }: NotificationsAppOptions = {}) {
  const t = initTRPC.context<Context>().create({ isDev: false });
  const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const logged = new Logged();
  const realtime = createRealtime({
    ...hurried,
    instance: false,
    store,
    logger: logged.logger,
    channels: [...serveNotifications(inbox, { deliver: { email: () => {} }, ...options })],
  });
  const router = t.router({ realtime: realtime.router });
  const read = async (text: string) => {
    await realtime.open();
    return (await store.sql.query(text, [])).rows;
  };
  return {
    realtime,
    store,
    logged,
    as: (token: string | null) => router.createCaller({ user: userOf(token) }).realtime,
    inboxOf: (userId: string, options: { readonly tenant?: string } = {}) =>
      realtime.topic(inbox, { userId }, options).as(system),
    mailing: (mailingId: string) => realtime.topic(notificationMailings, { mailingId }).as(system),
    /** How many notifications each user has that has any, as the table has them. */
    async itemsByUser(): Promise<ReadonlyMap<string, number>> {
      const rows = await read("SELECT user_id, count(*) AS items FROM notification GROUP BY user_id");
      return new Map(rows.map(({ user_id, items }) => [String(user_id), Number(items)]));
    },
    /** How many rows there are of mailings, and of recipients whose turn has not come. */
    async waiting(): Promise<readonly number[]> {
      const tables = ["notification_mailing", "notification_recipient"];
      const counts = tables.map((table) => read(`SELECT count(*) AS rows FROM ${table}`));
      return (await Promise.all(counts)).map(([row]) => Number(row?.rows));
    },
    [Symbol.asyncDispose]: () => realtime.close(),
  };
}

export type NotificationsApp = ReturnType<typeof createNotifications>;

/** So late that nothing is delivered by e-mail within a test: what is left to be done is then the mailing's own. */
export const laterByEmail = { email: 60 * 60_000 };

export const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `user-${index}`);

/** Waits until a mailing is over. @returns what was told of it */
export async function follow(
  { realtime }: NotificationsApp,
  id: string,
  tell: (progress: MailingProgress) => void = () => {},
): Promise<readonly MailingProgress[]> {
  const told: MailingProgress[] = [];
  for await (const progress of realtime.notifications.mailing(id).subscribe()) {
    told.push(progress);
    tell(progress);
  }
  return told;
}
