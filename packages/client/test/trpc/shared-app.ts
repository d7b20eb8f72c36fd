import { createMemoryStore, initRealtime, serve } from "@shoal/server";
import { initTRPC, TRPCError, tracked } from "@trpc/server";
import superjson from "superjson";
import * as z from "zod";
import { counter } from "../support/counter.ts";

const silent = { info: () => {}, warn: () => {}, error: () => {} };

interface Context {
  readonly token: string | undefined;
}

const t = initTRPC.context<Context>().create({
  transformer: superjson,
  isDev: false,
  errorFormatter: ({ shape }) => ({ ...shape, data: { ...shape.data, hint: "by the application" } }),
});

/** An application with procedures of its own beside a realtime, and a transformer that carries dates. */
function createApp() {
  const { serveChannel, createRealtime } = initRealtime({ t, user: ({ token }) => (token ? { id: token } : null) });
  const counters = serveChannel(counter, {
    commands: {
      add: ({ input, emit }) => emit("added", input),
      addQuietly: ({ input, emit }) => emit("added", input),
      reset: ({ emit }) => emit("cleared"),
      clear: ({ emit }) => emit("cleared"),
    },
    queries: { double: ({ input }) => ({ result: input.of * 2 }) },
  });
  const realtime = createRealtime({
    channels: [counters],
    store: createMemoryStore(),
    logger: silent,
    instance: false,
  });
  /** From where each `count` went on. */
  const begun: (string | null)[] = [];
  const router = t.router({
    realtime: realtime.router,
    whoAmI: t.procedure.query(({ ctx }) => ctx.token ?? "nobody"),
    daysAfter: t.procedure.input(z.date()).query(({ input }) => new Date(input.getTime() + 86_400_000)),
    refuse: t.procedure.input(z.object({ why: z.string() })).mutation(({ input }) => {
      throw new TRPCError({ code: "FORBIDDEN", message: input.why });
    }),
    hang: t.procedure.mutation(() => new Promise<string>(() => {})),
    /** Counts, and goes on where it was. */
    count: t.procedure
      .input(z.object({ to: z.int(), lastEventId: z.string().nullish() }))
      .subscription(async function* ({ input, signal }) {
        begun.push(input.lastEventId ?? null);
        for (let n = Number(input.lastEventId ?? 0) + 1; n <= input.to; n += 1) yield tracked(String(n), new Date(n));
        if (input.to < 1_000) return;
        await new Promise((resolve) => signal?.addEventListener("abort", resolve));
      }),
    /** Says once what nobody tracks. */
    greet: t.procedure.subscription(async function* () {
      yield "hello";
      throw new TRPCError({ code: "CONFLICT", message: "That was all." });
    }),
  });
  return { router, realtime, begun };
}

export type AppRouter = ReturnType<typeof createApp>["router"];

/** The application, on a port of its own. */
export async function startSharedApp() {
  const { router, realtime, begun } = createApp();
  const handle = await serve({
    router,
    port: 0,
    createContext: ({ req, info }) => ({
      token: info.connectionParams?.token ?? req.headers.authorization?.replace("Bearer ", ""),
    }),
  });
  return {
    url: `${handle.url}/trpc`,
    sockets: handle.sockets,
    begun,
    cut: () => {
      for (const socket of handle.sockets) socket.terminate();
      handle.server.closeAllConnections();
    },
    async [Symbol.asyncDispose]() {
      await realtime.close();
      await handle.close();
    },
  };
}
