import type { Channel } from "@shoal/contract";
import {
  type AnyNotifications,
  type InboxTypes,
  maxMuted,
  type Notifications,
  type NotificationTypes,
} from "@shoal/contract/notifications";
import type { NoPrivate } from "../channel/define-private.ts";
import type { Effect } from "../channel/effects.ts";
import type { EventOf } from "../channel/event-of.ts";
import { serveChannel } from "../channel/serve-channel.ts";
import type { AuthorizeCall, ServedChannel } from "../channel/serve-options.ts";
import type { User } from "../user.ts";
import { checkNumber } from "./check-number.ts";
import { type ArrivalOptions, type Met, meet, notify } from "./notification-arrivals.ts";
import { markThese, markThose, removeThese, toWindow } from "./notification-decisions.ts";
import { type Due, readDue, wake } from "./notification-due.ts";
import { listInbox } from "./notification-list.ts";
import { type Filtered, loadLeaving, loadNamed, loadReadOnes, loadUnread, type Named } from "./notification-loads.ts";
import { type Retracted, readRetracted, retract } from "./notification-retraction.ts";
import { inboxKey, type NotificationTables, notificationTables } from "./notification-tables.ts";
import { readUndone, type Undone } from "./notification-undo.ts";
import { findInboxes, forget } from "./notification-users.ts";
import { eraseInbox, projectInboxes } from "./notification-writes.ts";

export interface InboxOptions<D, Cat, V extends string, W, C> {
  /**
   * Whether the user may do `action` (`watch`, or a command's name) in the inbox. Its list is authorized as a watch.
   * @default everybody in their own inbox
   */
  readonly authorize?: (call: AuthorizeCall<NotificationTypes<D, Cat, V>, W, C>) => boolean | Promise<boolean>;
  /**
   * How many items an inbox holds, archived ones too. When one more arrives, the oldest leaves.
   * @default 10000
   */
  readonly maxItems?: number;
  /**
   * How long a way of delivery waits, in milliseconds: what is read or archived meanwhile is not delivered by it.
   * @default none waits
   */
  readonly after?: { readonly [Via in V | "push"]?: number };
}

/** What an event of an inbox means for other topics: the deliveries elsewhere that it names. */
export type InboxEffects = (
  event: EventOf<InboxTypes>,
  context: { readonly params: InboxTypes["params"]; readonly state: InboxTypes["state"] },
) => readonly Effect[];

interface Loaded {
  readonly markSeen: Named | Filtered;
  readonly markRead: Named;
  readonly markUnread: Named;
  readonly markAllRead: Filtered;
  readonly archive: Named;
  readonly unarchive: Named;
  readonly archiveRead: Filtered;
  readonly remove: Named;
  readonly undo: Undone | undefined;
  readonly notify: Met;
  readonly retract: Retracted | undefined;
  readonly wake: Due;
}

/**
 * Serves an inbox: what arrives in it, how its user marks it, and what becomes due in it.
 *
 * Its log is short. Of what a snapshot covers, which is written every 100 events, it keeps the newest 200 events and none for more than
 * 7 days. So what an item said that was removed leaves the log when a few hundred events have followed; the tables and the state have
 * nothing of it at once. Where it must be nowhere at once, its inbox goes with it: `erase()` of the topic.
 *
 * @throws {ShoalError} `BAD_REQUEST` when `maxItems` or `after` is no such number
 */
