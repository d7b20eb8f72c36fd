import { parse, type Schema, ShoalError } from "@shoal/contract";
import {
  type MailingMessage,
  type MailingStatus,
  mostGathered,
  type NotificationMailings,
  notificationMailings,
} from "@shoal/contract/notification-mailings";
import type { AnyNotifications, InboxTypes } from "@shoal/contract/notifications";
import { newCommandId } from "../channel/new-command-id.ts";
import { mintedId } from "../channel/requests.ts";
import { type SystemTopicHandle, system } from "../channel/topic-handle.ts";
import type { Realtime } from "../realtime.ts";
import type { SqlExecutor } from "../store.ts";
import type { User } from "../user.ts";
import { groupOf } from "./notification-arrivals.ts";
import { type MailingHandle, type MailingProgress, mailingHandle } from "./notification-mailing-handle.ts";
import { toNotify } from "./notification-mailings.ts";
import { toPerson } from "./to-person.ts";

/** What is told besides the data of the kind. */
export interface NotificationOptions {
  /** Who caused it. */
  readonly actor?: Pick<User, "id" | "name"> | undefined;
  /** Where it leads instead of what its kind says: http, https, or relative to the page. */
  readonly link?: string | undefined;
  /** What its user may mute: a thread, a project, a person. */
  readonly source?: string | undefined;
  /** Whose users they are, where users are of a tenant. */
  readonly tenant?: string | undefined;
}

export interface SendNotificationOptions extends NotificationOptions {
  /** Makes it the same notification when it is sent again, as long as the inbox exists: 1 to 200 characters. */
  readonly key?: string | undefined;
  /** Sends in this transaction of the application, on the same Postgres: what is rolled back was not sent. */
  readonly tx?: SqlExecutor | undefined;
}

export interface SendManyOptions extends NotificationOptions {
  /** Makes it the same mailing when it is sent again: 1 to 200 characters. */
  readonly key?: string | undefined;
}

/** What became of a notification. */
export interface SentNotification {
  /** The id of the item. */
  readonly id: string;
  /**
   * `arrived` in the inbox, `folded` into an item of its group, `repeated` since its key came before, `bypassed` the inbox, where its
   * user wants none of its category, or `muted`, where its user wants it nowhere.
   */
  readonly status: "arrived" | "folded" | "repeated" | "bypassed" | "muted";
}

/** What sends notifications: `realtime.notifications`. `D` is the data of each kind. */
export interface NotificationHand<D> {
  /**
   * Sends a notification to a user. It is stored when the promise is fulfilled.
   *
   * @throws {ShoalError} `BAD_REQUEST` when the kind, its data or an option is wrong, `TOO_MANY_REQUESTS` when too many sends of this node
   * wait (`maxSends`)
   */
  send<K extends keyof D & string>(
    userId: string,
    kind: K,
    data: D[K],
    options?: SendNotificationOptions,
  ): Promise<SentNotification>;
  /**
   * Sends one notification to many users, each once: 500 have their turn at once, and the next ones when they have it. When the
   * promise is fulfilled, the recipients are stored and the sending goes on by itself, on whichever node, through restarts.
   *
   * @throws {ShoalError} `BAD_REQUEST` as `send`, or for a recipient that is no id; `PAYLOAD_TOO_LARGE` when there are more recipients than
   * `maxRecipients`; `TOO_MANY_REQUESTS` when as many mailings are under way as may be. Then nobody is sent anything
   */
  sendMany<K extends keyof D & string>(
    recipients: Iterable<string> | AsyncIterable<string>,
    kind: K,
    data: D[K],
    options?: SendManyOptions,
  ): Promise<MailingProgress>;
  /**
   * Takes back what was sent to a user with a key.
   *
   * @returns whether there was anything to take back
   */
  retract(
    userId: string,
    key: string,
    options?: { readonly tenant?: string | undefined; readonly tx?: SqlExecutor | undefined },
  ): Promise<boolean>;
  /** A mailing that {@link sendMany} began, by its id. */
  mailing(id: string, options?: { readonly tenant?: string | undefined }): MailingHandle;
}

