import { defineChannel, type TaggedEvent, type TypesOf } from "@shoal/contract";
import { serveChannel } from "@shoal/server";
import * as z from "zod";

const definition = defineChannel(
  "gauges",
  {
    params: z.object({}),
    state: z.object({ sums: z.record(z.string(), z.int()), notes: z.record(z.string(), z.string()) }),
    events: {
      added: z.object({ name: z.string(), by: z.int() }),
      noted: z.object({ id: z.string(), text: z.string() }),
      forgotten: z.object({ id: z.string() }),
    },
    commands: {
      add: { input: z.object({ name: z.string(), by: z.int() }) },
      note: { input: z.object({ text: z.string() }) },
      forget: { input: z.object({ id: z.string() }) },
    },
    broadcasts: { cheer: z.object({}) },
    presence: z.object({ mood: z.string() }),
  },
  {
    initial: () => ({ sums: {}, notes: {} }),
    apply: {
      added: (state, { name, by }) => ({ ...state, sums: { ...state.sums, [name]: (state.sums[name] ?? 0) + by } }),
      noted: (state, { id, text }) => ({ ...state, notes: { ...state.notes, [id]: text } }),
      forgotten: (state, { id }) => {
        const { [id]: _gone, ...notes } = state.notes;
        return { ...state, notes };
      },
    },
  },
);

export interface Gauges extends TypesOf<typeof definition> {}
type GaugeEvent = TaggedEvent<Gauges["events"]>;

/** Gauges that are added to, and notes, each of which is named by its offset and can be redacted. */
export const gauges = definition;

/** Their paces, in milliseconds. */
export const pace = { live: 100, calm: 1_000, background: 60_000 } as const;

const commands: Parameters<typeof serveChannel<Gauges>>[1]["commands"] = {
  add: ({ input, emit }) => emit("added", input),
  note: ({ input: { text }, offset, emit }) => emit("noted", { id: `${offset + 1}`, text }),
  forget({ input: { id }, state, emit, redact }) {
    if (state.notes[id] === undefined) return;
    redact(Number(id));
    emit("forgotten", { id });
  },
};

const conflation = {
  conflate: (event: GaugeEvent) => (event.type === "added" ? event.data.name : null),
  merge: (earlier: GaugeEvent, later: GaugeEvent): GaugeEvent =>
    earlier.type === "added" && later.type === "added"
      ? { type: "added", data: { name: later.data.name, by: earlier.data.by + later.data.by } }
      : later,
};

/** Served at three paces and at once, as each client asks. */
export const pacedGauges = serveChannel(gauges, {
  audiences: ["live", "calm", "background", "prompt"],
  pace,
  ...conflation,
  commands,
});

/** Served at a pace to an audience that may not see notes. */
export const viewedGauges = serveChannel(gauges, {
  audiences: ["staff", "public"],
  audience: (user) => (user?.id.startsWith("staff") ? "staff" : "public"),
  view: {
    state: (state, audience) => (audience === "staff" ? state : { ...state, notes: {} }),
    event: (event, audience) => (audience === "public" && event.type !== "added" ? null : event),
  },
  pace: { public: 100 },
  ...conflation,
  commands,
});
