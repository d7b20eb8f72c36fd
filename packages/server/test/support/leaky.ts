import { defineChannel, ShoalError } from "@shoal/contract";
import { createMemoryStore, defineTables, initRealtime, serve, system, type User } from "@shoal/server";
import { initTRPC, TRPCError } from "@trpc/server";
import * as z from "zod";
import { hurried } from "./hurried.ts";

/** It is in everything that is thrown, and must be in nothing that is sent. */
const sql = "SELECT * FROM vault WHERE password = 'hunter2'";

/** What the code of a channel may throw. */
export const thrown: Readonly<Record<string, () => unknown>> = {
  "an error of a database": () =>
    Object.assign(new Error(`syntax error in ${sql}`), { code: "42601", query: sql, detail: sql, where: sql }),
  "an error with a cause": () => new TypeError(sql, { cause: new AggregateError([new Error(sql)], sql) }),
  "an error whose message throws": () => Object.defineProperty(new Error(sql), "message", failing),
  "an error that hides what it is": () => new Proxy(new Error(sql), { get: failing.get, getPrototypeOf: failing.get }),
  "an error with a name of its own": () => Object.assign(new Error(sql), { name: sql }),
  "an error that is as large as a book": () => new Error(sql.repeat(50_000)),
  "a text": () => sql,
  nothing: () => undefined,
  "a number": () => 7n,
  "an object that looks like an error of tRPC": () => ({
    name: "TRPCError",
    code: "FORBIDDEN",
    message: sql,
    data: sql,
  }),
  "an object that cannot be shown": () => ({ message: sql, toString: failing.get, toJSON: failing.get }),
  "a function": () => Object.assign(() => sql, { message: sql }),
  "a fault of Shoal": () => new ShoalError("INTERNAL_SERVER_ERROR", sql, { cause: sql }),
  "a fault of tRPC": () => new TRPCError({ code: "INTERNAL_SERVER_ERROR", message: sql, cause: new Error(sql) }),
  "a refusal of Shoal with a cause": () => new ShoalError("FORBIDDEN", "Not here.", { cause: new Error(sql) }),
  "a refusal of tRPC with a cause": () =>
    new TRPCError({ code: "FORBIDDEN", message: "Not here.", cause: new Error(sql) }),
  "a refusal of tRPC that has its message from its cause": () =>
    new TRPCError({ code: "CONFLICT", cause: new Error(sql) }),
};

const failing = {
  get(): never {
    throw new Error(sql);
  },
};

/** Where its code is called. The topic says in which of them it throws. */
export const commandPlaces = [
  "handler",
  "prepare",
  "load",
  "project",
  "apply",
  "timers",
  "effects",
  "authorize",
  "user",
  "schema",
] as const;
export const watchPlaces = ["authorize", "user", "audience", "viewState", "viewEvent", "conflate"] as const;
export const queryPlaces = ["query", "authorizeQuery", "user", "output"] as const;

const place = z.string();
const data = z.object({ place });

const definition = defineChannel(
  "leaky",
  {
    params: z.object({ place, n: z.string() }),
    state: z.object({ place, count: z.int() }),
    events: { acted: data },
    commands: {
      act: { input: z.object({ note: z.string().refine((note) => throwAt("schema", note) ?? true) }) },
      make: { creates: true, input: z.object({ where: place }) },
      ring: { internal: true },
    },
    queries: {
      look: { input: z.object({ place }), output: z.string().refine((found) => throwAt("output", found) ?? true) },
    },
    presence: z.object({}),
    broadcasts: { shout: z.object({}) },
  },
  {
    initial: ({ place }) => ({ place, count: 0 }),
    apply: {
      acted: (state) => {
        throwAt("apply", state.place);
        return { ...state, count: state.count + 1 };
      },
    },
  },
);

let make: () => unknown = () => undefined;

/** From now on this is what is thrown. */
export function throwNext(next: () => unknown): void {
  make = next;
}

function throwAt(here: string, where: string): undefined {
  if (here === where) throw make();
  return undefined;
}

interface Context {
  readonly place: string;
}

/** An application in development, whose error format tells all that it can get hold of. */
export async function startLeaky() {
  const logged: object[] = [];
  const log = (fields: object) => logged.push(fields);
  const t = initTRPC.context<Context>().create({
    isDev: true,
    errorFormatter: ({ shape, error }) => ({
      ...shape,
      data: {
        ...shape.data,
        own: { ...error },
        cause: String(error.cause),
        why: Reflect.get(error.cause ?? {}, "message"),
      },
    }),
  });
  const user = (ctx: Context): User => {
    throwAt("user", ctx.place);
    return { id: "ann" };
  };
  const { serveChannel, createRealtime } = initRealtime({ t, user });
  const leaky = serveChannel(definition, {
    audiences: ["some"],
    audience: (_user, params) => {
      throwAt("audience", params.place);
      return "some";
    },
    view: {
      state: (state) => {
        throwAt("viewState", state.place);
        return state;
      },
      event: (event) => {
        throwAt("viewEvent", event.data.place);
        return event;
      },
    },
    conflate: (event) => {
      throwAt("conflate", event.data.place);
      return null;
    },
    authorize: ({ params }) => {
      throwAt("authorize", params.place);
      return true;
    },
    authorizeQuery: ({ input }) => {
      throwAt("authorizeQuery", (input as Context).place);
      return true;
    },
    mint: {
      make: ({ id, input }) => {
        throwAt("mint", input.where);
        return { place: input.where, n: id };
      },
    },
    tables: defineTables({}, []),
    prepare: { act: ({ params }) => void throwAt("prepare", params.place) },
    load: { act: async ({ params }) => void throwAt("load", params.place) },
    timers: ({ place: where, count }) => {
      if (count > 0) throwAt("timers", where);
      return [];
    },
    effects: (_event, { params }) => {
      throwAt("effects", params.place);
      return [];
    },
    project: async (_tx, changes) => {
      for (const { params } of changes) throwAt("project", params.place);
    },
    commands: {
      act({ params, emit }) {
        throwAt("handler", params.place);
        emit("acted", { place: params.place });
      },
      make: ({ params, emit }) => emit("acted", { place: params.place }),
      ring: () => {},
    },
    queries: {
      look: ({ input }) => {
        throwAt("query", input.place);
        return input.place;
      },
    },
  });
  const realtime = createRealtime({
    ...hurried,
    store: createMemoryStore(),
    channels: [leaky],
    logger: { info: log, warn: log, error: log },
  });
  const handle = await serve({
    router: t.router({ realtime: realtime.router }),
    port: 0,
    createContext: ({ req, info }) => ({
      place: String(info.connectionParams?.place ?? req.headers["x-place"] ?? ""),
    }),
  });
  return {
    logged,
    url: `${handle.url}/trpc`,
    webSocketUrl: `ws://localhost:${handle.port}/trpc`,
    act: (where: string, n: string) =>
      realtime
        .topic(definition, { place: where, n })
        .as(system)
        .send.act({ note: "" })
        .catch(() => {}),
    async [Symbol.asyncDispose]() {
      await handle.close();
      await realtime.close();
    },
  };
}

export type Leaky = Awaited<ReturnType<typeof startLeaky>>;
