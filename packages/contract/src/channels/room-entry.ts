import * as z from "zod/mini";
import { person } from "./room-fields.ts";

const base = {
  /** The id of the command that made it. */
  id: z.string(),
  /** Its place in the room's log, by which `history` pages; 0 while it is only predicted. */
  offset: z.int(),
  /** Milliseconds since the epoch, by the server's clock. */
  at: z.number(),
};

export const roomRole = z.enum(["owner", "moderator", "member"]);

/** What one may do in a room, from most to least: everybody who was granted nothing is a member. */
export type RoomRole = z.output<typeof roomRole>;

export const posted = z.object({ ...base, author: person, text: z.string() });
export const named = z.object({ ...base, by: person, name: z.string() });
export const granted = z.object({ ...base, by: person, to: person, role: roomRole });
export const moved = z.object({ ...base, who: person });

const message = z.extend(posted, { kind: z.literal("message"), editedAt: z.nullable(z.number()) });

/** What somebody said in a room. */
export type RoomMessage = z.output<typeof message>;

export const roomEntry = z.discriminatedUnion("kind", [
  message,
  z.extend(named, { kind: z.literal("created") }),
  z.extend(named, { kind: z.literal("renamed") }),
  z.extend(granted, { kind: z.literal("granted") }),
  z.extend(moved, { kind: z.literal("joined") }),
  z.extend(moved, { kind: z.literal("left") }),
]);

/** A line of a room, told apart by `kind`: a message, or what the room tells of itself. */
export type RoomEntry = z.output<typeof roomEntry>;

/** Who an entry names. */
export function peopleOf(entry: RoomEntry): readonly z.output<typeof person>[] {
  switch (entry.kind) {
    case "message":
      return [entry.author];
    case "created":
    case "renamed":
      return [entry.by];
    case "granted":
      return [entry.by, entry.to];
    case "joined":
    case "left":
      return [entry.who];
  }
}
