import { createMemoryStore, initRealtime, type Store, type User } from "@shoal/server";
import { serveAnnouncements } from "@shoal/server/announcements";
import { serveRoomDirectory } from "@shoal/server/room-directory";
import { type RoomsOptions, serveRooms } from "@shoal/server/rooms";
import { initTRPC } from "@trpc/server";
import { userOf } from "../support/app.ts";
import { hurried } from "../support/hurried.ts";
import { Logged } from "../support/logged.ts";

interface Context {
  readonly user: User | null;
}

export interface RoomsAppOptions extends RoomsOptions<User | null, Context> {
  readonly store?: Store;
}

/** Rooms with their directory and the announcements, on one store. `mod` is a moderator of the application. It listens nowhere. */
export function createRooms({ store = createMemoryStore(), ...options }: RoomsAppOptions = {}) {
  const t = initTRPC.context<Context>().create({ isDev: false });
  const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const logged = new Logged();
  const isModerator = (user: User | null): boolean => user?.id === "mod";
  const realtime = createRealtime({
    ...hurried,
    store,
    logger: logged.logger,
    channels: [
      serveRooms<User | null, Context>({ moderator: isModerator, directory: true, ...options }),
      serveRoomDirectory<User | null, Context>({ moderator: isModerator, announceRooms: true }),
      serveAnnouncements<User | null, Context>(),
    ],
  });
  const router = t.router({ realtime: realtime.router });
  return {
    realtime,
    store,
    logged,
    as: (token: string | null) => router.createCaller({ user: userOf(token) }).realtime,
    [Symbol.asyncDispose]: () => realtime.close(),
  };
}

export type RoomsApp = ReturnType<typeof createRooms>;
