import * as z from "zod/mini";
import type { Channel, TypesOf } from "../channel.ts";
import { defineChannel } from "../define-channel.ts";

/** How many messages the state of a room holds; older ones are read by the query `history`. */
export const roomWindow = 100;

/** The longest text of a message, after trimming. */
export const maxMessageLength = 4_000;

/** How many messages a page of `history` may have, and how many it has when nobody says. */
export const historyLimits = { most: 100, usual: 50 } as const;

const roomId = z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/, "1 to 64 letters, digits, - and _"));

const message = z.object({
  /** The id of the command that posted it. */
  id: z.string(),
  author: z.object({ id: z.string(), name: z.string() }),
  text: z.string(),
  /** Milliseconds since the epoch, by the server's clock. */
  at: z.number(),
});

/** One message of a room. */
export type RoomMessage = z.output<typeof message>;

const definition = defineChannel(
  "rooms",
  {
    params: z.object({ roomId }),
    state: z.object({ messages: z.array(message) }),
    events: { posted: message },
    commands: {
      post: {
        input: z.object({
          text: z.string().check(z.trim(), z.minLength(1, "a message needs text"), z.maxLength(maxMessageLength)),
        }),
      },
    },
    queries: {
      history: {
        input: z.object({
          roomId,
          cursor: z.optional(z.int().check(z.minimum(1))),
          limit: z.optional(z.int().check(z.minimum(1), z.maximum(historyLimits.most))),
        }),
        output: z.object({ items: z.array(message), nextCursor: z.nullable(z.int()) }),
      },
    },
    presence: z.object({ typing: z.boolean() }),
  },
  {
    initial: () => ({ messages: [] }),
    apply: {
      posted: ({ messages }, posted) => ({ messages: [...messages.slice(1 - roomWindow), posted] }),
    },
    optimistic: {
      post: ({ text }, { user, commandId, now }) => {
        const author = { id: user?.id ?? "", name: user?.name ?? user?.id ?? "" };
        return [{ type: "posted", data: { id: commandId, author, text: text.trim(), at: now } }];
      },
    },
  },
);

export interface Rooms extends TypesOf<typeof definition> {}

/**
 * A room: people talk in it, and see who else is there and who is typing.
 *
 * The state is the last {@link roomWindow} messages. `history` pages back from `cursor` (exclusive), newest first; it
 * returns the next cursor, or `null` at the beginning.
 */
export const rooms: Channel<Rooms> = definition;
