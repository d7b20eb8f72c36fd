import type { AnyTRPCProcedure, AnyTRPCRouter } from "@trpc/server";
import { attach, type Watch } from "../../channel/watch.ts";

/** What tRPC calls a procedure with, as far as it is looked into here. */
export interface ProcedureCall {
  readonly path: string;
  readonly ctx: unknown;
  readonly signal: AbortSignal | undefined;
}

/** Who takes the `watch` that a subscription returns. */
export interface Withholder {
  /** Aborted when the subscription is over. */
  readonly controller: AbortController;
  take(watch: Watch, call: ProcedureCall): void;
}

type Invoke = (call: ProcedureCall) => Promise<unknown>;

/**
 * The router, but for what its subscriptions return: when it is a `watch`, that is taken by the withholder, and tRPC gets a stream of
 * nothing. So tRPC's own code does all that comes before, and each procedure is called once.
 */
export function withholdWatch({ _def }: AnyTRPCRouter, withholder: Withholder): AnyTRPCRouter {
  const procedures = new Proxy(_def.procedures, {
    get(target, path) {
      const procedure: AnyTRPCProcedure | undefined = Reflect.get(target, path);
      return procedure?._def.type === "subscription" ? withheld(procedure, withholder) : procedure;
    },
  });
  return { _def: { ..._def, procedures } } as AnyTRPCRouter;
}

function withheld(procedure: AnyTRPCProcedure, withholder: Withholder): AnyTRPCProcedure {
  const invoke = procedure as unknown as Invoke;
  const { controller } = withholder;
  const call: Invoke = async (given) => {
    const { signal } = given;
    const abort = (): void => controller.abort(signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort);
    const result = await invoke({ ...given, signal: controller.signal });
    if (!isWatch(result)) return result;
    // From here on tRPC's own stream, and its signal with it, has nothing to do with the subscription.
    signal?.removeEventListener("abort", abort);
    withholder.take(result, given);
    return nothing;
  };
  return Object.assign(call, procedure) as unknown as AnyTRPCProcedure;
}

const nothing: AsyncIterable<never> = {
  async *[Symbol.asyncIterator]() {},
};

function isWatch(value: unknown): value is Watch {
  return typeof value === "object" && value !== null && attach in value;
}
