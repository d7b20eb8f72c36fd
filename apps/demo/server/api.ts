import { initRealtime, type RateOptions, type Store } from "@shoal/server";
import { serveAnnouncements } from "@shoal/server/announcements";
import { serveRoomDirectory } from "@shoal/server/room-directory";
import { serveRooms } from "@shoal/server/rooms";
import { pulses } from "./serve-pulse.ts";
import { sessionRouter } from "./session-router.ts";
import type { Sessions } from "./sessions.ts";
import { t, visitorProcedure } from "./trpc.ts";

const { createRealtime } = initRealtime({
  t,
  procedure: visitorProcedure,
  user: ({ user }) => user,
  expiresAt: ({ visitor }) => (visitor.kind === "signedIn" ? visitor.expiresAt : null),
});

export interface ApiOptions {
  readonly sessions: Sessions;
  readonly store: Store;
  readonly rates: RateOptions;
}

/** The demo's API, which keeps its events in `store`. Whoever makes it closes `realtime` at the end. */
export function createApi({ sessions, store, rates }: ApiOptions) {
  const rooms = [
    serveRooms({ directory: true }),
    serveRoomDirectory({ announceRooms: true }),
    serveAnnouncements(),
  ] as const;
  const realtime = createRealtime({ store, channels: [...rooms, pulses], rates });
  return { realtime, router: t.router({ session: sessionRouter(sessions), realtime: realtime.router }) };
}

/** The API as clients see it: `import type` it. */
export type AppRouter = ReturnType<typeof createApi>["router"];
