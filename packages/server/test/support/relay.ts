import { type Channel, defineChannel, type TypesOf } from "@shoal/contract";
import { definePrivate, effect, initRealtime } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import * as z from "zod";
import type { Context } from "./app.ts";

/** In a secret and in the private state. */
export const forNobody = "ForNobodysEyes";
/** In what only the staff sees. */
export const forStaff = "ForStaffOnly";

const seen = z.object({ source: z.string(), offset: z.int(), index: z.int() });

/** What the effects of relays come to, in the order in which they came. */
export const tally = defineChannel(
  "tally",
  {
    params: z.object({}),
    state: z.object({ count: z.int() }),
    events: { counted: seen },
    commands: { count: { input: seen, internal: true } },
  },
  { initial: () => ({ count: 0 }), apply: { counted: ({ count }) => ({ count: count + 1 }) } },
);

const definition = defineChannel(
  "relay",
  {
    params: z.object({ relayId: z.string() }),
    state: z.object({
      level: z.int(),
      note: z.string(),
      planned: z.array(z.object({ n: z.int(), at: z.int() })),
      rung: z.array(z.int()),
    }),
    events: {
      levelled: z.object({ level: z.int(), note: z.string() }),
      planned: z.object({ n: z.int(), at: z.int() }),
      rang: z.object({ n: z.int() }),
    },
    commands: {
      level: { input: z.object({ level: z.int() }), rejections: { TOO_HIGH: z.object({}) } },
      plan: { input: z.object({ n: z.int(), inMs: z.int() }) },
      ring: { input: z.object({ n: z.int() }), internal: true },
    },
  },
  {
    initial: () => ({ level: 0, note: "", planned: [], rung: [] }),
    apply: {
      levelled: (state, { level, note }) => ({ ...state, level, note }),
      planned: (state, { n, at }) => ({
        ...state,
        planned: [...state.planned.filter((one) => one.n !== n), { n, at }],
      }),
      rang: (state, { n }) => ({
        ...state,
        planned: state.planned.filter((one) => one.n !== n),
        rung: [...state.rung, n],
      }),
    },
  },
);

export interface Relay extends TypesOf<typeof definition> {}
export const relay: Channel<Relay> = definition;

const levels = definePrivate(
  relay,
  { state: z.object({ levels: z.array(z.string()) }), secrets: { levelled: z.object({ by: z.string() }) } },
  {
    initial: () => ({ levels: [forNobody] }),
    apply: { levelled: (state, _level, { by }) => ({ levels: [...state.levels.slice(-3), by] }) },
  },
);

export type RelayAudience = "staff" | "public";

export const relayView = {
  state: (state: Relay["state"], audience: RelayAudience): Relay["state"] =>
    audience === "staff" ? state : { ...state, note: "", planned: [] },
};

const { serveChannel } = initRealtime({ t: initTRPC.context<Context>().create(), user: (ctx) => ctx.user });

/** A channel that uses everything that the engine does for one: secrets, audiences, conflation, timers and effects. */
export const relays = serveChannel(relay, {
  private: levels,
  audiences: ["staff", "public"],
  audience: (user) => (user?.id.startsWith("staff") ? "staff" : "public"),
  view: {
    ...relayView,
    event(event, audience) {
      if (audience === "staff") return event;
      if (event.type === "planned") return null;
      return event.type === "levelled" ? { type: "levelled", data: { ...event.data, note: "" } } : event;
    },
  },
  conflate: ({ type }) => (type === "levelled" ? "level" : null),
  timers: ({ planned }) => planned.map(({ n, at }) => ({ name: `${n}`, at, command: "ring", input: { n } })),
  effects: ({ type, offset }, { params: { relayId: source } }) =>
    type === "planned" ? [] : [0, 1].map((index) => effect(tally, {}, "count", { source, offset, index })),
  commands: {
    level({ input: { level }, emit, reject }) {
      if (level > 90) return reject("TOO_HIGH");
      emit("levelled", { level, note: `${forStaff} ${level}` }, { by: `${forNobody} ${level}` });
    },
    plan: ({ input: { n, inMs }, now, emit }) => emit("planned", { n, at: now + inMs }),
    ring: ({ input, emit }) => emit("rang", input),
  },
});

export const tallies = serveChannel(tally, { commands: { count: ({ input, emit }) => emit("counted", input) } });
