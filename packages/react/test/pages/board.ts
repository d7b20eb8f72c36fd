import { defineChannel } from "@shoal/contract";
import * as z from "zod/mini";

/** Values side by side, of which an event changes one, and who looks at them. */
export const board = defineChannel(
  "board",
  {
    params: z.object({}),
    state: z.object({ values: z.array(z.int()) }),
    events: { counted: z.object({ index: z.int() }) },
    commands: { count: { internal: true, input: z.object({ index: z.int(), times: z.int() }) } },
    presence: z.object({ looking: z.boolean() }),
  },
  {
    initial: () => ({ values: Array.from({ length: 50 }, () => 0) }),
    apply: { counted: ({ values }, { index }) => ({ values: values.with(index, (values[index] ?? 0) + 1) }) },
  },
);
