import { getTRPCErrorFromUnknown, getTRPCErrorShape, type TRPCErrorShape } from "@trpc/server";
import type { NodeHTTPRequest } from "@trpc/server/adapters/node-http";
import type { TRPCRequestInfo } from "@trpc/server/http";
import type { Watch } from "../../channel/watch.ts";
import type { Handling } from "./handling.ts";
import type { ProcedureCall, Withholder } from "./withhold-watch.ts";

/** The call of a subscription, and the `watch` that it returned. */
export class SubscriptionCall implements Withholder {
  /** Aborted when the subscription is over before the watch is. */
  readonly controller = new AbortController();
  watch: Watch | undefined;
  readonly #handling: Handling;
  readonly #req: NodeHTTPRequest;
  /** What tRPC made of the request, which is let go when the watch is there. */
  #info: TRPCRequestInfo | undefined;
  #path: string | undefined;
  #input: unknown;
  #ctx: unknown;

  constructor(handling: Handling, req: NodeHTTPRequest) {
    this.#handling = handling;
    this.#req = req;
  }

  understood(info: TRPCRequestInfo): void {
    this.#info = info;
  }

  take(watch: Watch, { path, ctx }: ProcedureCall): void {
    this.watch = watch;
    this.#path = path;
    this.#input = this.#info?.calls[0]?.result();
    this.#ctx = ctx;
    this.#info = undefined;
  }

  /** Tells `onError` what the watch ended with, and says what the client is told. */
  report(cause: unknown): TRPCErrorShape {
    const { router, onError } = this.#handling.options;
    const fault = {
      error: getTRPCErrorFromUnknown(cause),
      type: "subscription",
      path: this.#path,
      input: this.#input,
      ctx: this.#ctx,
    } as const;
    onError?.({ ...fault, req: this.#req });
    return getTRPCErrorShape({ config: router._def._config, ...fault });
  }
}
