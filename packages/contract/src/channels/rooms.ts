import * as z from "zod/mini";
import type { Channel, TypesOf } from "../channel.ts";
import { defineChannel } from "../define-channel.ts";
import { granted, moved, named, posted, type RoomEntry, type RoomMessage, roomEntry, roomRole } from "./room-entry.ts";
import { givenId, person, roomId, roomName } from "./room-fields.ts";

export { peopleOf, type RoomEntry, type RoomMessage, type RoomRole } from "./room-entry.ts";
export { maxRoomNameLength, type Person } from "./room-fields.ts";

/** How many entries the state of a room holds; older ones are read by the query `history`. */
export const roomWindow = 100;

/** How many people of a room may be more than members: owners and moderators. */
export const maxRoles = 50;

/** The longest text of a message, after trimming. */
export const maxMessageLength = 4_000;

/** How many entries a page of `history` may have, and how many it has when nobody says. */
export const historyLimits = { most: 100, usual: 50 } as const;

const text = z.string().check(z.trim(), z.minLength(1, "a message needs text"), z.maxLength(maxMessageLength));
const messageId = givenId;
const at = z.number();

const roles = z.array(z.object({ person, role: z.enum(["owner", "moderator"]) }));

const state = z.object({
  /** What the room was named; empty where nobody named it. */
  name: z.string(),
  /** The newest entries, in their order. */
  entries: z.array(roomEntry),
  /** Up to this offset entries have left the state: `history` goes on below `older + 1`. 0 while all are here. */
  older: z.int(),
  /** How often an entry was edited or removed, here or in the history: who shows older pages reads them again. */
  revision: z.int(),
  /** Who is more than a member, in the order in which they were granted it. */
  roles,
});

type State = z.output<typeof state>;

const definition = defineChannel(
  "rooms",
  {
    params: z.object({ roomId }),
    state,
    events: {
      created: named,
      renamed: named,
      granted,
      joined: moved,
      left: moved,
      posted,
      edited: z.object({ messageId, text: z.string(), at }),
      removed: z.object({ messageId }),
      /** A user was erased: these entries are gone, and these roles are left. */
      forgotten: z.object({ entryIds: z.array(z.string()), roles }),
    },
    commands: {
      create: { creates: true, input: z.object({ name: roomName }) },
      post: { input: z.object({ text }) },
      edit: {
        input: z.object({ messageId, text }),
        rejections: { NOT_FOUND: z.object({}), NOT_ALLOWED: z.object({}) },
      },
      remove: {
        input: z.object({ messageId }),
        rejections: { NOT_FOUND: z.object({}), NOT_ALLOWED: z.object({}) },
      },
      rename: { input: z.object({ name: roomName }), rejections: { NOT_ALLOWED: z.object({}) } },
      grant: {
        input: z.object({ to: z.object({ id: givenId, name: z.string().check(z.maxLength(200)) }), role: roomRole }),
        rejections: { NOT_ALLOWED: z.object({}), LAST_OWNER: z.object({}), TOO_MANY: z.object({ most: z.int() }) },
      },
      join: { internal: true, input: z.object({ who: person }) },
      leave: { internal: true, input: z.object({ who: person }) },
    },
    queries: {
      history: {
        input: z.object({
          roomId,
          cursor: z.optional(z.int().check(z.minimum(1))),
          limit: z.optional(z.int().check(z.minimum(1), z.maximum(historyLimits.most))),
        }),
        output: z.object({ items: z.array(roomEntry), nextCursor: z.nullable(z.int()) }),
      },
    },
    presence: z.object({ typing: z.boolean() }),
    broadcasts: {
      reaction: z.object({ messageId, emoji: z.string().check(z.minLength(1), z.maxLength(16)) }),
    },
  },
  {
    initial: () => ({ name: "", entries: [], older: 0, revision: 0, roles: [] }),
    apply: {
      created: (state, data) =>
        add({ ...state, name: data.name, roles: [{ person: data.by, role: "owner" }] }, { kind: "created", ...data }),
      renamed: (state, data) => add({ ...state, name: data.name }, { kind: "renamed", ...data }),
      granted(state, data) {
        const { to, role } = data;
        const others = state.roles.filter(({ person }) => person.id !== to.id);
        const all = role === "member" ? others : [...others, { person: to, role }];
        return add({ ...state, roles: all }, { kind: "granted", ...data });
      },
      joined: (state, data) => add(state, { kind: "joined", ...data }),
      left: (state, data) => add(state, { kind: "left", ...data }),
      posted: (state, data) => add(state, { kind: "message", ...data, editedAt: null }),
      edited: (state, { messageId, text, at }) =>
        revise(state, messageId, (message) => [{ ...message, text, editedAt: at }]),
      removed: (state, { messageId }) => revise(state, messageId, () => []),
      forgotten: (state, { entryIds, roles }) => ({
        ...state,
        entries: state.entries.filter(({ id }) => !entryIds.includes(id)),
        revision: state.revision + 1,
        roles,
      }),
    },
    optimistic: {
      post: ({ text }, { user, commandId, now }) => {
        const author = { id: user?.id ?? "", name: user?.name ?? user?.id ?? "" };
        return [{ type: "posted", data: { id: commandId, offset: 0, author, text: text.trim(), at: now } }];
      },
      edit: ({ messageId, text }, { now }) => [{ type: "edited", data: { messageId, text: text.trim(), at: now } }],
      remove: ({ messageId }) => [{ type: "removed", data: { messageId } }],
    },
  },
);

function add(state: State, entry: RoomEntry): State {
  const entries = [...state.entries, entry];
  const left = entries.length - roomWindow;
  if (left <= 0) return { ...state, entries };
  return {
    ...state,
    entries: entries.slice(left),
    older: Math.max(state.older, ...entries.slice(0, left).map(({ offset }) => offset)),
  };
}

function revise(state: State, id: string, change: (message: RoomMessage) => readonly RoomMessage[]): State {
  const entries = state.entries.flatMap((entry): readonly RoomEntry[] =>
    entry.kind === "message" && entry.id === id ? change(entry) : [entry],
  );
  return { ...state, entries, revision: state.revision + 1 };
}

export interface Rooms extends TypesOf<typeof definition> {}

/**
 * A room: people talk in it, edit and take back what they said, and see who else is there and who is typing.
 *
 * The state is the last {@link roomWindow} entries, messages and what the room tells of itself, and who may do more than a member.
 * `history` pages back from `cursor` (exclusive), newest first, through the texts as they are now; it returns the next cursor, or
 * `null` at the beginning.
 */
export const rooms: Channel<Rooms> = definition;
