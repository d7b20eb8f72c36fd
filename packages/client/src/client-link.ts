import type { ShoalError } from "@shoal/contract";
import type { ServerConnection } from "./connection/server-connection.ts";
import { unanswered } from "./errors.ts";
import type { Link, SubscriptionHandlers, SubscriptionRequest } from "./link.ts";
import type { Codec } from "./transformer.ts";

/** The link that topics, commands and queries use. */
export class ClientLink implements Link {
  readonly connection: ServerConnection;
  readonly #codec: Codec;
  readonly #heard: (error: ShoalError) => void;

  /** @param heard - called with each error that ends a subscription or a mutation */
  constructor(connection: ServerConnection, codec: Codec, heard: (error: ShoalError) => void) {
    this.connection = connection;
    this.#codec = codec;
    this.#heard = heard;
  }

  subscribe(path: string, request: () => SubscriptionRequest, handlers: SubscriptionHandlers): () => void {
    const input = () => {
      const { input, lastEventId } = request();
      return lastEventId === undefined ? input : { ...input, lastEventId };
    };
    return this.connection.call(
      { type: "subscription", path, codec: this.#codec, input, resumable: () => true },
      {
        data: (tracked, id) => {
          if (id !== undefined) handlers.data(id, (tracked as { readonly data: unknown }).data);
        },
        ended: (failure) => {
          const { error, lost } = failure ?? { error: unanswered(undefined), lost: false };
          this.#heard(error);
          handlers.ended(error, lost);
        },
      },
    );
  }

  mutate(path: string, input: object, signal?: AbortSignal): Promise<unknown> {
    return this.#ask("mutation", path, input, signal);
  }

  query(path: string, input: object | undefined, signal?: AbortSignal, large?: boolean): Promise<unknown> {
    return this.#ask("query", path, input, signal, large);
  }

  retry(): void {
    this.connection.retry();
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  #ask(
    type: "mutation" | "query",
    path: string,
    input: unknown,
    signal: AbortSignal | undefined,
    large?: boolean,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const request = {
        type,
        path,
        large,
        codec: this.#codec,
        input: () => input,
        resumable: () => false,
      };
      const settle = () => signal?.removeEventListener("abort", abort);
      const stop = this.connection.call(request, {
        data: resolve,
        ended: (failure) => {
          settle();
          if (!failure) return;
          if (type === "mutation") this.#heard(failure.error);
          reject(failure.error);
        },
      });
      const abort = () => {
        settle();
        stop();
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", abort);
    });
  }
}
