import { serveChannel } from "@shoal/server";
import { counter } from "../support/counter.ts";

export const counters = serveChannel(counter, {
  commands: {
    add({ reject }) {
      return reject("TOO_LARGE", { limit: "100" });
    },
    touch: () => {},
    clear: ({ emit }) => emit("cleared"),
  },
  queries: { sum: () => ({ sum: 0 }), limit: () => 0 },
});
