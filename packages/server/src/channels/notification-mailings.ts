import {
  type MailingMessage,
  mostGathered,
  type NotificationMailings,
  notificationMailings,
} from "@shoal/contract/notification-mailings";
import type { AnyNotifications } from "@shoal/contract/notifications";
import type { NoPrivate } from "../channel/define-private.ts";
import { effect } from "../channel/effects.ts";
import { serveChannel } from "../channel/serve-channel.ts";
import type { AuthorizeCall, ServedChannel } from "../channel/serve-options.ts";
import type { User } from "../user.ts";
import { checkNumber } from "./check-number.ts";
import {
  countMailings,
  eraseMailing,
  findRecipient,
  knownRecipients,
  type MailingTables,
  mailingTables,
  nextRecipients,
  projectMailings,
} from "./notification-mailing-tables.ts";

export interface MailingOptions<W, C> {
  /**
   * Whether the user may do `action` (`watch`, `cancel`) with the mailing. Who may watch it sees what is sent and how far it is, and not to
   * whom.
   * @default nobody may
   */
  readonly authorize?: (call: AuthorizeCall<NotificationMailings, W, C>) => boolean | Promise<boolean>;
  /**
   * How many recipients have their turn at once, from 1 to 1000: the notification of the next so many is stored together, and theirs come
   * when all of these are done.
   * @default 500
   */
  readonly batch?: number;
  /**
   * How many recipients a mailing may have, each counted once.
   * @default 100000
   */
  readonly maxRecipients?: number;
  /**
   * How many mailings of a tenant may be under way. Together with `maxRecipients` it bounds what waits in the store.
   * @default 10
   */
  readonly maxMailings?: number;
}

/** After how long without further recipients a mailing that was not started is given up, in milliseconds. */
const patienceMs = 60 * 60 * 1_000;

const dayMs = 24 * 60 * 60 * 1_000;

interface Loaded {
  /** How many mailings are under way. */
  readonly open: number;
  /** Those of the given users who are recipients already. */
  readonly gather: ReadonlySet<string>;
  /** Who is next. */
  readonly advance: string[];
}

/**
 * Serves {@link notificationMailings}, which send to an inbox.
 *
 * @throws {ShoalError} `BAD_REQUEST` when an option is no such number
 */
export function serveMailings<W extends User | null = User | null, C = object>(
  inbox: AnyNotifications,
  { authorize = () => false, batch = 500, maxRecipients = 100_000, maxMailings = 10 }: MailingOptions<W, C> = {},
): ServedChannel<NotificationMailings, W, C> {
  checkNumber("mailings.batch", batch, 1, mostGathered);
  checkNumber("mailings.maxRecipients", maxRecipients, 1);
  checkNumber("mailings.maxMailings", maxMailings, 1);
  return serveChannel<NotificationMailings, W, C, {}, NoPrivate, "watchers", Loaded, MailingTables>(
    notificationMailings,
    {
      authorize,
      // The log names every recipient: a snapshot behind each event lets all of it go.
      snapshotEvery: 1,
      retention: { ageMs: dayMs },
      audiences: ["watchers"],
      audience: () => "watchers",
      view: {
        state: (state) => state,
        event: (event) => {
          if (event.type !== "gathered" && event.type !== "batchBegun") return event;
          return { ...event, data: { ...event.data, userIds: [] } } as typeof event;
        },
      },
      tables: mailingTables,
      load: {
        open: ({ read, tenant }) => countMailings(read, tenant),
        gather: ({ read, input, ...mailing }) => knownRecipients(read, mailing, input.userIds),
        advance: ({ read, ...mailing }) => nextRecipients(read, mailing, batch),
      },
      timers: ({ status, opening, gatheredAt }) =>
        status === "gathering"
          ? [{ name: "abandon", at: gatheredAt + patienceMs, command: "abandon", input: { opening } }]
          : [],
      commands: {
        open({ state: { status }, input, loaded: underWay, now, emit, reject }) {
          if (status !== "none" && status !== "gathering") return;
          if (status === "none" && underWay >= maxMailings) return reject("TOO_MANY_MAILINGS", { most: maxMailings });
          emit("opened", { ...input, at: now });
        },
        gather({ state, input, loaded: known, now, emit, reject }) {
          if (!isGathering(state, input)) return reject("NOT_GATHERING");
          const userIds = [...new Set(input.userIds)].filter((userId) => !known.has(userId));
          const total = state.total + userIds.length;
          if (total > maxRecipients) return reject("TOO_MANY_RECIPIENTS", { most: maxRecipients });
          if (userIds.length > 0) emit("gathered", { userIds, total, at: now });
        },
        start({ state, input, emit, reject }) {
          if (!isGathering(state, input)) return reject("NOT_GATHERING");
          emit("started");
        },
        advance({ state: { status, sent, begun }, input, loaded: userIds, emit }) {
          if (begun !== input.begun) return;
          if (status === "cancelled" && sent < begun) emit("stopped");
          if (status !== "sending") return;
          if (userIds.length === 0) return emit("finished");
          const next = begun + userIds.length;
          emit("batchBegun", { userIds, sent: begun, begun: next });
          emit("batchAwaited", { begun: next });
        },
        abandon({ state, input, emit }) {
          if (isGathering(state, input)) emit("abandoned");
        },
        cancel({ state: { status }, emit, reject }) {
          if (status !== "gathering" && status !== "sending") return reject("NOT_UNDER_WAY");
          emit("cancelled");
        },
      },
      effects({ type, data }, { params, state: { message } }) {
        switch (type) {
          case "started":
            return [effect(notificationMailings, params, "advance", { begun: 0 })];
          case "batchBegun":
            return message ? data.userIds.map((userId) => effect(inbox, { userId }, "notify", toNotify(message))) : [];
          case "batchAwaited":
            return [effect(notificationMailings, params, "advance", data)];
          default:
            return [];
        }
      },
      project: projectMailings,
      erased: eraseMailing,
      findUser: findRecipient,
      eraseUser({ state: { message }, userId, named, emit, redact }) {
        for (const offset of named) redact(offset);
        emit("forgotten", { actor: message && message.actor?.id !== userId ? message.actor : null });
      },
    },
  );
}

/** Whether it is still this one who names the recipients. */
function isGathering({ status, opening }: NotificationMailings["state"], by: { readonly opening: string }): boolean {
  return status === "gathering" && opening === by.opening;
}

/** What an inbox is told of a message. */
export function toNotify({ kind, data, ...message }: MailingMessage, key: string | null = null) {
  return { ...message, content: { kind, data }, key };
}
