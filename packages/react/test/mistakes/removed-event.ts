import { defineChannel, type FrameEvent, type TypesOf } from "@shoal/contract";
import * as z from "zod";

/** Yesterday it had the event `withdrawn`, too. */
const poll = defineChannel(
  "poll",
  {
    params: z.object({ pollId: z.string() }),
    state: z.object({ votes: z.int() }),
    events: { voted: z.object({}), reset: z.object({}) },
  },
  {
    initial: () => ({ votes: 0 }),
    apply: { voted: ({ votes }) => ({ votes: votes + 1 }), reset: () => ({ votes: 0 }) },
  },
);

export function describeEvent(event: FrameEvent<TypesOf<typeof poll>["events"]>): string {
  switch (event.type) {
    case "withdrawn":
      return "somebody took their vote back";
    default:
      return event.type;
  }
}
