import type { IncomingMessage } from "node:http";
import { type Channel, defineChannel, type TypesOf } from "@shoal/contract";
import { createMemoryStore, initRealtime, type RateOptions, serve, type User } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import * as z from "zod";
import { quiet } from "../support/quiet.ts";

const definition = defineChannel(
  "bell",
  {
    params: z.object({ door: z.string() }),
    state: z.object({ rung: z.int() }),
    events: { rang: z.object({}) },
    commands: { ring: {}, knock: {}, ringOften: { internal: true } },
    queries: { count: { input: z.object({ door: z.string() }), output: z.int() } },
    presence: z.object({ here: z.boolean() }),
    broadcasts: { shout: z.object({}) },
  },
  { initial: () => ({ rung: 0 }), apply: { rang: ({ rung }) => ({ rung: rung + 1 }) } },
);

interface Bell extends TypesOf<typeof definition> {}

export const bell: Channel<Bell> = definition;

export interface Context {
  readonly user: User | null;
  readonly ip?: string | undefined;
}

/** `ann`, or `ann@acme` for the one of that name at Acme. */
function userOf(token: string | undefined): User | null {
  if (!token) return null;
  const [id = "", tenant] = token.split("@");
  return tenant === undefined ? { id } : { id, tenant };
}

export function contextOf({ headers }: IncomingMessage): Context {
  const ip = headers["x-ip"];
  return { user: userOf(headers.authorization), ip: ip === undefined ? undefined : String(ip) };
}

export interface BellOptions {
  readonly channel?: RateOptions;
  readonly realtime?: RateOptions;
  readonly trustProxy?: boolean;
  readonly address?: (ctx: { readonly ip?: string | undefined }) => string | undefined;
}

/** A bell that anybody may ring, over HTTP, SSE and WebSocket. A middleware stands before it, as in an application. */
export async function startBell({ channel, realtime: rates, trustProxy = false, address }: BellOptions = {}) {
  const t = initTRPC.context<Context>().create({ isDev: true });
  const procedure = t.procedure.use(({ ctx, next }) => next({ ctx: { user: ctx.user } }));
  const { serveChannel, createRealtime } = initRealtime({
    t,
    procedure,
    user: (ctx) => ctx.user,
    ...(address && { address }),
  });
  const bells = serveChannel(bell, {
    ...(channel && { rates: channel }),
    authorize: () => true,
    authorizeQuery: () => true,
    commands: { ring: ({ emit }) => emit("rang"), knock: () => {}, ringOften: ({ emit }) => emit("rang") },
    queries: { count: async ({ input, topic }) => (await topic(input).state()).rung },
  });
  const store = createMemoryStore();
  const realtime = createRealtime({ channels: [bells], store, logger: quiet, ...(rates && { rates }) });
  const router = t.router({ realtime: realtime.router });
  const handle = await serve({ router, port: 0, trustProxy, createContext: ({ req }) => contextOf(req) });
  return {
    realtime,
    router,
    url: `${handle.url}/trpc`,
    webSocketUrl: `ws://localhost:${handle.port}/trpc`,
    async [Symbol.asyncDispose]() {
      await handle.close();
      await realtime.close();
    },
  };
}

/** What is answered to a request over HTTP. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly error: { readonly message: string; readonly data: Readonly<Record<string, unknown>> } | undefined;
}

/** Asks as a user, or as nobody, for something of the bell at the front door. */
export async function ask(
  { url }: { readonly url: string },
  name: string,
  user: string | null,
  {
    input = { door: "front" },
    headers = {},
  }: { readonly input?: object; readonly headers?: Record<string, string> } = {},
): Promise<Answer> {
  const sent = { "content-type": "application/json", ...(user !== null && { authorization: user }), ...headers };
  const address = `${url}/realtime.bell.${name}`;
  const response = await (name === "count"
    ? fetch(`${address}?input=${encodeURIComponent(JSON.stringify(input))}`, { headers: sent })
    : fetch(address, { method: "POST", headers: sent, body: JSON.stringify(input) }));
  const { error } = (await response.json()) as Pick<Answer, "error">;
  return { status: response.status, headers: response.headers, error };
}

/** The statuses of answers that are asked for one after the other. */
export async function statusesOf(asks: readonly (() => Promise<Answer>)[]): Promise<readonly number[]> {
  const statuses: number[] = [];
  for (const one of asks) statuses.push((await one()).status);
  return statuses;
}
