import { serveChannel } from "@shoal/server";
import { counter } from "../support/counter.ts";

export const counters = serveChannel(counter, {
  audiences: ["staff", "public"],
  audience: (user) => (user ? "staff" : "guests"),
  view: { state: (state) => state, event: (event) => event },
  commands: {
    add: () => ({ sum: 0 }),
    touch: () => {},
    clear: ({ emit }) => emit("cleared"),
  },
  queries: { sum: () => ({ sum: 0 }), limit: () => 0 },
});
