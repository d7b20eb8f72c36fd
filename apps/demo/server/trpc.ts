import { initTRPC, TRPCError } from "@trpc/server";
import superjson from "superjson";
import type { DemoUser, Visitor } from "./sessions.ts";

/** What every procedure knows of its caller. */
export interface Context {
  readonly visitor: Visitor;
}

// `isDev` would send stacks to browsers.
export const t = initTRPC.context<Context>().create({ transformer: superjson, isDev: false });

/**
 * For whoever comes without a token, or with a good one. A refused token is an error and not an anonymous visit, so that
 * people learn why they are signed out.
 */
export const visitorProcedure = t.procedure.use(({ ctx, next }) => next({ ctx: { user: userOf(ctx.visitor) } }));

function userOf(visitor: Visitor): DemoUser | null {
  switch (visitor.kind) {
    case "anonymous":
      return null;
    case "refused":
      throw new TRPCError({ code: "UNAUTHORIZED", message: visitor.reason });
    case "signedIn":
      return visitor.user;
  }
}
