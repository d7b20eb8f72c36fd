import type { IncomingMessage } from "node:http";
import { getTRPCErrorFromUnknown, type TRPCError } from "@trpc/server";
import { parseConnectionParamsFromUnknown, type TRPCRequestInfo } from "@trpc/server/http";
import type { WebSocket } from "ws";
import type { Admission } from "./admission.ts";
import { isObject } from "./call.ts";
import type { ConnectionParams } from "./credentials.ts";
import type { Handling } from "./handling.ts";
import { malformed } from "./malformed.ts";

type CreateContext = NonNullable<Handling["createContext"]>;

/** Who is behind a connection: the application's context, made once for all that is asked on it, and again for other credentials. */
export class ConnectionContext {
  /** What it is made of; forgotten once it is, unless it may be made again. */
  #source:
    | { readonly createContext: CreateContext; readonly client: WebSocket; readonly req: IncomingMessage }
    | undefined;
  #controller: AbortController | undefined;
  readonly #admission: Admission | undefined;
  #aborted = false;
  #made: Promise<void> | undefined;
  #ready = false;
  #value: unknown;

  constructor(
    createContext: CreateContext | undefined,
    client: WebSocket,
    req: IncomingMessage,
    admission: Admission | undefined,
  ) {
    this.#admission = admission;
    if (createContext) this.#source = { createContext, client, req };
  }

  /** What was made last, or `undefined` as long as it was not. */
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
    this.#made = this.#makeFirst(params).catch((cause) => {
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

  /**
   * Makes another one of other params, which takes its place where it is the same user's.
   *
   * @returns whether it is
   * @throws what the application's `createContext` threw, or why the user may not go on with it
   */
  async remake(params: ConnectionParams): Promise<boolean> {
    const value = await this.#make(() => params);
    if (!(await this.#admission?.renew(value))) return false;
    this.#value = value;
    return true;
  }

  async #makeFirst(params: () => ConnectionParams): Promise<void> {
    this.#value = await this.#make(params);
    if (this.#admission) await this.#admission.admit(this.#value);
    if (!this.#admission?.isRenewable) this.#source = undefined;
    this.#ready = true;
  }

  async #make(params: () => ConnectionParams): Promise<unknown> {
    if (!this.#source) return undefined;
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
    return await createContext({ req, res: client, info });
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
