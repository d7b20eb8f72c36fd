import { defineChannel } from "@shoal/contract";
import * as z from "zod";

export const counter = defineChannel(
  "counter",
  {
    params: z.object({ counterId: z.string() }),
    state: z.object({ since: z.date() }),
    events: { started: z.object({}) },
  },
  {
    initial: () => ({ since: new Date(0) }),
    apply: { started: (state) => state },
  },
);
