import type { AnyTRPCRouter, TRPCProcedureType } from "@trpc/server";
import type { Call } from "./call.ts";

/**
 * What `callTRPCProcedure` is given. Each middleware copies all own fields for the next one, which is most of what an empty
 * procedure costs; so the router, which none of them needs, is not an own one.
 */
export class ProcedureCall {
  readonly #router: AnyTRPCRouter;
  readonly path: string;
  readonly type: TRPCProcedureType;
  readonly getRawInput: () => Promise<unknown>;
  readonly ctx: unknown;
  readonly signal: AbortSignal;
  readonly batchIndex: number;

  constructor(
    router: AnyTRPCRouter,
    { path, type, input }: Call,
    ctx: unknown,
    signal: AbortSignal,
    batchIndex: number,
  ) {
    this.#router = router;
    this.path = path;
    this.type = type;
    this.getRawInput = () => Promise.resolve(input);
    this.ctx = ctx;
    this.signal = signal;
    this.batchIndex = batchIndex;
  }

  get router(): AnyTRPCRouter {
    return this.#router;
  }
}
