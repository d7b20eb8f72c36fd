import { effect, serveChannel } from "@shoal/server";
import { counter } from "../support/counter.ts";

export const counters = serveChannel(counter, {
  effects: () => [effect(counter, { counterId: "all" }, "add")],
  commands: {
    add: () => ({ sum: 0 }),
    touch: () => {},
    clear: ({ emit }) => emit("cleared"),
  },
  queries: { sum: () => ({ sum: 0 }), limit: () => 0 },
});
