import type { IncomingMessage } from "node:http";
import { getTRPCErrorFromUnknown, type TRPCError } from "@trpc/server";
import { parseConnectionParamsFromUnknown, type TRPCRequestInfo } from "@trpc/server/http";
import type { WebSocket } from "ws";
import { isObject } from "./call.ts";
import type { Handling } from "./handling.ts";
import { malformed } from "./malformed.ts";

type CreateContext = NonNullable<Handling["createContext"]>;
type ConnectionParams = TRPCRequestInfo["connectionParams"];

/** Who is behind a connection: the application's context, made once, for all that is asked on it. */
export class ConnectionContext {
  /** What it is made of; forgotten once it is. */
  #source:
    | { readonly createContext: CreateContext; readonly client: WebSocket; readonly req: IncomingMessage }
    | undefined;
  #controller: AbortController | undefined;
  #aborted = false;
  #made: Promise<void> | undefined;
  #ready = false;
  #value: unknown;

  constructor(createContext: CreateContext | undefined, client: WebSocket, req: IncomingMessage) {
    if (createContext) this.#source = { createContext, client, req };
  }

  /** What was made, or `undefined` as long as it was not. */
  get value(): unknown {
    return this.#value;
  }

  /** Whether it waits for the message with the connection's params. */
  get isAwaited(): boolean {
    return this.#made === undefined && !this.#ready;
  }

  /** Whether {@link value} may be used. Otherwise {@link whenReady} tells. */
  get isReady(): boolean {
    return this.#ready;
  }

  /** @throws what the application's `createContext` threw */
  whenReady(): Promise<void> {
    return this.#made ?? Promise.resolve();
  }

  /**
   * Makes the context.
   *
   * @param params - gives the connection's params, or throws
   * @param failed - called once when it cannot be made
   */
  make(params: () => ConnectionParams, failed: (error: TRPCError) => void): void {
    this.#made = this.#make(params).catch((cause) => {
      const error = getTRPCErrorFromUnknown(cause);
      failed(error);
      throw error;
    });
    this.#made.then(
      () => {
        this.#made = undefined;
      },
      () => {},
    );
  }

  /** Tells whoever holds the signal of the context that the connection has ended. */
  abort(): void {
    this.#aborted = true;
    this.#controller?.abort();
  }

  async #make(params: () => ConnectionParams): Promise<void> {
    if (this.#source) {
      const { createContext, client, req } = this.#source;
      const signal = (): AbortSignal => this.#signal();
      const info: TRPCRequestInfo = {
        connectionParams: params(),
        calls: [],
        isBatchCall: false,
        accept: null,
        type: "unknown",
        url: null,
        get signal() {
          return signal();
        },
      };
      this.#value = await createContext({ req, res: client, info });
      this.#source = undefined;
    }
    this.#ready = true;
  }

  /** Most contexts do not ask for it, and it would be kept as long as the connection. */
  #signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#aborted) this.#controller.abort();
    return this.#controller.signal;
  }
}

/** Whether the client said in its URL that its first message brings the connection's params. */
export function bringsParams({ url = "" }: IncomingMessage): boolean {
  const query = url.indexOf("?");
  return query >= 0 && new URLSearchParams(url.slice(query)).get("connectionParams") === "1";
}

/** @throws {TRPCError} `PARSE_ERROR` when the message or its params are not what they must be */
export function readParams(decode: () => unknown): ConnectionParams {
  let data: unknown;
  try {
    const message = decode();
    if (!isObject(message)) throw new Error("Message was not an object");
    data = message.data;
  } catch (cause) {
    throw malformed("Malformed TRPCConnectionParamsMessage", cause);
  }
  return parseConnectionParamsFromUnknown(data);
}
