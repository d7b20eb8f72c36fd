import { defineChannel } from "@shoal/contract";
import * as z from "zod";

export const counter = defineChannel(
  "counter",
  {
    version: 2,
    params: z.object({ counterId: z.string() }),
    state: z.object({ value: z.int() }),
    events: { added: z.object({ by: z.int() }), cleared: z.object({}) },
    commands: { add: { input: z.object({ by: z.int() }) }, clear: {} },
  },
  {
    initial: () => ({ value: 0 }),
    apply: { added: (state, { by }) => ({ value: state.value + by }), cleared: () => ({ value: 0 }) },
    migrate: {
      events: { added: "same", cleared: "same" },
      state: (old) => ({ total: Number(old.value) }),
      commands: { add: "same", clear: "same" },
    },
  },
);
