import { type AnyTRPCProcedure, type AnyTRPCRouter, callTRPCProcedure } from "@trpc/server";
import { toExpiry } from "../security/expiry.ts";
import type { Identity } from "../security/identity.ts";
import type { AnyProcedureBuilder, BaseProcedure, ProceduresOptions } from "./procedures.ts";

/** How an application says who is behind a context, and until when. */
export interface IdentifyOptions extends Pick<ProceduresOptions, "user" | "expiresAt"> {
  /** `undefined` where the application gave none. */
  readonly procedure: AnyProcedureBuilder | undefined;
  readonly routerOf: (procedure: AnyTRPCProcedure) => AnyTRPCRouter;
}

/** Tells who is behind a context: what the base procedure makes of it, where there is one with its middlewares. */
export function identifierOf(options: IdentifyOptions): (ctx: unknown) => Promise<Identity> {
  const { procedure, user, expiresAt, routerOf } = options;
  const identify = async (ctx: unknown): Promise<Identity> => {
    return { ctx, user: await user(ctx as never), expiresAt: toExpiry(expiresAt?.(ctx as never)) };
  };
  if (!procedure) return identify;
  const router = routerOf((procedure as unknown as BaseProcedure).query(({ ctx }) => identify(ctx)));
  return async (ctx) => {
    const call = { router, path: "of", type: "query", ctx, getRawInput: async () => undefined } as const;
    return (await callTRPCProcedure({ ...call, signal: undefined, batchIndex: 0 })) as Identity;
  };
}
