import { createMemoryStore, initRealtime, type User } from "@shoal/server";
import { initTRPC, TRPCError } from "@trpc/server";
import superjson from "superjson";
import * as z from "zod";
import { counter } from "../../support/counter.ts";
import { quiet } from "../../support/quiet.ts";

/** What an application's own middlewares made of a request. */
export interface Context {
  readonly user: User | null;
}

/** Whose session a cookie is of. */
export function userOf(cookie: string | null | undefined): User | null {
  const [, id] = /(?:^|; )session=(\w+)/.exec(cookie ?? "") ?? [];
  return id === undefined ? null : { id };
}

/** An application as it was before: a router with procedures and a middleware of its own. To it comes a channel. */
export function createGuestBook() {
  const t = initTRPC.context<Context>().create({ transformer: superjson, isDev: false });
  const protectedProcedure = t.procedure.use(({ ctx: { user }, next }) => {
    if (!user) throw new TRPCError({ code: "UNAUTHORIZED", message: "Sign in first." });
    return next({ ctx: { user } });
  });
  const lines: { readonly by: string; readonly text: string; readonly at: Date }[] = [];
  const book = t.router({
    list: t.procedure.query(() => lines),
    write: protectedProcedure.input(z.object({ text: z.string(), at: z.date() })).mutation(({ ctx, input }) => {
      lines.push({ by: ctx.user.id, ...input });
      return lines.length;
    }),
  });

  const { serveChannel, createRealtime } = initRealtime({
    t,
    procedure: protectedProcedure,
    user: (ctx) => ctx.user,
  });
  const counters = serveChannel(counter, {
    commands: {
      add({ input: { by }, emit }) {
        emit("added", { by });
        return { sum: by };
      },
      touch: () => {},
      clear: ({ emit }) => emit("cleared"),
    },
    queries: { sum: () => ({ sum: 0 }), limit: () => 1_000 },
  });
  const realtime = createRealtime({ channels: [counters], store: createMemoryStore(), logger: quiet, instance: false });
  return {
    router: t.router({ book, realtime: realtime.router }),
    realtime,
    [Symbol.asyncDispose]: () => realtime.close(),
  };
}

export type GuestBook = ReturnType<typeof createGuestBook>;
export type GuestBookRouter = GuestBook["router"];
