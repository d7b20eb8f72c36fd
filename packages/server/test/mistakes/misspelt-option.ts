import { serveChannel } from "@shoal/server";
import { counter } from "../support/counter.ts";

export const counters = serveChannel(counter, {
  autorize: () => true,
  commands: {
    add: () => ({ sum: 0 }),
    touch: () => {},
    clear: ({ emit }) => emit("cleared"),
  },
  queries: { sum: () => ({ sum: 0 }), limit: () => 0 },
});
