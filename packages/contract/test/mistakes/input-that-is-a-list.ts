import { defineChannel } from "@shoal/contract";
import * as z from "zod";

export const counter = defineChannel(
  "counter",
  {
    params: z.object({ counterId: z.string() }),
    state: z.object({ value: z.int() }),
    events: { added: z.object({ by: z.int() }) },
    commands: { add: { input: z.array(z.int()) } },
  },
  {
    initial: () => ({ value: 0 }),
    apply: { added: (state, { by }) => ({ value: state.value + by }) },
  },
);
