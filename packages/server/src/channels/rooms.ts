import { ShoalError } from "@shoal/contract";
import { historyLimits, type RoomMessage, type Rooms, rooms } from "@shoal/contract/rooms";
import { serveChannel } from "../channel/serve-channel.ts";
import type { AuthorizeCall, ServedChannel } from "../channel/serve-options.ts";
import type { User } from "../user.ts";

export interface RoomsOptions<W, C> {
  /**
   * Whether the user may do `action` (`watch`, `post`, `presence`) in the room.
   * @default whoever is signed in may
   */
  readonly authorize?: (call: AuthorizeCall<Rooms, W, C>) => boolean | Promise<boolean>;
}

/** Serves {@link rooms}. A message shows the user's `name`, or the id when there is none. */
export function serveRooms<W extends User | null = User | null, C = object>({
  authorize,
}: RoomsOptions<W, C> = {}): ServedChannel<Rooms, W, C> {
  return serveChannel<Rooms, W, C>(rooms, {
    ...(authorize && { authorize }),
    // What a query reads of a room is authorized as a watch of it.
    authorizeQuery: () => true,
    commands: {
      post({ state, input, user, now, commandId, emit }) {
        if (!user) throw new ShoalError("UNAUTHORIZED", "Sign in to post in a room.");
        if (state.messages.some(({ id }) => id === commandId)) {
          throw new ShoalError("CONFLICT", "A message with this commandId is already in the room. Post with a new id.");
        }
        emit("posted", {
          id: commandId,
          author: { id: user.id, name: user.name ?? user.id },
          text: input.text,
          at: now,
        });
      },
    },
    queries: {
      async history({ input: { roomId, cursor, limit = historyLimits.usual }, topic }) {
        const events = await topic({ roomId }).history({ before: cursor, limit });
        const last = events.at(-1);
        const items: RoomMessage[] = events.map(({ data }) => data);
        return { items, nextCursor: last && last.offset > 1 ? last.offset : null };
      },
    },
  });
}
