import { roomDirectory } from "@shoal/contract/room-directory";
import type { Rooms } from "@shoal/contract/rooms";
import { type Effect, effect } from "../channel/effects.ts";
import type { EventOf } from "../channel/event-of.ts";

/** How exactly the directory knows when something was last said in a room, in milliseconds. */
const precision = 60_000;

/** A room as it is after an event. */
export interface RoomContext {
  readonly params: Rooms["params"];
  readonly state: Rooms["state"];
}

/**
 * What an event of a room means for the directory. Of what is said in one minute, the first message alone is told, so that a busy room
 * costs the directory one event a minute.
 */
export function toDirectory(
  { type, at }: EventOf<Rooms>,
  { params: { roomId }, state }: RoomContext,
): readonly Effect[] {
  const name = state.name || roomId;
  switch (type) {
    case "created":
      return [effect(roomDirectory, {}, "add", { roomId, name })];
    case "renamed":
      return [effect(roomDirectory, {}, "rename", { roomId, name })];
    case "posted": {
      const before = state.entries.at(-2);
      const told = before && minuteOf(before.at) === minuteOf(at) && before.kind === "message";
      return told ? [] : [effect(roomDirectory, {}, "touch", { roomId, name, lastAt: at })];
    }
    default:
      return [];
  }
}

function minuteOf(at: number): number {
  return Math.floor(at / precision);
}
