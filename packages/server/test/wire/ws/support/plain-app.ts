import { EventEmitter, on } from "node:events";
import { initTRPC, TRPCError, tracked } from "@trpc/server";
import type { WSSHandlerOptions } from "@trpc/server/adapters/ws";
import { type Observer, observable } from "@trpc/server/observable";
import type { ServerOptions, WebSocketServer } from "ws";
import { Recorder } from "../../../support/recorder.ts";
import { listen } from "./listen.ts";

interface Context {
  readonly name: string;
}

type Transformer = NonNullable<Parameters<ReturnType<typeof initTRPC.context<Context>>["create"]>[0]>["transformer"];

/** A router that has nothing of Shoal in it, and a record of what became of its procedures. */
export function createPlainRouter(transformer?: Transformer) {
  const t = initTRPC.context<Context>().create({
    isDev: false,
    errorFormatter: ({ shape, ctx }) => ({ ...shape, data: { ...shape.data, name: ctx?.name } }),
    ...(transformer && { transformer }),
  });
  const happened = new Recorder<string>();
  const emitters = new Recorder<Observer<unknown, unknown>>();
  const bus = new EventEmitter();
  const input = t.procedure.input((given: unknown) => given);
  const watchSignal = (signal: AbortSignal | undefined, name: string): void =>
    signal?.addEventListener("abort", () => happened.push(`${name} aborted`));
  const router = t.router({
    echo: input.query(({ input: given }) => given),
    nothing: t.procedure.mutation(() => undefined),
    name: t.procedure.query(({ ctx }) => ctx.name),
    fail: input.mutation(() => {
      throw new TRPCError({ code: "CONFLICT", message: "Not twice." });
    }),
    unencodable: t.procedure.query(() => 1n),
    list: t.procedure.query(async function* () {
      yield 1;
    }),
    count: input.subscription(async function* ({ input: given, signal }) {
      watchSignal(signal, "count");
      try {
        yield given;
        yield tracked("a:1", { count: 1 });
        yield tracked("a:2", undefined);
        yield undefined;
      } finally {
        happened.push("count ended");
      }
    }),
    forever: t.procedure.subscription(async function* ({ signal }) {
      watchSignal(signal, "forever");
      try {
        yield "first";
        await new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve()));
      } finally {
        happened.push("forever ended");
      }
    }),
    breaking: t.procedure.subscription(async function* () {
      yield 1;
      throw new TRPCError({ code: "FORBIDDEN", message: "No more." });
    }),
    refusing: t.procedure.subscription((): AsyncIterable<number> => {
      throw new TRPCError({ code: "FORBIDDEN", message: "Not at all." });
    }),
    single: t.procedure.subscription((() => 5) as never),
    relayed: t.procedure.subscription(({ signal }) => on(bus, "value", { signal })),
    observed: t.procedure.subscription(() =>
      observable<unknown>((observer) => {
        emitters.push(observer);
        observer.next("at once");
        return () => happened.push("observed ended");
      }),
    ),
  });
  return { router, happened, emitters, relay: (value: unknown) => bus.emit("value", value) };
}

export type PlainRouter = ReturnType<typeof createPlainRouter>["router"];
type Options = Partial<WSSHandlerOptions<PlainRouter>>;

/** As much of both handlers as they have in common. */
export type Apply = (options: WSSHandlerOptions<PlainRouter>) => { broadcastReconnectNotification(): void };

export interface PlainOptions extends Options {
  readonly transformer?: Transformer;
  readonly server?: ServerOptions;
}

/** The router behind a handler, and what `onError` was told. */
export async function startPlain(apply: Apply, { transformer, server, ...options }: PlainOptions = {}) {
  const app = createPlainRouter(transformer);
  const faults = new Recorder<object>();
  const listening = await listen(
    (wss: WebSocketServer) =>
      apply({
        wss,
        router: app.router,
        createContext: () => ({ name: "ann" }),
        onError: ({ error, type, path, input, ctx }) => faults.push({ code: error.code, type, path, input, ctx }),
        ...options,
      }),
    server,
  );
  return { ...app, ...listening, faults };
}
