import type { RequestListener } from "node:http";
import { defineChannel, ShoalError } from "@shoal/contract";
import { createMemoryStore, initRealtime, serve, type User } from "@shoal/server";
import { initTRPC, TRPCError } from "@trpc/server";
import * as z from "zod";
import { createClient } from "../../src/client.ts";
import type { ClientOptions } from "../../src/client-options.ts";
import { onOwnNetwork } from "./on-own-network.ts";

const bookId = z.string();

/** A channel with a query whose answer may be large. */
export const book = defineChannel(
  "book",
  {
    params: z.object({ bookId }),
    state: z.object({ page: z.int() }),
    events: { turned: z.object({ to: z.int() }) },
    commands: { turn: { input: z.object({ to: z.int() }) } },
    queries: {
      whole: {
        input: z.object({ bookId, letters: z.optional(z.int()), note: z.optional(z.string()) }),
        output: z.object({ text: z.string(), reader: z.string() }),
        large: true,
      },
      title: { input: z.object({ bookId }), output: z.object({ title: z.string() }) },
    },
  },
  { initial: () => ({ page: 0 }), apply: { turned: (_, { to }) => ({ page: to }) } },
);

const channels = [book] as const;

export const path = "realtime.book.whole";

export interface BookServerOptions {
  readonly transformer?: { serialize(value: unknown): unknown; deserialize(value: unknown): unknown };
  /** Whom HTTP takes a token for; by default the same as a socket does. */
  readonly overHttp?: (token: string | undefined) => User | null;
  /** Answers over HTTP instead of the API. */
  readonly http?: RequestListener;
  readonly queriesPerMinute?: number;
  /** For how long a token is good, in milliseconds. */
  readonly tokenMs?: number;
}

const quiet = { info: () => {}, warn: () => {}, error: () => {} };

/** A token is the user's name, and what stands behind a dot is which of their tokens it is. */
export function userOf(token: string | undefined): User | null {
  const id = token?.replace(/\..*$/, "");
  return id ? { id, name: id } : null;
}

/** A server of books, on a port of its own. */
export async function startBooks({
  transformer,
  overHttp = userOf,
  http,
  tokenMs,
  ...options
}: BookServerOptions = {}) {
  const t = initTRPC
    .context<{ user: User | null; expiresAt: number | null }>()
    .create(transformer ? { transformer } : {});
  const { serveChannel, createRealtime } = initRealtime({
    t,
    user: (ctx) => ctx.user,
    expiresAt: (ctx) => ctx.expiresAt,
  });
  const books = serveChannel(book, {
    authorize: ({ user, params }) => user !== null && params.bookId !== "secret",
    commands: { turn: ({ input, emit }) => emit("turned", input) },
    queries: {
      whole: async ({ input, user, topic }) => {
        await topic({ bookId: input.bookId }).snapshot();
        if (input.bookId === "burnt") throw new Error("It was burnt.");
        if (input.bookId === "lent") throw new ShoalError("CONFLICT", "Somebody has it.");
        return { text: "x".repeat(input.letters ?? 10), reader: user?.id ?? "nobody" };
      },
      title: () => ({ title: "Ulysses" }),
    },
  });
  const realtime = createRealtime({
    channels: [books],
    store: createMemoryStore(),
    logger: quiet,
    drainSpreadMs: 0,
    rates: { commandsPerMinute: 0, queriesPerMinute: options.queriesPerMinute ?? 0 },
  });
  const asked: { readonly path: string; readonly token: string | undefined; gone: boolean }[] = [];
  const handle = await serve({
    router: t.router({ realtime: realtime.router }),
    port: 0,
    createContext({ info, req }) {
      const { token } = info.connectionParams ?? {};
      const bearer = req.headers.authorization?.replace(/^Bearer /, "");
      const user = info.connectionParams ? userOf(token) : overHttp(bearer);
      if ((token ?? bearer)?.endsWith(".expired"))
        throw new TRPCError({ code: "UNAUTHORIZED", message: "Your token has expired." });
      return { user, expiresAt: tokenMs === undefined ? null : Date.now() + tokenMs };
    },
  });
  const [api] = handle.server.listeners("request") as RequestListener[];
  handle.server.removeAllListeners("request");
  handle.server.on("request", (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const token = request.headers.authorization?.replace(/^Bearer /, "");
    const one = { path: pathname.replace("/trpc/", ""), token, gone: false };
    asked.push(one);
    response.on("close", () => {
      one.gone = !response.writableFinished;
    });
    (http ?? api)?.(request, response);
  });
  const close = async () => {
    await realtime.close();
    await handle.close();
  };
  return {
    url: `${handle.url}/trpc`,
    realtime,
    /** What was asked over HTTP, oldest first, and whether who asked is gone before it was answered. */
    asked,
    /** Ends the sockets without a word, as a network does. */
    cut() {
      for (const socket of handle.sockets) socket.terminate();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

export type BookServer = Awaited<ReturnType<typeof startBooks>>;

/** A reader over a WebSocket, signed in by a token, on a network of its own. */
export function readAs(
  server: Pick<BookServer, "url">,
  token: string,
  options: Partial<ClientOptions<typeof channels>> = {},
) {
  const client = onOwnNetwork((WebSocket) =>
    createClient({ WebSocket, url: server.url, channels, transport: "websocket", token: () => token, ...options }),
  );
  /** How often the large query was asked over the socket. */
  const overSocket = () => client.network.inputs(path).length;
  return Object.assign(client, { overSocket });
}
