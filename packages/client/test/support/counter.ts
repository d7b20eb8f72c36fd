import { defineChannel } from "@shoal/contract";
import * as z from "zod";

/** A channel that has one of everything. Its state remembers the order in which events were applied. */
export const counter = defineChannel(
  "counter",
  {
    params: z.object({ counterId: z.string(), page: z.optional(z.number()) }),
    state: z.object({ value: z.int(), history: z.array(z.int()) }),
    events: { added: z.object({ by: z.int() }), cleared: z.object({}) },
    commands: {
      add: {
        input: z.object({ by: z.int() }),
        rejections: { TOO_LARGE: z.object({ limit: z.int() }), FROZEN: z.object({}) },
      },
      addQuietly: { input: z.object({ by: z.int() }) },
      reset: {},
      clear: { internal: true },
    },
    queries: { double: { input: z.object({ of: z.int() }), output: z.object({ result: z.int() }) } },
    presence: z.object({ typing: z.boolean() }),
    broadcasts: { cheer: z.object({ emoji: z.string() }) },
  },
  {
    initial: () => ({ value: 0, history: [] }),
    apply: {
      added: ({ value, history }, { by }) => ({ value: value + by, history: [...history, by] }),
      cleared: () => ({ value: 0, history: [] }),
    },
    optimistic: {
      add: ({ by }) => [{ type: "added", data: { by } }],
      reset: () => [{ type: "cleared", data: {} }],
    },
  },
);
