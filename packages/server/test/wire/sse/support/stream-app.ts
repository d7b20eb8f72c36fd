import type { RequestListener } from "node:http";
import { defineChannel } from "@shoal/contract";
import { createMemoryStore, initRealtime, system, type User } from "@shoal/server";
import { type HTTPHandlerOptions, createHTTPHandler as ours } from "@shoal/server/sse";
import { initTRPC, TRPCError } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import * as z from "zod";
import { userOf } from "../../../support/app.ts";
import { quiet } from "../../../support/quiet.ts";
import { Recorder } from "../../../support/recorder.ts";
import { listen } from "./listen.ts";

const note = defineChannel(
  "note",
  {
    params: z.object({ noteId: z.string() }),
    state: z.object({ count: z.int(), last: z.string() }),
    events: { put: z.object({ text: z.string() }) },
    commands: { put: { input: z.object({ text: z.string() }) } },
    presence: z.object({ typing: z.boolean() }),
    broadcasts: { cheer: z.object({ emoji: z.string() }) },
  },
  {
    initial: () => ({ count: 0, last: "" }),
    apply: { put: ({ count }, { text }) => ({ count: count + 1, last: text }) },
  },
);

interface Context {
  readonly user: User | null;
}

type Config = NonNullable<Parameters<ReturnType<typeof initTRPC.context<Context>>["create"]>[0]>;

export type StreamsConfig = Pick<Config, "sse" | "transformer">;

/** A channel of notes, beside subscriptions that have nothing of Shoal in them, and a record of what became of them. */
export function createStreams(config: StreamsConfig = {}) {
  const t = initTRPC.context<Context>().create({
    isDev: false,
    errorFormatter: ({ shape, ctx }) => ({ ...shape, data: { ...shape.data, name: ctx?.user?.id } }),
    ...config,
  });
  const happened = new Recorder<string>();
  const input = t.procedure.input((given: unknown) => given);
  const procedure = t.procedure.use(async ({ next, path, signal }) => {
    happened.push(`${path} called`);
    const abort = () => happened.push(`${path} aborted`);
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort);
    return await next();
  });
  const { serveChannel, createRealtime } = initRealtime({ t, procedure, user: (ctx) => ctx.user });
  const notes = serveChannel(note, { commands: { put: ({ input: put, emit }) => emit("put", put) } });
  const realtime = createRealtime({ channels: [notes], store: createMemoryStore(), logger: quiet, instance: false });
  const router = t.router({
    realtime: realtime.router,
    echo: input.query(({ input: given }) => given),
    keep: input.mutation(({ input: given }) => given),
    count: input.subscription(async function* ({ input: given }) {
      yield given;
      yield 2;
    }),
    breaking: t.procedure.subscription(async function* () {
      yield 1;
      throw new TRPCError({ code: "FORBIDDEN", message: "No more." });
    }),
    forever: t.procedure.subscription(async function* ({ signal }) {
      yield "first";
      await new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve()));
      happened.push("forever ended");
    }),
    refusing: t.procedure.subscription((): AsyncIterable<number> => {
      throw new TRPCError({ code: "FORBIDDEN", message: "Not at all." });
    }),
    single: t.procedure.subscription((() => 5) as never),
    observed: t.procedure.subscription(() =>
      observable<number>((observer) => {
        observer.next(1);
        observer.complete();
      }),
    ),
  });
  return {
    router,
    realtime,
    happened,
    put: (noteId: string, text: string) => realtime.topic(note, { noteId }).as(system).send.put({ text }),
    cheer: (noteId: string, emoji: string) =>
      router.createCaller({ user: { id: "ben" } }).realtime.note.broadcast({ noteId, name: "cheer", data: { emoji } }),
    [Symbol.asyncDispose]: () => realtime.close(),
  };
}

export type Streams = ReturnType<typeof createStreams>;
type Router = Streams["router"];
type Options = Partial<HTTPHandlerOptions<Router>>;

/** As much of both handlers as they have in common. */
export type CreateHandler = (options: HTTPHandlerOptions<Router>) => RequestListener;

/** The notes behind a handler, at `/trpc/`, and what `onError` was told. */
export async function serveStreams({ router }: Streams, createHandler: CreateHandler = ours, options: Options = {}) {
  const faults = new Recorder<object>();
  const listening = await listen(
    createHandler({
      router,
      basePath: "/trpc/",
      createContext({ req }) {
        if (req.headers.authorization === "mallory") throw new Error("Not this one.");
        return { user: userOf(req.headers.authorization) };
      },
      onError: ({ error, type, path, input, ctx }) =>
        // Without the hidden note of where a request came from.
        faults.push({ code: error.code, message: error.message, type, path, input, ctx: structuredClone(ctx) }),
      ...options,
    }),
  );
  return { ...listening, faults };
}

/** The notes behind Shoal's handler. */
export async function startStreams({ sse, transformer, ...options }: Options & StreamsConfig = {}) {
  const app = createStreams({ ...(sse && { sse }), ...(transformer && { transformer }) });
  const { [Symbol.asyncDispose]: close, ...listening } = await serveStreams(app, ours, options);
  return {
    ...app,
    ...listening,
    async [Symbol.asyncDispose]() {
      await close();
      await app.realtime.close();
    },
  };
}

/** Where a note is watched. */
export function watchPath(noteId: string, more: object = {}): string {
  return `/trpc/realtime.note.watch?input=${encodeURIComponent(JSON.stringify({ noteId, ...more }))}`;
}