/** @param maxSends - how many sends may wait for their commit */
export function notificationHand(inbox: AnyNotifications, realtime: Realtime<unknown>, maxSends: number) {
  const notified = inbox.commands.notify.input as Schema<InboxTypes["commands"]["notify"]["input"]>;
  let waiting = 0;
  const inboxOf = (userId: string, tenant: string | undefined) =>
    realtime.topic(inbox, { userId }, tenantOf(tenant)).as(system).send;
  const mailingOf = (mailingId: string, tenant: string | undefined) =>
    realtime.topic(notificationMailings, { mailingId }, tenantOf(tenant)).as(system);

  return {
    async send(userId, kind, data, { key, tx, ...options } = {}) {
      if (waiting >= maxSends) throw tooManySends(maxSends);
      waiting += 1;
      try {
        const input = toNotify(toMessage(kind, data, options), key);
        return (await inboxOf(userId, options.tenant).notify(input, tx && { tx })).result;
      } finally {
        waiting -= 1;
      }
    },
    async sendMany(recipients, kind, data, { key, ...options } = {}) {
      checkRecipients(recipients);
      const message = toMessage(kind, data, options);
      // What no inbox would take is refused here, and not by each of them.
      groupOf(inbox, parse(notified, toNotify(message), "notification").content);
      const id = key === undefined ? newCommandId() : mintedId(notificationMailings.name, "key", parseKey(key));
      const mailing = mailingOf(id, options.tenant);
      await fill(mailing, message, recipients);
      return await mailingHandle(id, mailing).state();
    },
    async retract(userId, key, { tenant, tx } = {}) {
      return (await inboxOf(userId, tenant).retract({ key }, tx && { tx })).ok;
    },
    mailing: (id, { tenant } = {}) => mailingHandle(id, mailingOf(id, tenant)),
  } satisfies NotificationHand<Record<string, unknown>>;
}

/**
 * Begins a mailing, unless it began before. When it fails on the way, it is given up. Of several who begin the same one the last names its
 * recipients, and the others fail, so that whoever does not knows that it is under way.
 */
async function fill(
  { send, state }: SystemTopicHandle<NotificationMailings>,
  message: MailingMessage,
  recipients: Iterable<string> | AsyncIterable<string>,
): Promise<void> {
  const opening = newCommandId();
  const opened = await send.open({ message, opening });
  if (!opened.ok) throw tooManyMailings(opened.most);
  if (isUnderWay((await state()).status)) return;
  try {
    for await (const userIds of chunksOf(recipients)) {
      const gathered = await send.gather({ opening, userIds });
      if (gathered.ok) continue;
      if (gathered.reason === "TOO_MANY_RECIPIENTS") throw tooManyRecipients(gathered.most);
      break;
    }
    const started = await send.start({ opening });
    if (!started.ok && !isUnderWay((await state()).status)) throw displaced();
  } catch (error) {
    // Where this fails too, its timer does it.
    await send.abandon({ opening }).catch(() => {});
    throw error;
  }
}

function isUnderWay(status: MailingStatus): boolean {
  return status !== "none" && status !== "gathering";
}

async function* chunksOf(recipients: Iterable<string> | AsyncIterable<string>): AsyncIterable<string[]> {
  let chunk: string[] = [];
  for await (const userId of recipients) {
    chunk.push(userId);
    if (chunk.length < mostGathered) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

/** A text can be iterated, too, and its letters are nobody. */
function checkRecipients(recipients: unknown): void {
  const isIterable = typeof recipients === "object" && recipients !== null;
  if (isIterable && (Symbol.iterator in recipients || Symbol.asyncIterator in recipients)) return;
  throw new ShoalError(
    "BAD_REQUEST",
    "`sendMany` takes the ids of users, to be iterated. For one user there is `send`.",
  );
}

function toMessage(kind: string, data: unknown, { actor, link, source }: NotificationOptions): MailingMessage {
  return {
    kind,
    data: data as MailingMessage["data"],
    actor: actor ? toPerson(actor) : null,
    link: link ?? null,
    source: source ?? null,
  };
}

function tenantOf(tenant: string | undefined) {
  return tenant === undefined ? {} : { tenant };
}

function parseKey(key: unknown): string {
  if (typeof key === "string" && key.length >= 1 && key.length <= 200) return key;
  throw new ShoalError("BAD_REQUEST", "The key of a mailing is a text of 1 to 200 characters.");
}

function tooManySends(most: number): ShoalError {
  const message = `${most} sends wait for the store, and no more may wait at once. Await them, or use \`sendMany\`.`;
  return new ShoalError("TOO_MANY_REQUESTS", message, { retryAfterMs: 1_000 });
}

function tooManyMailings(most: number): ShoalError {
  const message = `${most} mailings are under way, and no more may be at once. Send when one of them is done.`;
  return new ShoalError("TOO_MANY_REQUESTS", message, { retryAfterMs: 1_000 });
}

function tooManyRecipients(most: number): ShoalError {
  const message = `A mailing has at most ${most} recipients. Send to fewer at once, or raise \`maxRecipients\`.`;
  return new ShoalError("PAYLOAD_TOO_LARGE", message);
}

function displaced(): ShoalError {
  const message =
    "Another call with the same key names the recipients now, or they were not named in time. Send it again.";
  return new ShoalError("SERVICE_UNAVAILABLE", message);
}
