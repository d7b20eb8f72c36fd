import {
  createMemoryStore,
  initRealtime,
  type RealtimeOptions,
  type Store,
  system,
  type TopicHandle,
  type User,
} from "@shoal/server";
import { initTRPC } from "@trpc/server";
import { topicRef } from "../../src/topic-ref.ts";
import { hurried } from "../support/hurried.ts";
import { Logged } from "../support/logged.ts";
import { type Reminders, reminders } from "./reminders.ts";

interface Context {
  readonly user: User | null;
}

/** The name of a reminder with which `timers` throws. */
export const unnameable = "unnameable";

export type RemindersOptions = Omit<Partial<RealtimeOptions<never>>, "channels" | "logger">;

/** A realtime that serves lists of reminders, in memory unless told otherwise. */
export function createReminders({ store = createMemoryStore(), ...options }: RemindersOptions = {}) {
  const t = initTRPC.context<Context>().create({ isDev: false });
  const { serveChannel, createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const logged = new Logged();
  const served = serveChannel(reminders, {
    authorize: () => true,
    timers: ({ set }) =>
      Object.entries(set).map(([name, { at }]) => {
        if (name === unnameable) throw new Error("this one cannot be named");
        return { name, at, command: "ring", input: { name, due: at } };
      }),
    commands: {
      set: ({ input: { name, ...reminder }, emit }) => emit("set", { name, reminder }),
      unset: ({ input, emit }) => emit("unset", input),
      note({ state, emit }) {
        emit("noted");
        return state.rung;
      },
      ring({ state, input: { name, due }, emit, reject }) {
        const behaviour = state.set[name]?.behaviour;
        if (behaviour === "throw") throw new Error(`${name} cannot ring`);
        if (behaviour === "reject") reject("UNWANTED");
        if (behaviour === "nothing") return;
        emit("rang", { name, due });
        if (typeof behaviour !== "object") return;
        emit("set", { name, reminder: { at: due + behaviour.againMs, behaviour } });
      },
    },
  });
  const realtime = createRealtime({
    ...hurried,
    instance: false,
    ...options,
    store,
    channels: [served],
    logger: logged.logger,
  });
  const router = t.router({ realtime: realtime.router });
  return {
    realtime,
    logged,
    as: (id: string) => router.createCaller({ user: { id } }).realtime.reminders,
    list: (listId: string, first?: number): TopicHandle<Reminders> =>
      realtime.topic(reminders, { listId, first }).as(system),
    [Symbol.asyncDispose]: () => realtime.close(),
  };
}

export interface Ring {
  readonly name: string;
  /** When it was due, and when it rang, by the store's clock. */
  readonly due: number;
  readonly at: number;
}

/** What rang on a list, in its order, as the store has it: to ask it loads no topic. */
export async function ringsIn(store: Store, listId: string): Promise<readonly Ring[]> {
  const ref = topicRef("reminders", null, { listId });
  const { offset } = await store.head(ref);
  const events = await store.read(ref, 1, offset);
  return events
    .filter(({ type }) => type === "rang")
    .map(({ data, at }) => ({ ...(data as { name: string; due: number }), at }));
}
