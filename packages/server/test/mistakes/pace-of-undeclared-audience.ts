import { serveChannel } from "@shoal/server";
import { counter } from "../support/counter.ts";

export const counters = serveChannel(counter, {
  audiences: ["live", "calm"],
  pace: { live: 100, slow: 1_000 },
  commands: {
    add: () => ({ sum: 0 }),
    touch: () => {},
    clear: ({ emit }) => emit("cleared"),
  },
  queries: { sum: () => ({ sum: 0 }), limit: () => 0 },
});
