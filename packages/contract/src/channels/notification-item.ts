import * as z from "zod/mini";
import type { Json } from "../json.ts";
import { givenId, person } from "./room-fields.ts";

const instant = z.number();

/** An item of an inbox before its kind gives its data a type. */
export const notificationItem = z.object({
  id: z.string(),
  kind: z.string(),
  category: z.string(),
  /** By the schema of its kind; of the newest notification, where several are folded into it. */
  data: z.custom<Json>(),
  /** Who caused it, the newest first, at most three. */
  actors: z.array(person),
  /** How many notifications are folded into it. */
  count: z.int(),
  /** Where it leads instead of what its kind says. */
  link: z.nullable(z.string()),
  /** What its user may mute: a thread, a project, a person. */
  source: z.nullable(z.string()),
  /** Orders the inbox, and `list` pages by it: the offset of the event that put it where it is. The newest has the greatest. */
  order: z.int(),
  /** When it arrived, the newest of what is folded into it: milliseconds since the epoch. */
  at: instant,
  seenAt: z.nullable(instant),
  readAt: z.nullable(instant),
  archivedAt: z.nullable(instant),
  expiresAt: z.nullable(instant),
});

export type AnyNotification = z.output<typeof notificationItem>;

const counts = z.object({
  /** How many items are in the inbox: those that are archived are not. */
  total: z.int(),
  unread: z.int(),
  unseen: z.int(),
});

/** How many items of an inbox there are, which are not archived. */
export type NotificationCounts = z.output<typeof counts>;

export const allCounts = z.extend(counts, {
  /** How many items are archived; they count nowhere else. */
  archived: z.int(),
  byCategory: z.record(z.string(), counts),
});
export type AllCounts = z.output<typeof allCounts>;

/** What an item is marked as. Who reads has also seen. */
export const mark = z.enum(["seen", "read", "unread", "archived", "unarchived"]);
export type NotificationMark = z.output<typeof mark>;

export const itemIds = z.array(givenId).check(z.minLength(1), z.maxLength(100));

/** Those up to an `order`, the newest that was shown, so that what arrived meanwhile stays as it is. */
export const upTo = z.object({ upTo: z.int().check(z.minimum(0)), category: z.optional(z.string()) });

/** Which items of an inbox are marked. */
export const which = z.union([z.object({ ids: z.array(z.string()) }), upTo]);
export type Which = z.output<typeof which>;

/** Ways by which something is delivered later. */
export const later = z.array(z.object({ via: z.string(), due: instant }));

/** What an event leaves of the window of the newest items, in absolute values. */
export const delta = z.object({
  /** The times of items that are in the window. */
  set: z.array(z.pick(notificationItem, { id: true, seenAt: true, readAt: true, archivedAt: true })),
  /** Items that leave the window. */
  left: z.array(z.string()),
  /** Items that enter it, from behind it or as they are now. */
  entered: z.array(notificationItem),
  counts: allCounts,
  /** When something is due in the inbox: an item expires, or is to be delivered elsewhere. */
  wakeAt: z.nullable(instant),
});
export type Delta = z.output<typeof delta>;
