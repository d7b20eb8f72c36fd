import { defineChannel } from "@shoal/contract";
import { initRealtime, type User, withHand } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import * as z from "zod";

const t = initTRPC.context<{ user: User | null }>().create();
const { serveChannel, createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
const sweep = defineChannel(
  "sweep",
  { params: z.object({}), state: z.object({}), events: {} },
  { initial: () => ({}), apply: {} },
);

export const realtime = createRealtime({
  channels: [withHand(serveChannel(sweep, {}), () => ({ greet: () => "hello" }))],
});
