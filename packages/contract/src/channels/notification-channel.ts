import * as z from "zod/mini";
import type { TypesOf } from "../channel.ts";
import { defineChannel } from "../define-channel.ts";
import type { Json } from "../json.ts";
import { allCounts, delta, itemIds, later, mark, notificationItem, upTo, which } from "./notification-item.ts";
import { linkOf } from "./notification-link.ts";
import { predictMark, predictRemoval } from "./notification-predictions.ts";
import { windowAfter } from "./notification-window.ts";
import { givenId, person, storable } from "./room-fields.ts";

/** How many items a page of `list` may have, and how many it has when nobody says. */
export const notificationListLimits = { most: 100, usual: 50 } as const;

/** How many sources a user may mute. */
export const maxMuted = 200;

const maxKeyLength = 200;
const maxActorNameLength = 200;
const maxLinkLength = 2_048;

const instant = z.int();
const switched = z.object({ category: z.string(), via: z.string() });
const source = givenId;
const key = z.string().check(z.minLength(1), z.maxLength(maxKeyLength), storable);
const actor = z.object({ id: givenId, name: z.string().check(z.maxLength(maxActorNameLength)) });
const link = z.string().check(
  z.maxLength(maxLinkLength),
  z.refine<string>((to) => linkOf(to) !== undefined, "http, https, or relative"),
);
const sent = {
  item: notificationItem,
  /** With which it was sent. */
  key: z.nullable(z.string()),
  via: z.array(z.string()),
  later,
};
/** With which it was sent what is taken back; `null` where nothing is. */
const retracted = z.nullable(z.string());
const noneFound = { NOT_FOUND: z.object({}) };
const many = z.object({ ids: itemIds });

export interface InboxParts {
  readonly categories: readonly string[];
  readonly vias: readonly string[];
  /** Checks a kind and its data as one. */
  readonly content: z.ZodMiniType<{ kind: string; data: Json }>;
}

