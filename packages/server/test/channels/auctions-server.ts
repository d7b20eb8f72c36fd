import { createMemoryStore, initRealtime, type Store, serve, type User } from "@shoal/server";
import type { AuctionsOptions } from "@shoal/server/auctions";
import { initTRPC } from "@trpc/server";
import { userOf } from "../support/app.ts";
import { hurried } from "../support/hurried.ts";
import { Logged } from "../support/logged.ts";
import { auctionChannels } from "./auctions-app.ts";

export interface AuctionServerOptions extends Partial<AuctionsOptions<User | null, object>> {
  readonly store?: Store;
}

/** Auctions on a store, as an application would serve them. It listens nowhere. */
export function createAuctions({ store = createMemoryStore(), ...options }: AuctionServerOptions = {}) {
  const t = initTRPC.context<{ readonly user: User | null }>().create({ isDev: false });
  const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const logged = new Logged();
  const realtime = createRealtime({
    ...hurried,
    // Tests have several nodes in one process.
    instance: false,
    store,
    logger: logged.logger,
    channels: auctionChannels(options),
  });
  const router = t.router({ realtime: realtime.router });
  return {
    realtime,
    router,
    store,
    logged,
    as: (token: string | null) => router.createCaller({ user: userOf(token) }).realtime,
    [Symbol.asyncDispose]: () => realtime.close(),
  };
}

/** The same on a port of its own. The token is the user. */
export async function startAuctions({ port = 0, ...options }: AuctionServerOptions & { readonly port?: number } = {}) {
  const app = createAuctions(options);
  const handle = await serve({
    router: app.router,
    port,
    createContext: ({ req, info }) => ({
      user: userOf(info.connectionParams?.token ?? req.headers.authorization?.replace("Bearer ", "")),
    }),
  });
  return {
    ...app,
    handle,
    url: `${handle.url}/trpc`,
    webSocketUrl: `ws://localhost:${handle.port}/trpc`,
    async [Symbol.asyncDispose]() {
      await handle.close();
      await app.realtime.close();
    },
  };
}

export type AuctionRouter = ReturnType<typeof createAuctions>["router"];