export function serveInbox<D, Cat, V extends string, W extends User | null = User | null, C = object>(
  notifications: Notifications<D, Cat, V>,
  { authorize = isOwn, maxItems = 10_000, after = {} }: InboxOptions<D, Cat, V, W, C> = {},
  effects: InboxEffects = () => [],
): ServedChannel<NotificationTypes<D, Cat, V>, W, C> {
  checkNumber("maxItems", maxItems, 1);
  for (const [via, ms] of Object.entries(after)) checkNumber(`after.${via}`, ms, 0);
  const inbox: AnyNotifications = notifications;
  const arrivals: ArrivalOptions = { inbox, maxItems, after };

  const served = serveChannel<InboxTypes, W, C, {}, NoPrivate, "all", Loaded, NotificationTables>(
    notifications as unknown as Channel<InboxTypes>,
    {
      authorize: authorize as unknown as (call: AuthorizeCall<InboxTypes, W, C>) => boolean | Promise<boolean>,
      // What a query reads of an inbox is authorized as a watch of it.
      authorizeQuery: () => true,
      snapshotEvery,
      retention: { events: keptEvents, ageMs: keptMs },
      tables: notificationTables,
      load: {
        markSeen: (call) =>
          "ids" in call.input ? loadNamed(call, call.input) : loadUnread(call, call.input, "unseen"),
        markRead: (call) => loadNamed(call, call.input),
        markUnread: (call) => loadNamed(call, call.input),
        markAllRead: (call) => loadUnread(call, call.input, "unread"),
        archive: (call) => loadLeaving(call, call.input),
        unarchive: (call) => loadNamed(call, call.input),
        archiveRead: (call) => loadReadOnes(call, call.input),
        remove: (call) => loadLeaving(call, call.input),
        undo: (call) => readUndone(call, call.input.offset),
        notify: (call) => meet(arrivals, call, call.input),
        retract: (call) => readRetracted(call, call.input.key),
        wake: (call) => readDue(call, call.now),
      },
      timers: ({ wakeAt }) => (wakeAt === null ? [] : [{ name: "wake", at: wakeAt, command: "wake" }]),
      commands: {
        markSeen({ state, input, loaded, now, emit, reject }) {
          if ("counted" in loaded) {
            if (!("ids" in input)) emit("marked", markThose(state, "seen", input, now, loaded));
            return;
          }
          if (loaded.items.length === 0) return reject("NOT_FOUND");
          emit("marked", markThese(state, "seen", loaded, now));
        },
        markRead({ state, loaded, now, emit, reject }) {
          if (loaded.items.length === 0) return reject("NOT_FOUND");
          emit("marked", markThese(state, "read", loaded, now));
        },
        markUnread({ state, loaded, now, emit, reject }) {
          if (loaded.items.length === 0) return reject("NOT_FOUND");
          emit("marked", markThese(state, "unread", loaded, now));
        },
        markAllRead({ state, input, loaded, now, emit }) {
          emit("marked", markThose(state, "read", input, now, loaded));
        },
        archive({ state, loaded, now, emit, reject }) {
          if (loaded.items.length === 0) return reject("NOT_FOUND");
          emit("marked", markThese(state, "archived", loaded, now));
        },
        unarchive({ state, loaded, now, emit, reject }) {
          if (loaded.items.length === 0) return reject("NOT_FOUND");
          emit("marked", markThese(state, "unarchived", loaded, now));
        },
        archiveRead({ state, input, loaded, now, emit }) {
          emit("marked", markThose(state, "archived", input, now, loaded));
        },
        remove({ state, loaded, emit, reject }) {
          if (loaded.items.length === 0) return reject("NOT_FOUND");
          emit("removed", removeThese(state, loaded));
        },
        undo({ state, input: { offset }, loaded, emit, reject }) {
          if (!loaded) return reject("NOT_FOUND");
          emit("undone", { ...toWindow(state, loaded.items, loaded.counts), offset });
        },
        setPreference({ state, input: { on, category, via }, emit, reject }) {
          if (inbox.isCritical(category as never)) return reject("CRITICAL");
          const isOff = state.off.some((one) => one.category === category && one.via === via);
          if (on === isOff) emit(on ? "switchedOn" : "switchedOff", { category, via });
        },
        mute({ state, input: { source }, emit, reject }) {
          if (state.muted.includes(source)) return;
          if (state.muted.length >= maxMuted) return reject("TOO_MANY", { most: maxMuted });
          emit("muted", { source });
        },
        unmute({ state, input: { source }, emit }) {
          if (state.muted.includes(source)) emit("unmuted", { source });
        },
        notify: (call) => notify(arrivals, call),
        retract({ state, input: { key }, loaded, emit, reject }) {
          if (!loaded) return reject("NOT_FOUND");
          const { changed, removed } = retract(state, loaded, key);
          if (changed) emit("changed", changed);
          else emit("removed", removed);
        },
        wake({ state, loaded, emit }) {
          const { removed, dispatched } = wake(inbox, state, loaded);
          if (removed) emit("removed", removed);
          if (dispatched) emit("dispatched", dispatched);
        },
        countDevices({ state, input: { devices }, emit }) {
          if (devices !== state.devices) emit("devicesCounted", { devices });
        },
      },
      project: projectInboxes,
      effects,
      erased: eraseInbox,
      owner: ({ userId }) => userId,
      findUser: findInboxes,
      eraseUser({ state, userId, named, emit, redact }) {
        for (const offset of named) redact(offset);
        emit("forgotten", forget(state, userId));
      },
      queries: {
        async list({ input: { userId, ...filter }, user, now, read, topic }) {
          await topic({ userId }).state();
          const key = inboxKey({ params: { userId }, tenant: user?.tenant ?? null });
          return await listInbox(read, key, filter, now);
        },
      },
    },
  );
  return served as unknown as ServedChannel<NotificationTypes<D, Cat, V>, W, C>;
}

/** How many events are kept behind the last snapshot, and for how long at most: 7 days. */
const keptEvents = 200;
const keptMs = 7 * 24 * 60 * 60_000;
const snapshotEvery = 100;

function isOwn({
  user,
  params,
}: {
  readonly user: User | null;
  readonly params: { readonly userId: string };
}): boolean {
  return user?.id === params.userId;
}
