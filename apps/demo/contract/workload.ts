import { type Channel, defineChannel, type TypesOf } from "@shoal/contract";
import * as z from "zod/mini";

/** How long a spell of work lasts, and how long after it the next one may begin, in milliseconds. */
export const workMs = 20_000;
export const restMs = 10_000;

const person = z.object({ id: z.string(), name: z.string() });
const spell = z.object({
  by: person,
  /** Milliseconds since the epoch, by the server's clock. */
  until: z.number(),
});

const definition = defineChannel(
  "workload",
  {
    params: z.object({}),
    state: z.object({ spell: z.nullable(spell), restUntil: z.number() }),
    events: { begun: spell, ended: z.object({ restUntil: z.number() }) },
    commands: {
      begin: {
        rejections: { WORKING: z.object({ by: person, until: z.number() }), RESTING: z.object({ until: z.number() }) },
      },
      end: { internal: true },
    },
  },
  {
    initial: () => ({ spell: null, restUntil: 0 }),
    apply: {
      begun: (state, spell) => ({ ...state, spell }),
      ended: (_state, { restUntil }) => ({ spell: null, restUntil }),
    },
  },
);

export interface Workload extends TypesOf<typeof definition> {}

/** Work that the server makes for itself, so that there is something to see: a spell at a time, for everybody. */
export const workload: Channel<Workload> = definition;

const laneDefinition = defineChannel(
  "workbench",
  {
    params: z.object({ lane: z.string() }),
    state: z.object({ done: z.int() }),
    events: { worked: z.object({}) },
    commands: { work: { internal: true } },
  },
  { initial: () => ({ done: 0 }), apply: { worked: ({ done }) => ({ done: done + 1 }) } },
);

export interface Workbench extends TypesOf<typeof laneDefinition> {}

/** What is worked on. */
export const workbench: Channel<Workbench> = laneDefinition;
