import { defineChannel } from "@shoal/contract";
import * as z from "zod";

export const counter = defineChannel(
  "counter",
  {
    params: z.object({ counterId: z.string() }),
    state: z.object({ value: z.int() }),
    events: { started: z.object({ at: z.date() }) },
  },
  {
    initial: () => ({ value: 0 }),
    apply: { started: (state) => state },
  },
);
