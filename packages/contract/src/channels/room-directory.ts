import * as z from "zod/mini";
import type { Channel, TypesOf } from "../channel.ts";
import { defineChannel } from "../define-channel.ts";
import { person, roomId, roomName } from "./room-fields.ts";

/** How many rooms the state of the directory holds; older ones are read by the query `list`. */
export const directoryWindow = 50;

/** The longest announcement, after trimming. */
export const maxAnnouncementLength = 400;

/** How many rooms a page of `list` may have, and how many it has when nobody says. */
export const listLimits = { most: 100, usual: 50 } as const;

const listing = z.object({
  roomId,
  name: roomName,
  /** Its place in the directory's log, by which `list` pages. */
  offset: z.int(),
  /** When something was last said in it, to the minute, or when it was listed: milliseconds since the epoch. */
  lastAt: z.number(),
});

/** A room as the directory lists it. */
export type RoomListing = z.output<typeof listing>;

const definition = defineChannel(
  "roomDirectory",
  {
    params: z.object({}),
    /** The newest rooms, the newest last. */
    state: z.object({ rooms: z.array(listing) }),
    events: {
      added: listing,
      renamed: z.object({ roomId, name: roomName }),
      touched: z.object({ roomId, lastAt: z.number() }),
      delisted: z.object({ roomId }),
      announced: z.object({ text: z.string(), by: person }),
    },
    commands: {
      add: { internal: true, input: z.object({ roomId, name: roomName }) },
      rename: { internal: true, input: z.object({ roomId, name: roomName }) },
      touch: { internal: true, input: z.object({ roomId, name: roomName, lastAt: z.number() }) },
      delist: { internal: true, input: z.object({ roomId }) },
      announce: {
        input: z.object({
          text: z.string().check(z.trim(), z.minLength(1, "say something"), z.maxLength(maxAnnouncementLength)),
        }),
        rejections: { NOT_ALLOWED: z.object({}) },
      },
    },
    queries: {
      list: {
        input: z.object({
          cursor: z.optional(z.int().check(z.minimum(1))),
          limit: z.optional(z.int().check(z.minimum(1), z.maximum(listLimits.most))),
        }),
        output: z.object({ items: z.array(listing), nextCursor: z.nullable(z.int()) }),
      },
    },
  },
  {
    initial: () => ({ rooms: [] }),
    apply: {
      added: ({ rooms }, added) => ({ rooms: [...rooms.slice(1 - directoryWindow), added] }),
      renamed: ({ rooms }, { roomId, name }) => ({
        rooms: rooms.map((room) => (room.roomId === roomId ? { ...room, name } : room)),
      }),
      touched: ({ rooms }, { roomId, lastAt }) => ({
        rooms: rooms.map((room) => (room.roomId === roomId ? { ...room, lastAt } : room)),
      }),
      delisted: ({ rooms }, { roomId }) => ({ rooms: rooms.filter((room) => room.roomId !== roomId) }),
      announced: (state) => state,
    },
  },
);

export interface RoomDirectory extends TypesOf<typeof definition> {}

/**
 * The rooms that there are. The state is the last {@link directoryWindow} that were listed; `list` pages back from `cursor` (exclusive),
 * the newest first; it returns the next cursor, or `null` at the beginning.
 */
export const roomDirectory: Channel<RoomDirectory> = definition;