/** The channel behind an inbox, before its kinds give it types. */
export function inboxChannel({ categories, vias, content }: InboxParts) {
  const category = z.enum(categories);
  const via = z.enum(vias);
  const those = z.extend(upTo, { category: z.optional(category) });
  const none = { total: 0, unread: 0, unseen: 0 };
  return defineChannel(
    "notifications",
    {
      params: z.object({ userId: givenId }),
      state: z.object({
        /** The newest that are not archived, newest first. */
        items: z.array(notificationItem),
        counts: allCounts,
        /** Grows whenever an item changes, here or behind the window: who shows older pages reads them again. */
        revision: z.int(),
        /** What its user switched off. */
        off: z.array(switched),
        /** The sources that its user muted. */
        muted: z.array(z.string()),
        /** How many of its user's browsers get push. */
        devices: z.int(),
        /** When something is due in the inbox; `null` when nothing is. */
        wakeAt: z.nullable(z.number()),
      }),
      events: {
        /** A notification came in, or was folded into `item`. `via`: where else it is to be delivered at once. */
        arrived: z.extend(delta, { ...sent, group: z.nullable(z.string()), actor: z.nullable(person) }),
        /** One that is to be delivered elsewhere alone, since its user wants none of its category in the inbox. */
        bypassed: z.object({ ...sent, wakeAt: z.nullable(z.number()) }),
        marked: z.extend(delta, { as: mark, which, at: z.number() }),
        /** What the event at `offset` marked is as it was before. */
        undone: z.extend(delta, { offset: z.int() }),
        /** Items are gone: their user removed them, they expired, they were taken back, or the inbox was full. */
        removed: z.extend(delta, { ids: z.array(z.string()), key: retracted }),
        /** `items` are as they are given now: one that was folded into them was taken back. */
        changed: z.extend(delta, {
          items: z.array(notificationItem),
          /** The offsets of what was folded into them and was taken back. */
          parts: z.array(z.int()),
          key: retracted,
        }),
        /** A user was erased: nothing names them any more, and these are the sources that are muted. */
        forgotten: z.extend(delta, { muted: z.array(z.string()) }),
        /** These are delivered elsewhere now. `dropped`: those that no longer are to be, since they were read in time, say. */
        dispatched: z.object({
          deliveries: z.array(z.object({ item: notificationItem, via: z.array(z.string()) })),
          dropped: z.array(z.object({ id: z.string(), via: z.string() })),
          wakeAt: z.nullable(z.number()),
        }),
        switchedOn: switched,
        switchedOff: switched,
        muted: z.object({ source }),
        unmuted: z.object({ source }),
        devicesCounted: z.object({ devices: z.int() }),
      },
      commands: {
        /** Without `ids` it is all up to `upTo`. */
        markSeen: { input: z.union([many, those]), rejections: noneFound },
        markRead: { input: many, rejections: noneFound },
        markUnread: { input: many, rejections: noneFound },
        markAllRead: { input: those },
        archive: { input: many, rejections: noneFound },
        unarchive: { input: many, rejections: noneFound },
        /** Archives what was read. */
        archiveRead: { input: those },
        /** For ever. */
        remove: { input: many, rejections: noneFound },
        /** Takes back what another command marked, by the `offset` of its outcome. */
        undo: { input: z.object({ offset: z.int().check(z.minimum(1)) }), rejections: noneFound },
        setPreference: {
          input: z.object({ category, via, on: z.boolean() }),
          rejections: { CRITICAL: z.object({}) },
        },
        mute: { input: z.object({ source }), rejections: { TOO_MANY: z.object({ most: z.int() }) } },
        unmute: { input: z.object({ source }) },
        notify: {
          internal: true,
          input: z.object({
            content,
            actor: z.nullable(actor),
            link: z.nullable(link),
            source: z.nullable(source),
            /** Makes it the same notification when it is sent again. */
            key: z.nullable(key),
          }),
          result: z.object({ id: z.string(), status: z.enum(["arrived", "folded", "repeated", "bypassed", "muted"]) }),
        },
        /** Takes back the notification that was sent with that key. */
        retract: { internal: true, input: z.object({ key }), rejections: noneFound },
        wake: { internal: true },
        countDevices: { internal: true, input: z.object({ devices: z.int() }) },
      },
      queries: {
        list: {
          input: z.object({
            userId: givenId,
            cursor: z.optional(z.int().check(z.minimum(1))),
            limit: z.optional(z.int().check(z.minimum(1), z.maximum(notificationListLimits.most))),
            category: z.optional(category),
            kind: z.optional(z.string().check(z.maxLength(64), storable)),
            /** Those alone that were not read. */
            unread: z.optional(z.boolean()),
            /** Those that are archived, instead of those that are not. */
            archived: z.optional(z.boolean()),
            /** Those that arrived then or later, in milliseconds since the epoch; by default seven days before now. */
            since: z.optional(instant),
            /** Those that arrived then or earlier. */
            until: z.optional(instant),
          }),
          output: z.object({ items: z.array(notificationItem), nextCursor: z.nullable(z.int()) }),
        },
      },
    },
    {
      initial: () => ({
        items: [],
        counts: { ...none, archived: 0, byCategory: Object.fromEntries(categories.map((name) => [name, none])) },
        revision: 0,
        off: [],
        muted: [],
        devices: 0,
        wakeAt: null,
      }),
      apply: {
        arrived: (state, data) => revised(windowAfter(state, { ...data, entered: [...data.entered, data.item] })),
        bypassed: (state, { wakeAt }) => ({ ...state, wakeAt }),
        marked: (state, data) => revised(windowAfter(state, data)),
        undone: (state, data) => revised(windowAfter(state, data)),
        removed: (state, data) => revised(windowAfter(state, data)),
        changed: (state, data) => revised(windowAfter(state, data)),
        forgotten: (state, { muted, ...data }) => ({ ...revised(windowAfter(state, data)), muted }),
        dispatched: (state, { wakeAt }) => ({ ...state, wakeAt }),
        switchedOn: (state, one) => ({ ...state, off: state.off.filter((other) => !isSame(one, other)) }),
        switchedOff: (state, one) => ({ ...state, off: [...state.off.filter((other) => !isSame(one, other)), one] }),
        muted: (state, { source }) => ({
          ...state,
          muted: [...state.muted.filter((other) => other !== source), source],
        }),
        unmuted: (state, { source }) => ({ ...state, muted: state.muted.filter((other) => other !== source) }),
        devicesCounted: (state, { devices }) => ({ ...state, devices }),
      },
      optimistic: {
        markSeen: (input, { state, now }) => predictMark(state, "seen", input, now),
        markRead: (input, { state, now }) => predictMark(state, "read", input, now),
        markUnread: (input, { state, now }) => predictMark(state, "unread", input, now),
        markAllRead: (input, { state, now }) => predictMark(state, "read", input, now),
        archive: (input, { state, now }) => predictMark(state, "archived", input, now),
        archiveRead: (input, { state, now }) => predictMark(state, "archived", input, now),
        remove: ({ ids }, { state }) => predictRemoval(state, ids),
        setPreference: ({ on, ...data }) => [on ? { type: "switchedOn", data } : { type: "switchedOff", data }],
        mute: (data) => [{ type: "muted", data }],
        unmute: (data) => [{ type: "unmuted", data }],
      },
    },
  );
}

function revised<S extends { readonly revision: number }>(state: S): S {
  return { ...state, revision: state.revision + 1 };
}

function isSame(a: z.output<typeof switched>, b: z.output<typeof switched>): boolean {
  return a.category === b.category && a.via === b.via;
}

/** An inbox before its kinds give it types, for code that serves any. */
export interface InboxTypes extends TypesOf<ReturnType<typeof inboxChannel>> {}
