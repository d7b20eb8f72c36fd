import { type Channel, defineChannel, type TypesOf } from "@shoal/contract";
import {
  createMemoryStore,
  initRealtime,
  type RealtimeOptions,
  type ServeOptions,
  type ServerOptions,
  serve,
  type User,
} from "@shoal/server";
import type { SocketLimits } from "@shoal/server/ws";
import { initTRPC, TRPCError } from "@trpc/server";
import * as z from "zod";
import { Logged } from "../../support/logged.ts";
import { openRawSocket } from "../../support/raw-socket.ts";
import { Recorder } from "../../support/recorder.ts";

const definition = defineChannel(
  "board",
  {
    params: z.object({ boardId: z.string() }),
    state: z.object({ lines: z.array(z.string()), notes: z.array(z.string()) }),
    events: { said: z.object({ line: z.string() }), noted: z.object({ note: z.string() }) },
    commands: { say: { input: z.object({ line: z.string() }) }, note: { input: z.object({ note: z.string() }) } },
    presence: z.object({}),
  },
  {
    initial: () => ({ lines: [], notes: [] }),
    apply: {
      said: ({ lines, notes }, { line }) => ({ lines: [...lines, line], notes }),
      noted: ({ lines, notes }, { note }) => ({ lines, notes: [...notes, note] }),
    },
  },
);

export interface Board extends TypesOf<typeof definition> {}

/** A channel whose notes only the staff sees. */
export const board: Channel<Board> = definition;

export interface Person extends User {
  readonly role?: string;
}

/** What somebody signed in with: who that is, and until when it is good. */
export interface Session {
  readonly user: Person | null;
  readonly expiresAt?: number | null | undefined;
}

export interface Context extends Session {
  readonly token: string | undefined;
}

type Authorize = NonNullable<ServeOptions<Board, Person | null, Context>["authorize"]>;

export interface BoardOptions
  extends Pick<Partial<RealtimeOptions<never>>, "store" | "lookMs" | "authorizeMs" | "ring"> {
  /** By default whoever is asked about may. */
  readonly authorize?: Authorize;
  readonly limits?: SocketLimits;
  /** Comes before the context of a token is made. */
  readonly beforeContext?: (token: string | undefined) => unknown;
  /** Whether `expiresAt` is given to `initRealtime`. */
  readonly expires?: boolean;
  /** Whether the base procedure refuses who is not signed in. */
  readonly isProtected?: boolean;
}

/** A board whose sessions are in the hand of the test: a token that it does not know is refused. It listens nowhere. */
export function createBoard({ expires = true, isProtected = false, ...options }: BoardOptions = {}) {
  const t = initTRPC.context<Context>().create({ isDev: false });
  const procedure = t.procedure.use(({ ctx, next }) => {
    if (isProtected && !ctx.user) throw new TRPCError({ code: "UNAUTHORIZED" });
    return next();
  });
  const who = { t, procedure, user: (ctx: Context) => ctx.user };
  const { serveChannel, createRealtime } = initRealtime(
    expires ? { ...who, expiresAt: (ctx: Context) => ctx.expiresAt } : who,
  );
  const asked = new Recorder<Parameters<Authorize>[0]>();
  const logged = new Logged();
  const boards = serveChannel(board, {
    authorize(call) {
      asked.push(call);
      return options.authorize?.(call) ?? true;
    },
    audiences: ["staff", "public"],
    audience: (user) => (user?.role === "staff" ? "staff" : "public"),
    view: {
      state: (state, audience) => (audience === "staff" ? state : { ...state, notes: [] }),
      event: (event, audience) => (audience === "staff" || event.type === "said" ? event : null),
    },
    commands: { say: ({ input, emit }) => emit("said", input), note: ({ input, emit }) => emit("noted", input) },
  });
  const { authorizeMs, lookMs, ring, store = createMemoryStore() } = options;
  const realtime = createRealtime({
    channels: [boards],
    store,
    instance: false,
    ...(authorizeMs !== undefined && { authorizeMs }),
    ...(lookMs !== undefined && { lookMs }),
    ...(ring !== undefined && { ring }),
    logger: logged.logger,
  });
  const router = t.router({ realtime: realtime.router, token: procedure.query(({ ctx }) => ctx.token) });
  const sessions = new Map<string | undefined, Session>([["nobody", { user: null }]]);
  const createContext: ServerOptions<typeof router>["createContext"] = async ({ req, info }) => {
    const token = info.connectionParams?.token ?? req.headers.authorization;
    await options.beforeContext?.(token);
    const session = sessions.get(token);
    if (!session) throw new TRPCError({ code: "UNAUTHORIZED", message: `${token} is no session.` });
    return { ...session, token };
  };
  return {
    realtime,
    router,
    createContext,
    /** Who is behind which token. */
    sessions,
    asked,
    logged,
    limits: options.limits ?? {},
    /** What a user may do, without a wire. */
    as: (user: Person | null) => router.createCaller({ user, token: undefined }).realtime.board,
    /** Of which users it was asked whether they may watch, in order. */
    askedAbout: () => asked.items.flatMap(({ action, user }) => (action === "watch" ? [user?.id] : [])),
    [Symbol.asyncDispose]: () => realtime.close(),
  };
}

export type BoardApp = ReturnType<typeof createBoard>;

/** A board on a port of its own. */
export async function startBoard(options: BoardOptions = {}) {
  const app = createBoard(options);
  const { router, createContext, limits } = app;
  const handle = await serve({ router, createContext, limits, port: 0 });
  const webSocketUrl = `ws://localhost:${handle.port}/trpc`;
  return {
    ...app,
    handle,
    webSocketUrl,
    open: (token: string) => openBoard({ webSocketUrl }, token),
    async [Symbol.asyncDispose]() {
      await handle.close();
      await app.realtime.close();
    },
  };
}

/** A socket that says whatever it likes, and knows how to say the usual. */
export async function openBoard(at: { readonly webSocketUrl: string }, token: string) {
  const socket = await openRawSocket(at, token);
  const call = (id: number, method: string, path: string, input?: object): void =>
    socket.send(JSON.stringify({ id, method, params: { path, input } }));
  return {
    ...socket,
    call,
    watch: (id: number, boardId: string, more: object = {}) =>
      call(id, "subscription", "realtime.board.watch", { boardId, ...more }),
    /** Asks for the token of the context. */
    askToken: (id: number) => call(id, "query", "token"),
    refresh: (next: unknown) => socket.send(JSON.stringify({ method: "connectionParams", data: { token: next } })),
    messages: () => socket.texts.items.map((text) => JSON.parse(text)),
    /** The frames that arrived under an id. */
    frames: (id: number) =>
      socket.texts.items
        .map((text) => JSON.parse(text))
        .filter((message) => message.id === id && message.result?.data)
        .map(({ result }) => result.data.data),
    /** Waits for the first frame of a kind under an id. */
    frame: (id: number, kind: string) =>
      socket.texts.first((text) => text.startsWith(`{"id":${id},`) && text.includes(`"kind":"${kind}"`)),
    /** Waits for the error under an id. */
    error: async (id: number | null) =>
      JSON.parse(await socket.texts.first((text) => text.startsWith(`{"id":${id},"error"`))).error,
  };
}
