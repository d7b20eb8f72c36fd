import { type Client, createClient } from "@shoal/client";
import { announcements } from "@shoal/contract/announcements";
import { auctionLobby, auctions, watchedAuctions } from "@shoal/contract/auctions";
import { documents } from "@shoal/contract/documents";
import { pushDevices } from "@shoal/contract/push-devices";
import { roomDirectory } from "@shoal/contract/room-directory";
import { rooms } from "@shoal/contract/rooms";
import superjson from "superjson";
import { inbox } from "../contract/inbox.ts";
import { operations } from "../contract/operations.ts";
import { people } from "../contract/people.ts";
import { pulse } from "../contract/pulse.ts";
import { simulation } from "../contract/simulation.ts";
import { workload } from "../contract/workload.ts";
import { SwitchedWebSocket, switchedFetch } from "./network-switch.ts";
import { type Session, tokenOf } from "./session.ts";

const channels = [
  rooms,
  roomDirectory,
  announcements,
  pulse,
  people,
  inbox,
  pushDevices,
  auctions,
  auctionLobby,
  watchedAuctions,
  simulation,
  operations,
  operations.alerts,
  workload,
  documents,
] as const;

export type DemoClient = Client<typeof channels>;

/** A client of the demo's server, for one session; without one it is an anonymous visitor's. */
export function createDemoClient(session: Session | null): DemoClient {
  const client: DemoClient = createClient({
    url: "/trpc",
    channels,
    token: () => session && tokenOf(session, client.clock.now()),
    user: () => session?.user ?? null,
    transformer: superjson,
    WebSocket: SwitchedWebSocket,
    fetch: switchedFetch,
  });
  return client;
}
