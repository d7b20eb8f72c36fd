import { serveChannel } from "@shoal/server";
import { counter } from "../support/counter.ts";

export const counters = serveChannel(counter, {
  commands: {
    add: () => ({ sum: 0 }),
    touch: ({ emit }) => emit("touched"),
    clear: ({ emit }) => emit("cleared"),
  },
  queries: { sum: () => ({ sum: 0 }), limit: () => 0 },
});
