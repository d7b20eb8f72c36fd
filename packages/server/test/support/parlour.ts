import { defineChannel } from "@shoal/contract";
import { createMemoryStore, initRealtime, type ServeHandle, type Store, serve, type User } from "@shoal/server";
import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import { initTRPC, TRPCError } from "@trpc/server";
import * as z from "zod";
import { follow } from "./connect.ts";
import { hurried } from "./hurried.ts";
import { Recorder } from "./recorder.ts";

export const parlour = defineChannel(
  "parlour",
  {
    params: z.object({ parlourId: z.string() }),
    state: z.object({ lines: z.array(z.string()) }),
    events: { said: z.object({ line: z.string() }) },
    commands: { announce: { input: z.object({ line: z.string() }), internal: true } },
    presence: z.object({}),
  },
  { initial: () => ({ lines: [] }), apply: { said: ({ lines }, { line }) => ({ lines: [...lines, line] }) } },
);

interface Context {
  readonly token: string;
}

/** What the base procedure's middleware makes of a context. */
interface Session {
  readonly user: User | null;
  readonly device: string;
}

/** What a test may put between a hook's call and its end. */
export interface ParlourOptions {
  readonly store?: Store;
  readonly onJoin?: (userId: string) => unknown;
  readonly onLeave?: (userId: string) => unknown;
}

/**
 * A parlour, on a port of its own, that announces who comes and who goes by its hooks, and tells of every call of them. A token is
 * the user, and the device after a `/`; the user `thief` is refused, and `-` is not signed in.
 */
export async function startParlour({ store = createMemoryStore(), onJoin, onLeave }: ParlourOptions = {}) {
  const t = initTRPC.context<Context>().create({ isDev: false });
  const procedure = t.procedure.use(({ ctx, next }) => {
    const [id = "", device = ""] = ctx.token.split("/");
    if (id === "thief") throw new TRPCError({ code: "UNAUTHORIZED" });
    const session: Session = { user: id === "-" ? null : { id }, device };
    return next({ ctx: session });
  });
  const { serveChannel, createRealtime } = initRealtime({ t, procedure, user: (ctx) => ctx.user });
  const calls = new Recorder<string>();
  const logged = new Recorder<{ readonly hook: unknown }>();
  const parlours = serveChannel(parlour, {
    authorize: () => true,
    commands: { announce: ({ input, emit }) => emit("said", input) },
    async join({ user, params, ctx, topic }) {
      calls.push(`join ${user?.id} ${params.parlourId} ${ctx.device}`);
      await onJoin?.(user?.id ?? "-");
      await topic.send.announce({ line: `${user?.id} came` });
    },
    async leave({ user, params, ctx, topic }) {
      calls.push(`leave ${user?.id} ${params.parlourId} ${ctx.device}`);
      await onLeave?.(user?.id ?? "-");
      await topic.send.announce({ line: `${user?.id} went` });
    },
  });
  const realtime = createRealtime({
    ...hurried,
    store,
    channels: [parlours],
    instance: false,
    logger: { info: () => {}, warn: () => {}, error: (fields) => logged.push({ hook: Reflect.get(fields, "hook") }) },
    connect: ({ user, ctx }) => calls.push(`connect ${user?.id} ${ctx.device}`),
    disconnect: ({ user, ctx }) => calls.push(`disconnect ${user?.id} ${ctx.device}`),
  });
  const router = t.router({ deep: t.router({ realtime: realtime.router }) });
  const handle: ServeHandle = await serve({
    router,
    port: 0,
    createContext: ({ info }) => ({ token: info.connectionParams?.token ?? "-" }),
  });
  /** A tab, on a socket of its own. */
  const tab = (token: string) => {
    const client = createWSClient({
      url: `ws://localhost:${handle.port}/trpc`,
      connectionParams: { token },
      retryDelayMs: () => 5,
    });
    const trpc = createTRPCClient<typeof router>({ links: [wsLink({ client })] }).deep.realtime.parlour;
    return {
      /** Watches the parlour as a member. */
      enter: (clientId: string, parlourId = "red") => follow(trpc.watch, { parlourId, clientId, presence: {} }),
      close: () => client.close(),
      [Symbol.asyncDispose]: () => client.close(),
    };
  };
  return {
    realtime,
    calls,
    logged,
    tab,
    handle,
    /** The calls of the hooks by their names. */
    callsOf: (...names: readonly string[]) => calls.items.filter((call) => names.includes(call.split(" ")[0] ?? "")),
    /** Ends every connection without a word, as a network does. */
    cut: () => {
      for (const socket of handle.sockets) socket.terminate();
    },
    async [Symbol.asyncDispose]() {
      await handle.close();
      await realtime.close();
    },
  };
}
