import { initRealtime } from "@shoal/server";
import { initTRPC } from "@trpc/server";

const t = initTRPC.context<{ session: { userId: string } }>().create();

export const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.session });
