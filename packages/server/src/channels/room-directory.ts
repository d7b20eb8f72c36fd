import { announcements } from "@shoal/contract/announcements";
import { type RoomDirectory, roomDirectory } from "@shoal/contract/room-directory";
import type { NoPrivate } from "../channel/define-private.ts";
import { effect } from "../channel/effects.ts";
import { serveChannel } from "../channel/serve-channel.ts";
import type { AuthorizeCall, ServedChannel } from "../channel/serve-options.ts";
import type { User } from "../user.ts";
import {
  eraseListings,
  isListed,
  type ListingTables,
  listingTables,
  projectListings,
  readListings,
} from "./room-listing-tables.ts";
import { toPerson } from "./to-person.ts";

export interface RoomDirectoryOptions<W, C> {
  /**
   * Whether the user may do `action` (`watch`, `announce`) on the directory. Its list is authorized as a watch.
   * @default whoever is signed in may
   */
  readonly authorize?: (call: AuthorizeCall<RoomDirectory, W, C>) => boolean | Promise<boolean>;
  /**
   * Whether the user is a moderator of the application, who may announce. Only who is signed in can be one. The announcements must be served: `serveAnnouncements`. Pure.
   * @default nobody is
   */
  readonly moderator?: (user: W) => boolean;
  /**
   * Whether it is announced to everybody that a room was opened. The announcements must be served: `serveAnnouncements`.
   * @default false
   */
  readonly announceRooms?: boolean;
}

/** Whether the room is listed already. */
interface Loaded {
  readonly add: boolean;
  readonly rename: boolean;
  readonly touch: boolean;
  readonly delist: boolean;
}

/** Serves {@link roomDirectory}. Rooms that are served with `directory` are listed in it. */
export function serveRoomDirectory<W extends User | null = User | null, C = object>({
  authorize,
  moderator = () => false,
  announceRooms = false,
}: RoomDirectoryOptions<W, C> = {}): ServedChannel<RoomDirectory, W, C> {
  return serveChannel<RoomDirectory, W, C, {}, NoPrivate, "all", Loaded, ListingTables>(roomDirectory, {
    ...(authorize && { authorize }),
    authorizeQuery: () => true,
    tables: listingTables,
    load: { add: isListed, rename: isListed, touch: isListed, delist: isListed },
    commands: {
      add({ input: { roomId, name }, loaded: listed, now, offset, emit }) {
        if (!listed) emit("added", { roomId, name, offset: offset + 1, lastAt: now });
      },
      rename({ input: { roomId, name }, loaded: listed, now, offset, emit }) {
        if (listed) emit("renamed", { roomId, name });
        else emit("added", { roomId, name, offset: offset + 1, lastAt: now });
      },
      touch({ input: { roomId, name, lastAt }, loaded: listed, offset, emit }) {
        if (listed) emit("touched", { roomId, lastAt });
        else emit("added", { roomId, name, offset: offset + 1, lastAt });
      },
      delist({ input: { roomId }, loaded: listed, emit }) {
        if (listed) emit("delisted", { roomId });
      },
      announce({ input: { text }, user, emit, reject }) {
        if (!user || !moderator(user)) return reject("NOT_ALLOWED");
        emit("announced", { text, by: toPerson(user) });
      },
    },
    project: projectListings,
    effects({ type, data }) {
      if (type === "announced") return [effect(announcements, {}, "announce", { notice: { kind: "text", ...data } })];
      if (type !== "added" || !announceRooms) return [];
      const { roomId, name } = data;
      return [effect(announcements, {}, "announce", { notice: { kind: "opened", roomId, name } })];
    },
    erased: eraseListings,
    // Neither the state nor the table names a user.
    eraseUser: () => {},
    queries: {
      async list({ input, user, read, topic }) {
        await topic({}).state();
        return await readListings(read, user?.tenant ?? null, input);
      },
    },
  });
}
