import { defineChannel } from "@shoal/contract";
import { createMemoryStore, initRealtime, serve, type User } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import * as z from "zod";
import { hurried } from "../support/hurried.ts";

/** The channel of PROTOCOL.md. */
export const counter = defineChannel(
  "counter",
  {
    params: z.object({ counterId: z.string() }),
    state: z.object({ value: z.int() }),
    events: { added: z.object({ by: z.int() }), cleared: z.object({}) },
    commands: {
      add: {
        input: z.object({ by: z.int() }),
        result: z.object({ value: z.int() }),
        rejections: { TOO_LARGE: z.object({ limit: z.int() }) },
      },
    },
    queries: { value: { input: z.object({ counterId: z.string() }), output: z.int() } },
    presence: z.object({ typing: z.boolean() }),
    broadcasts: { cheer: z.object({ emoji: z.string() }) },
  },
  {
    initial: () => ({ value: 0 }),
    apply: { added: ({ value }, { by }) => ({ value: value + by }), cleared: () => ({ value: 0 }) },
  },
);

/** The application of PROTOCOL.md, without a transformer. A token is a name; Ann's expires soon, unless she says for how long it is. */
export async function startApp() {
  const t = initTRPC.context<{ user: User | null; expiresAt: number | null }>().create({ isDev: false });
  const { serveChannel, createRealtime } = initRealtime({
    t,
    user: (ctx) => ctx.user,
    expiresAt: (ctx) => ctx.expiresAt,
  });
  const served = serveChannel(counter, {
    rates: { broadcastsPerMinute: 1 },
    commands: {
      add({ state, input: { by }, emit, reject }) {
        if (by > 100) reject("TOO_LARGE", { limit: 100 });
        emit("added", { by });
        return { value: state.value + by };
      },
    },
    queries: { value: async ({ input, topic }) => (await topic(input).state()).value },
  });
  const silent = { info: () => {}, warn: () => {}, error: () => {} };
  const realtime = createRealtime({ ...hurried, store: createMemoryStore(), channels: [served], logger: silent });
  const handle = await serve({
    router: t.router({ realtime: realtime.router }),
    port: 0,
    createContext({ req, info }) {
      const token = info.connectionParams?.token ?? req.headers.authorization;
      if (token === "Mallory") throw new Error("Not this one.");
      return { user: userOf(token), expiresAt: token === "Ann" ? Date.now() + 4_000 : null };
    },
  });
  const close = async (): Promise<void> => {
    await realtime.close();
    await handle.close();
  };
  return { port: handle.port, realtime, close, [Symbol.asyncDispose]: close };
}

export type App = Awaited<ReturnType<typeof startApp>>;

export function userOf(token: string | undefined): User | null {
  const name = token?.split(",")[0];
  return name === undefined ? null : { id: name.toLowerCase(), name };
}
