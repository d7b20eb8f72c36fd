import { ShoalError } from "@shoal/contract";
import { maxRoles, peopleOf, type Rooms, rooms } from "@shoal/contract/rooms";
import type { NoPrivate } from "../channel/define-private.ts";
import type { Effect } from "../channel/effects.ts";
import type { EventOf } from "../channel/event-of.ts";
import { serveChannel } from "../channel/serve-channel.ts";
import type { AuthorizeCall, ServedChannel } from "../channel/serve-options.ts";
import type { User } from "../user.ts";
import { memberLines } from "./member-lines.ts";
import { type RoomContext, toDirectory } from "./room-effects.ts";
import { moderates, type RoomActor, whyNotGrant } from "./room-rights.ts";
import {
  eraseRoom,
  isTaken,
  loadMessage,
  projectRooms,
  type RoomTables,
  readHistory,
  roomTables,
  type StoredMessage,
} from "./room-tables.ts";
import { toPerson } from "./to-person.ts";

export interface RoomsOptions<W, C> {
  /**
   * Whether the user may do `action` (`watch`, `create`, `post`, `edit`, `remove`, `rename`, `grant`, `presence`, `broadcast`) in the
   * room. What only its owner and moderators may is decided afterwards.
   * @default whoever is signed in may
   */
  readonly authorize?: (call: AuthorizeCall<Rooms, W, C>) => boolean | Promise<boolean>;
  /**
   * Whether the user is a moderator of the application, who may do in the room what its owner may. Only who is signed in
   * can be one. Pure.
   * @default nobody is
   */
  readonly moderator?: (user: W, params: Rooms["params"]) => boolean;
  /**
   * Whether the room tells, in lines of its own, who came and who left.
   * @default false
   */
  readonly joins?: boolean;
  /**
   * Which rooms the directory lists, once they are created or something is said in them. It must be served: `serveRoomDirectory`. Pure.
   * @default none
   */
  readonly directory?: boolean | ((params: Rooms["params"]) => boolean);
  /**
   * What an event of a room means for other topics of the application, such as its users' notifications. Made by `effect`. Pure.
   * @default nothing
   */
  readonly effects?: (event: EventOf<Rooms>, context: RoomContext) => readonly Effect[];
}

interface Loaded {
  /** Whether an entry has the id already. */
  readonly post: boolean;
  readonly edit: StoredMessage | undefined;
  readonly remove: StoredMessage | undefined;
}

/** Serves {@link rooms}. A message shows the user's `name`, or the id when there is none. */
export function serveRooms<W extends User | null = User | null, C = object>({
  authorize,
  moderator = () => false,
  joins = false,
  directory = false,
  effects = () => [],
}: RoomsOptions<W, C> = {}): ServedChannel<Rooms, W, C> {
  const actorOf = (user: W, params: Rooms["params"]): RoomActor | null =>
    user && { id: user.id, chief: moderator(user, params) };
  const isListed = typeof directory === "function" ? directory : () => directory;

  return serveChannel<Rooms, W, C, {}, NoPrivate, "all", Loaded, RoomTables>(rooms, {
    ...(authorize && { authorize }),
    ...memberLines(joins),
    // What a query reads of a room is authorized as a watch of it.
    authorizeQuery: () => true,
    tables: roomTables,
    load: {
      post: ({ read, commandId, ...room }) => isTaken(read, room, commandId),
      edit: ({ read, input, ...room }) => loadMessage(read, room, input.messageId),
      remove: ({ read, input, ...room }) => loadMessage(read, room, input.messageId),
    },
    mint: { create: ({ id }) => ({ roomId: id }) },
    commands: {
      create({ input: { name }, user, now, offset, commandId, emit }) {
        emit("created", { id: commandId, offset: offset + 1, name, by: signedIn(user), at: now });
      },
      post({ input: { text }, loaded: taken, user, now, offset, commandId, emit }) {
        const author = signedIn(user);
        if (taken) {
          throw new ShoalError("CONFLICT", "An entry with this commandId is already in the room. Post with a new id.");
        }
        emit("posted", { id: commandId, offset: offset + 1, author, text, at: now });
      },
      edit({ state, params, input: { messageId, text }, loaded: message, user, now, emit, reject }) {
        const actor = actorOf(user, params);
        if (!message) return reject("NOT_FOUND");
        if (message.author !== actor?.id && !moderates(state.roles, actor)) return reject("NOT_ALLOWED");
        emit("edited", { messageId, text, at: now });
      },
      remove({ state, params, input: { messageId }, loaded: message, user, emit, redact, reject }) {
        const actor = actorOf(user, params);
        if (!message) return reject("NOT_FOUND");
        if (message.author !== actor?.id && !moderates(state.roles, actor)) return reject("NOT_ALLOWED");
        emit("removed", { messageId });
        for (const offset of message.offsets) redact(offset);
      },
      rename({ state, params, input: { name }, user, now, offset, commandId, emit, reject }) {
        if (!user || !moderates(state.roles, actorOf(user, params))) return reject("NOT_ALLOWED");
        emit("renamed", { id: commandId, offset: offset + 1, name, by: toPerson(user), at: now });
      },
      grant({ state, params, input: { to, role }, user, now, offset, commandId, emit, reject }) {
        const why = whyNotGrant(state.roles, actorOf(user, params), to.id, role);
        if (!user || why === "NOT_ALLOWED") return reject("NOT_ALLOWED");
        if (why === "TOO_MANY") return reject("TOO_MANY", { most: maxRoles });
        if (why) return reject(why);
        emit("granted", { id: commandId, offset: offset + 1, by: toPerson(user), to, role, at: now });
      },
      join({ input: { who }, now, offset, commandId, emit }) {
        emit("joined", { id: commandId, offset: offset + 1, who, at: now });
      },
      leave({ input: { who }, now, offset, commandId, emit }) {
        emit("left", { id: commandId, offset: offset + 1, who, at: now });
      },
    },
    project: projectRooms,
    effects: (event, context) => [
      ...(isListed(context.params) ? toDirectory(event, context) : []),
      ...effects(event, context),
    ],
    erased: eraseRoom,
    eraseUser({ state, userId, emit, redact }) {
      const gone = state.entries.filter((entry) => peopleOf(entry).some(({ id }) => id === userId));
      for (const { offset } of gone) redact(offset);
      const roles = state.roles.filter(({ person }) => person.id !== userId);
      emit("forgotten", { entryIds: gone.map(({ id }) => id), roles });
    },
    queries: {
      async history({ input: { roomId, ...page }, user, read, topic }) {
        await topic({ roomId }).state();
        return await readHistory(read, { params: { roomId }, tenant: user?.tenant ?? null }, page);
      },
    },
  });
}

/** @throws {ShoalError} `UNAUTHORIZED` when nobody is */
function signedIn(user: User | null) {
  if (user) return toPerson(user);
  throw new ShoalError("UNAUTHORIZED", "Sign in to speak in a room.");
}
