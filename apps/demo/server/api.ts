import { initRealtime, type RateOptions, type Store } from "@shoal/server";
import { serveAnnouncements } from "@shoal/server/announcements";
import { serveDocuments } from "@shoal/server/documents";
import { serveRoomDirectory } from "@shoal/server/room-directory";
import { serveRooms } from "@shoal/server/rooms";
import { auctionHouseRouter } from "./auction-house-router.ts";
import type { VapidKeys } from "./read-vapid-keys.ts";
import { serveAuctionHouse } from "./serve-auction-house.ts";
import { serveInboxes } from "./serve-inboxes.ts";
import { serveOperations } from "./serve-operations.ts";
import { peopleByName } from "./serve-people.ts";
import { pulses } from "./serve-pulse.ts";
import { workbenchServed, workloadServed } from "./serve-workload.ts";
import { sessionRouter } from "./session-router.ts";
import type { Sessions } from "./sessions.ts";
import { t, visitorProcedure } from "./trpc.ts";
import { whatRoomsMean } from "./what-people-are-told.ts";

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
  readonly vapidKeys: VapidKeys;
  /** What the ids of bidders are made with. */
  readonly secret: Uint8Array;
  /** Whether people are notified of alerts. */
  readonly alarms: boolean;
}

/** The demo's API, which keeps its events in `store`. Whoever makes it closes `realtime` at the end. */
export function createApi({ sessions, store, rates, vapidKeys, secret, alarms }: ApiOptions) {
  const rooms = [
    serveRooms({ directory: true, effects: whatRoomsMean }),
    serveRoomDirectory({ announceRooms: true }),
    serveAnnouncements(),
  ] as const;
  const operations = [...serveOperations({ alarms }), workloadServed, workbenchServed] as const;
  const realtime = createRealtime({
    store,
    channels: [
      ...rooms,
      ...serveInboxes(vapidKeys),
      pulses,
      peopleByName,
      ...serveAuctionHouse(secret),
      ...operations,
      serveDocuments(),
    ],
    rates,
  });
  const router = t.router({
    session: sessionRouter(sessions),
    auctionHouse: auctionHouseRouter(realtime),
    realtime: realtime.router,
  });
  return { realtime, router };
}

/** The API as clients see it: `import type` it. */
export type AppRouter = ReturnType<typeof createApi>["router"];
