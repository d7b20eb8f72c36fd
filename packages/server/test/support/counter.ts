import { type Channel, defineChannel, type TypesOf } from "@shoal/contract";
import * as z from "zod";

const definition = defineChannel(
  "counter",
  {
    params: z.object({ counterId: z.string().max(200) }),
    state: z.object({ added: z.array(z.int()) }),
    events: { added: z.object({ by: z.int() }), cleared: z.object({}) },
    commands: {
      add: {
        input: z.object({ by: z.int(), times: z.int().min(1).default(1) }),
        result: z.object({ sum: z.int() }),
        rejections: { TOO_LARGE: z.object({ limit: z.int() }) },
      },
      touch: {},
      clear: { internal: true },
    },
    queries: {
      sum: { input: z.object({ counterId: z.string() }), output: z.object({ sum: z.int() }) },
      limit: { output: z.int() },
    },
    presence: z.object({ typing: z.boolean() }),
    broadcasts: { cheer: z.object({ emoji: z.string().max(8) }), wave: z.object({}) },
  },
  {
    initial: () => ({ added: [] }),
    apply: { added: ({ added }, { by }) => ({ added: [...added, by] }), cleared: () => ({ added: [] }) },
  },
);

export interface Counter extends TypesOf<typeof definition> {}

/** A channel with one of everything, whose state shows the order in which its events were applied. */
export const counter: Channel<Counter> = definition;
