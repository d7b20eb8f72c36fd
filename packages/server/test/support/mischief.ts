import { type Channel, defineChannel, ShoalError, type TypesOf } from "@shoal/contract";
import { type ServedChannel, serveChannel, type User } from "@shoal/server";
import { TRPCError } from "@trpc/server";
import * as z from "zod";
import type { Context } from "./app.ts";

/** What must never reach a client. */
const secret = "postgres://admin:hunter2@db.internal/shoal";

/** The same as the log has it. */
export const loggedSecret = "postgres://[redacted]@db.internal/shoal";

const definition = defineChannel(
  "mischief",
  {
    params: z.object({ place: z.string() }),
    state: z.object({ count: z.int() }),
    events: { done: z.object({ count: z.int().max(100) }), broken: z.object({}) },
    commands: {
      behave: {},
      throwError: {},
      throwText: {},
      throwNothing: {},
      throwRefusal: {},
      throwTRPC: {},
      returnPromise: {},
      rejectLater: {},
      emitInvalid: {},
      emitUnknown: {},
      emitInherited: {},
      emitBroken: {},
      emitThenThrow: {},
      emitThenReject: { rejections: { NO: z.object({}) } },
      rejectUnknown: { rejections: { NO: z.object({}) } },
      rejectInvalid: { rejections: { NO: z.object({ limit: z.int() }) } },
      returnInvalid: { result: z.object({ count: z.int() }) },
      keepEmitting: {},
      deep: { input: z.object({ json: z.json() }) },
    },
    queries: { fail: { output: z.int() } },
  },
  {
    initial: () => ({ count: 0 }),
    apply: {
      done: (_state, { count }) => ({ count }),
      broken: () => {
        throw new Error(secret);
      },
    },
  },
);

export interface Mischief extends TypesOf<typeof definition> {}

/** A channel whose server does everything wrong that a server can do wrong. */
export const mischief: Channel<Mischief> = definition;

function throwing(error: unknown): never {
  throw error;
}

/** What the compiler would not let pass. */
type Loose = (name: string, data?: unknown) => never;

export function serveMischief(): ServedChannel<Mischief, User | null, Context> {
  return serveChannel<Mischief, User | null, Context>(mischief, {
    authorize({ params: { place } }) {
      if (place === "throwing") throw new Error(secret);
      if (place === "rejecting") return Promise.reject(new Error(secret));
      if (place === "hanging") return new Promise(() => {});
      if (place === "silent") return undefined as never;
      return place !== "closed";
    },
    authorizeQuery: () => true,
    commands: {
      behave: ({ state, emit }) => emit("done", { count: state.count + 1 }),
      throwError: () => throwing(new Error(secret, { cause: new Error(secret) })),
      throwText: () => throwing(secret),
      throwNothing: () => throwing(undefined),
      throwRefusal: () => throwing(new ShoalError("FORBIDDEN", "Not on a Sunday.", { cause: secret })),
      throwTRPC: () => throwing(new TRPCError({ code: "PAYMENT_REQUIRED", message: "Not for free.", cause: secret })),
      returnPromise: (async () => {}) as never,
      rejectLater: (async ({ emit }: { emit: Loose }) => {
        emit("done", { count: 1 });
        throw new Error(secret);
      }) as never,
      emitInvalid: ({ emit }) => emit("done", { count: 101 }),
      emitUnknown: ({ emit }) => (emit as Loose)("undone", {}),
      emitInherited: ({ emit }) => (emit as Loose)("toString", {}),
      emitBroken: ({ emit }) => emit("broken"),
      emitThenThrow({ emit }) {
        emit("done", { count: 1 });
        throw new Error(secret);
      },
      emitThenReject({ emit, reject }) {
        emit("done", { count: 1 });
        reject("NO");
      },
      rejectUnknown: ({ reject }) => (reject as Loose)("constructor", {}),
      rejectInvalid: ({ reject }) => (reject as Loose)("NO", { limit: secret }),
      returnInvalid: () => ({ count: secret }) as never,
      keepEmitting({ emit }) {
        emit("done", { count: 7 });
        queueMicrotask(() => emit("done", { count: 8 }));
      },
      deep: () => {},
    },
    queries: { fail: () => throwing(new Error(secret)) },
  });
}
