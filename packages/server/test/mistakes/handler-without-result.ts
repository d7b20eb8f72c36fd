import { serveChannel } from "@shoal/server";
import { counter } from "../support/counter.ts";

export const counters = serveChannel(counter, {
  commands: {
    add: ({ input, emit }) => emit("added", { by: input.by }),
    touch: () => {},
    clear: ({ emit }) => emit("cleared"),
  },
  queries: { sum: () => ({ sum: 0 }), limit: () => 0 },
});
