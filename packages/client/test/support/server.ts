import type { RequestListener } from "node:http";
import { ShoalError } from "@shoal/contract";
import { auctions } from "@shoal/contract/auctions";
import { rooms } from "@shoal/contract/rooms";
import { consoleLogger, createMemoryStore, initRealtime, serve, system } from "@shoal/server";
import { serveAuctions } from "@shoal/server/auctions";
import { serveRooms } from "@shoal/server/rooms";
import { initTRPC, TRPCError } from "@trpc/server";
import { counter } from "./counter.ts";
import { list } from "./list.ts";

interface User {
  readonly id: string;
  readonly name: string;
}

export interface TestServerOptions {
  readonly port?: number;
  readonly transformer?: { serialize(value: unknown): unknown; deserialize(value: unknown): unknown };
  /** Whether the realtime router is the whole of the application's router. */
  readonly atRoot?: boolean;
  /** Whether sockets get through. Otherwise something refuses them, as proxies do. */
  readonly sockets?: boolean;
  /** How far its clock is ahead of this machine's, in milliseconds. */
  readonly ahead?: number;
  /** Answers what is not the API's. */
  readonly fallback?: RequestListener;
  /** How long a token is good for, in milliseconds. */
  readonly tokenMs?: number;
  /** Called with what somebody wants to do with a counter, which is refused with what it throws. */
  readonly onAsked?: (action: string) => void;
}

/** Errors are a test's business, that everything is lost with the process is not. */
const logger = { ...consoleLogger, info: () => {}, warn: () => {} };

/** A token is the user's name. There is no user "nobody": the connection itself is refused. */
function userOf(credentials: string | undefined): User | null {
  const token = credentials?.replace(/^Bearer /, "");
  if (token === "nobody") throw new TRPCError({ code: "UNAUTHORIZED", message: "There is no such user." });
  return token ? { id: token, name: token.toUpperCase() } : null;
}

/** A server with the counter, the list, rooms and auctions, on a port of its own. */
export async function startServer({
  port = 0,
  transformer,
  atRoot = false,
  sockets = true,
  ahead = 0,
  fallback,
  tokenMs,
  onAsked,
}: TestServerOptions = {}) {
  const t = initTRPC
    .context<{ user: User | null; expiresAt: number | null }>()
    .create(transformer ? { transformer } : {});
  const { serveChannel, createRealtime } = initRealtime({
    t,
    user: (ctx) => ctx.user,
    expiresAt: (ctx) => ctx.expiresAt,
  });
  const counters = serveChannel(counter, {
    authorize({ user, params, action }) {
      onAsked?.(action);
      return user !== null && params.counterId !== "secret";
    },
    commands: {
      add({ input, emit, reject }) {
        if (input.by > 100) reject("TOO_LARGE", { limit: 100 });
        emit("added", { by: input.by });
      },
      addQuietly: ({ input, emit }) => emit("added", { by: input.by }),
      reset: ({ emit }) => emit("cleared"),
      clear: ({ emit }) => emit("cleared"),
    },
    queries: { double: ({ input }) => ({ result: input.of * 2 }) },
  });
  const lists = serveChannel(list, {
    authorize: () => true,
    commands: {
      add({ input, user, emit, reject }) {
        if (input.fate === "rejected") reject("REJECTED");
        if (input.fate === "forbidden") throw new ShoalError("FORBIDDEN", "This entry is forbidden.");
        emit("added", { entry: input.entry, by: user?.id ?? "nobody" });
      },
    },
  });
  const bidding = serveAuctions({
    key: "a key of more than thirty-two characters",
    authorize: ({ user, action }) => user !== null || action === "watch",
  });
  const realtime = createRealtime({
    channels: [counters, lists, serveRooms(), bidding],
    store: createMemoryStore({ now: () => Date.now() + ahead }),
    logger,
    // Tests ask more often than a person would, and their clients need not leave one after the other.
    rates: { commandsPerMinute: 0 },
    drainSpreadMs: 0,
  });
  const router = atRoot ? realtime.router : t.router({ realtime: realtime.router });
  const handle = await serve({
    router,
    port,
    ...(fallback && { fallback }),
    createContext: ({ info, req }) => ({
      user: userOf(info.connectionParams?.token ?? req.headers.authorization),
      expiresAt: tokenMs === undefined ? null : Date.now() + tokenMs,
    }),
  });
  if (!sockets) {
    handle.server.removeAllListeners("upgrade");
    handle.server.on("upgrade", (_req, socket) => {
      socket.on("error", () => socket.destroy());
      socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n");
    });
  }
  const close = async () => {
    await realtime.close();
    await handle.close();
  };
  return {
    url: `${handle.url}/trpc`,
    port: handle.port,
    realtime,
    /** Ends every connection: without a word, as a network does, or with a close code. */
    cut: (code?: number) => {
      for (const socket of handle.sockets) {
        if (code === undefined) socket.terminate();
        else socket.close(code);
      }
      if (code === undefined) handle.server.closeAllConnections();
    },
    /** A counter as the server renders it into a page of Ann's. */
    snapshot: (counterId: string) => realtime.topic(counter, { counterId }).as({ id: "ann", name: "ANN" }).snapshot(),
    /** Makes a counter begin anew, in another epoch. */
    erase: (counterId: string) => realtime.topic(counter, { counterId }).as(system).erase(),
    /** What is in a list. */
    entries: async (listId: string) => (await realtime.topic(list, { listId }).as(system).state()).entries,
    close,
    [Symbol.asyncDispose]: close,
  };
}

export type TestServer = Awaited<ReturnType<typeof startServer>>;

/** The channels that it serves. */
export const channels = [counter, list, rooms, auctions] as const;
