import { serveChannel } from "@shoal/server";
import { counter } from "../support/counter.ts";

export const counters = serveChannel(counter, {
  queries: { sum: () => ({ sum: 0 }), limit: () => 0 },
});
