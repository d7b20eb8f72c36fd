import { randomUUID } from "node:crypto";
import { TRPCError } from "@trpc/server";
import * as z from "zod/mini";
import { displayName } from "../contract/display-name.ts";
import type { Sessions } from "./sessions.ts";
import { t, visitorProcedure } from "./trpc.ts";

export function sessionRouter(sessions: Sessions) {
  return t.router({
    /** Signing in: open to everybody, also to those whose token is not good any more. */
    create: t.procedure
      .input(z.object({ name: displayName }))
      .mutation(({ input: { name } }) => sessions.begin({ id: randomUUID(), name })),
    /** Another token for one that is still good. */
    renew: visitorProcedure.mutation(({ ctx: { user } }) => {
      if (!user) throw new TRPCError({ code: "UNAUTHORIZED", message: "Nobody is signed in. Sign in first." });
      return sessions.begin(user);
    }),
  });
}
