import { type Channel, defineChannel, type TypesOf } from "@shoal/contract";
import { createMemoryStore, initRealtime, type OriginOptions, serve } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import * as z from "zod/mini";

const definition = defineChannel(
  "tally",
  {
    params: z.object({ tallyId: z.string() }),
    state: z.object({ count: z.int() }),
    events: { added: z.object({}) },
    commands: { add: {} },
    queries: { who: { output: z.string() } },
  },
  { initial: () => ({ count: 0 }), apply: { added: ({ count }) => ({ count: count + 1 }) } },
);

interface Tally extends TypesOf<typeof definition> {}

export const tally: Channel<Tally> = definition;

/** An API for those who bring the cookie of a user, and which has no page of its own. */
export async function openTally(options: OriginOptions) {
  const t = initTRPC.context<{ user: { id: string } | null }>().create();
  const { serveChannel, createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const tallies = serveChannel(tally, {
    commands: { add: ({ emit }) => emit("added") },
    queries: { who: ({ user }) => user?.id ?? "nobody" },
  });
  const logger = { info: () => {}, warn: () => {}, error: () => {} };
  const realtime = createRealtime({ channels: [tallies], store: createMemoryStore(), logger });
  const handle = await serve({
    router: t.router({ realtime: realtime.router }),
    port: 0,
    createContext: ({ req }) => {
      const [, id] = /\buser=(\w+)/.exec(req.headers.cookie ?? "") ?? [];
      return { user: id === undefined ? null : { id } };
    },
    ...options,
  });
  return {
    realtime,
    url: `${handle.url}/trpc`,
    async [Symbol.asyncDispose]() {
      await handle.close();
      await realtime.close();
    },
  };
}
