import { createClient } from "@shoal/client";
import { defineChannel } from "@shoal/contract";
import * as z from "zod";

// Until lately the command was called `add`.
const tally = defineChannel(
  "tally",
  {
    params: z.object({}),
    state: z.object({ value: z.int() }),
    events: { increased: z.object({}) },
    commands: { increase: {} },
  },
  { initial: () => ({ value: 0 }), apply: { increased: ({ value }) => ({ value: value + 1 }) } },
);

const client = createClient({ url: "/trpc", channels: [tally] });

export const outcome = client.tally({}).send.add();
