import { serveChannel } from "@shoal/server";
import { counter } from "../support/counter.ts";

export const counters = serveChannel(counter, {
  commands: {
    add: () => ({ sum: 0 }),
    touch({ reject }) {
      reject("TOO_LARGE", { limit: 1 });
    },
    clear: ({ emit }) => emit("cleared"),
  },
  queries: { sum: () => ({ sum: 0 }), limit: () => 0 },
});
