import {
  type AnyServed,
  createMemoryStore,
  initRealtime,
  type RealtimeOptions,
  type ServeOptions,
  type ServerOptions,
  serve,
  type User,
} from "@shoal/server";
import { serveRooms } from "@shoal/server/rooms";
import { initTRPC } from "@trpc/server";
import superjson from "superjson";
import { type Counter, counter } from "./counter.ts";
import { hurried } from "./hurried.ts";
import { Logged } from "./logged.ts";
import { serveMischief } from "./mischief.ts";

export interface Context {
  readonly user: User | null;
}

export interface AppOptions extends Omit<Partial<RealtimeOptions<never>>, "channels"> {
  readonly authorize?: ServeOptions<Counter, User | null, Context>["authorize"];
  readonly snapshotEvery?: number;
  readonly retention?: { readonly events?: number };
  /** Channels beside the usual ones. */
  readonly more?: readonly AnyServed<User | null, Context>[];
}

/** `ann` is the user of that name, `ann@acme` the one of that name at Acme, and nothing is nobody. */
export function userOf(token: string | null | undefined): User | null {
  if (!token) return null;
  const [id = "", tenant] = token.split("@");
  return tenant === undefined ? { id, name: id.toUpperCase() } : { id, name: id.toUpperCase(), tenant };
}

/** An application with the counter, rooms and the channel that does everything wrong. It listens nowhere. */
export function createApp({ authorize, snapshotEvery, retention, more = [], ...options }: AppOptions = {}) {
  const t = initTRPC.context<Context>().create({ transformer: superjson, isDev: false });
  const { serveChannel, createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const logged = new Logged();
  const counters = serveChannel(counter, {
    ...(authorize && { authorize }),
    ...(snapshotEvery !== undefined && { snapshotEvery }),
    ...(retention && { retention }),
    commands: {
      add({ state, input: { by, times }, emit, reject }) {
        if (by > 1_000) reject("TOO_LARGE", { limit: 1_000 });
        for (let count = 0; count < times; count += 1) emit("added", { by });
        return { sum: sumOf(state.added) + by * times };
      },
      touch: () => {},
      clear: ({ emit }) => emit("cleared"),
    },
    queries: {
      async sum({ input, topic }) {
        return { sum: sumOf((await topic(input).state()).added) };
      },
      limit: () => 1_000,
    },
  });
  const realtime = createRealtime({
    store: createMemoryStore(),
    // Tests have several nodes in one process.
    instance: false,
    ...hurried,
    ...options,
    channels: [counters, serveRooms<User | null, Context>(), serveMischief(), ...more],
    logger: options.logger ?? logged.logger,
  });
  const router = t.router({ realtime: realtime.router });
  return {
    realtime,
    router,
    logged,
    /** What a caller may do, without a client and without a wire. */
    as: (token: string | null) => router.createCaller({ user: userOf(token) }).realtime,
    [Symbol.asyncDispose]: () => realtime.close(),
  };
}

export type App = ReturnType<typeof createApp>;
export type AppRouter = App["router"];

export type StartOptions = AppOptions & Pick<ServerOptions<AppRouter>, "port" | "limits">;

/** The application on a port of its own, over HTTP, SSE and WebSocket. */
export async function startApp({ port = 0, limits, ...options }: StartOptions = {}) {
  const app = createApp(options);
  const handle = await serve({
    router: app.router,
    port,
    // Many of a crowd are one user here.
    limits: { maxConnectionsPerUser: 1_000, ...limits },
    createContext: ({ req, info }) => ({
      user: userOf(info.connectionParams?.token ?? req.headers.authorization?.replace("Bearer ", "")),
    }),
  });
  // The connections first: who loses one comes back, and who loses a subscription does not.
  const close = async (): Promise<void> => {
    await handle.close();
    await app.realtime.close();
  };
  return {
    ...app,
    handle,
    url: `${handle.url}/trpc`,
    webSocketUrl: `ws://localhost:${handle.port}/trpc`,
    /** Ends every connection without a word, as a network does. */
    cut: () => {
      for (const socket of handle.sockets) socket.terminate();
      handle.server.closeAllConnections();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

export type StartedApp = Awaited<ReturnType<typeof startApp>>;

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
