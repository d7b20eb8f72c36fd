import { type Channel, defineChannel, type TypesOf } from "@shoal/contract";
import {
  type AnyServed,
  effect,
  initRealtime,
  type RealtimeOptions,
  serveChannel,
  system,
  type User,
} from "@shoal/server";
import { initTRPC } from "@trpc/server";
import * as z from "zod";
import { Logged } from "../support/logged.ts";

const errandDefinition = defineChannel(
  "errand",
  {
    params: z.object({ place: z.string() }),
    state: z.object({ done: z.array(z.string()) }),
    events: { done: z.object({ what: z.string() }) },
    commands: { run: { input: z.object({ what: z.string() }), internal: true } },
  },
  { initial: () => ({ done: [] }), apply: { done: ({ done }, { what }) => ({ done: [...done, what] }) } },
);

interface Errand extends TypesOf<typeof errandDefinition> {}

/** Where errands are run. */
export const errand: Channel<Errand> = errandDefinition;

const deskDefinition = defineChannel(
  "desk",
  {
    params: z.object({}),
    state: z.object({ asked: z.int() }),
    events: { asked: z.object({ errands: z.array(z.object({ place: z.string(), what: z.string() })) }) },
    commands: { ask: { input: z.object({ errands: z.array(z.object({ place: z.string(), what: z.string() })) }) } },
  },
  { initial: () => ({ asked: 0 }), apply: { asked: ({ asked }) => ({ asked: asked + 1 }) } },
);

interface Desk extends TypesOf<typeof deskDefinition> {}

/** Where errands are asked for: each is an effect. */
export const desk: Channel<Desk> = deskDefinition;

export const desks = serveChannel(desk, {
  effects: ({ data }) => data.errands.map(({ place, what }) => effect(errand, { place }, "run", { what })),
  commands: { ask: ({ input, emit }) => emit("asked", input) },
});

/** What becomes of an errand before it is run, and while it is projected. */
export interface Obstacles {
  readonly prepare?: (what: string, call: { readonly user: User | null; readonly ctx: unknown }) => Promise<string>;
  readonly project?: () => Promise<void>;
}

export function serveErrands({ prepare = async (what) => what, project = async () => {} }: Obstacles = {}) {
  return serveChannel(errand, {
    prepare: { run: ({ input, user, ctx }) => prepare(input.what, { user, ctx }) },
    commands: { run: ({ prepared, emit }) => emit("done", { what: prepared }) },
    project,
  });
}

/** A realtime that looks for what is left to do all the time. */
export function createErrands(options: Omit<RealtimeOptions<readonly AnyServed[]>, "logger">) {
  const t = initTRPC.context<{ user: User | null }>().create({ isDev: false });
  const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const logged = new Logged();
  const realtime = createRealtime({ lookMs: 5, ...options, logger: logged.logger });
  return {
    realtime,
    logged,
    ask: (...errands: { place: string; what: string }[]) => realtime.topic(desk, {}).as(system).send.ask({ errands }),
    done: async (place: string) => (await realtime.topic(errand, { place }).as(system).state()).done,
    [Symbol.asyncDispose]: () => realtime.close(),
  };
}
