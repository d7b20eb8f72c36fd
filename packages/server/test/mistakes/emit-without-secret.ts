import { definePrivate, serveChannel } from "@shoal/server";
import * as z from "zod";
import { counter } from "../support/counter.ts";

const hidden = definePrivate(
  counter,
  { state: z.object({ by: z.string() }), secrets: { cleared: z.object({ by: z.string() }) } },
  { initial: () => ({ by: "" }), apply: { cleared: (_state, _data, { by }) => ({ by }) } },
);

export const counters = serveChannel(counter, {
  private: hidden,
  commands: {
    add: () => ({ sum: 0 }),
    touch: () => {},
    clear: ({ emit }) => emit("cleared"),
  },
  queries: { sum: () => ({ sum: 0 }), limit: () => 0 },
});
