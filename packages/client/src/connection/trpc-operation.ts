import { isRetryable } from "@shoal/contract";
import { type Operation, type OperationResultObserver, TRPCClientError } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { Backoff } from "../backoff.ts";
import type { Connection, ConnectionState } from "../connection.ts";
import type { Codec } from "../transformer.ts";
import type { CallHandlers, CallRequest, Failure } from "./call.ts";
import type { Caller } from "./shared-caller.ts";

type Observer = OperationResultObserver<AnyTRPCRouter, unknown>;
type Result = Parameters<NonNullable<Observer["next"]>>[0]["result"];

/** What operations go over. */
export interface Way {
  readonly call: Caller;
  readonly connection: Connection;
  readonly codec: Codec;
}

/** One operation of a tRPC client. */
export class TrpcOperation implements CallHandlers {
  readonly #way: Way;
  readonly #operation: Operation;
  readonly #observer: Observer;
  readonly #request: CallRequest;
  readonly #backoff = new Backoff();
  readonly #ends: (() => void)[] = [];
  #lastEventId: string | undefined;
  #stop: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(way: Way, operation: Operation, observer: Observer) {
    const { type, path, input } = operation;
    this.#way = way;
    this.#operation = operation;
    this.#observer = observer;
    this.#request = {
      type,
      path,
      codec: way.codec,
      input: () => withLastEventId(input, this.#lastEventId),
      resumable: () => this.#lastEventId !== undefined,
    };
  }

  begin(): void {
    const { signal } = this.#operation;
    const abort = () => this.#observer.complete();
    signal?.addEventListener("abort", abort);
    this.#ends.push(() => signal?.removeEventListener("abort", abort));
    if (signal?.aborted) {
      abort();
      return;
    }
    if (this.#request.type === "subscription") {
      const { connection } = this.#way;
      const tell = () => this.#tell(stateOf(connection.current));
      this.#ends.push(connection.subscribe(tell));
      tell();
    }
    this.#call();
  }

  end(): void {
    for (const end of this.#ends) end();
    clearTimeout(this.#timer);
    this.#stop?.();
  }

  started(): void {
    this.#tell({ type: "started" });
  }

  data(data: unknown, id: string | undefined): void {
    this.#backoff.reset();
    if (id === undefined) this.#tell({ type: "data", data });
    else {
      this.#lastEventId = id;
      this.#tell({ type: "data", data, id });
    }
  }

  ended(failure: Failure | undefined): void {
    const isSubscription = this.#request.type === "subscription";
    if (!failure) {
      if (isSubscription) this.#tell({ type: "stopped" });
      this.#observer.complete();
    } else if (!isSubscription || failure.shape || !isRetryable(failure.error.code)) {
      this.#observer.error(toClientError(failure));
    } else if (failure.lost) this.#call();
    else this.#timer = setTimeout(() => this.#call(), this.#backoff.next());
  }

  #call(): void {
    try {
      this.#stop = this.#way.call(this.#request, this);
    } catch (error) {
      this.#observer.error(TRPCClientError.from(error as Error));
    }
  }

  #tell(result: Result): void {
    this.#observer.next({ result, context: this.#operation.context });
  }
}

/** As servers of tRPC take it: among the fields of an object, or instead of nothing. */
function withLastEventId(input: unknown, lastEventId: string | undefined): unknown {
  if (lastEventId === undefined) return input;
  if (input === undefined || input === null) return { lastEventId };
  return typeof input === "object" && !Array.isArray(input) ? { ...input, lastEventId } : input;
}

function toClientError({ error, shape }: Failure): TRPCClientError<AnyTRPCRouter> {
  return shape ? TRPCClientError.from({ error: shape }, { cause: error }) : TRPCClientError.from(error);
}

/** The connection in tRPC's words. */
function stateOf({ status, error }: ConnectionState): Result {
  switch (status) {
    case "open":
      return { type: "state", state: "pending", error: null };
    case "connecting":
    case "reconnecting":
      return { type: "state", state: "connecting", error: error ? TRPCClientError.from(error) : null };
    default:
      return { type: "state", state: "idle", error: null };
  }
}
