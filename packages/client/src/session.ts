import { ShoalError } from "@shoal/contract";
import { createTRPCUntypedClient, createWSClient, TRPCClientError, type TRPCUntypedClient, wsLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { Backoff } from "./backoff.ts";
import { toShoalError, unanswered } from "./errors.ts";
import { timelySocket } from "./timely-socket.ts";
import type { Transformer } from "./transformer.ts";
import type { WebSocketConstructor } from "./web-socket.ts";

/** The longest silence of the server, and how long it then has to answer a ping, in milliseconds. */
const heartbeat = { enabled: true, intervalMs: 20_000, pongTimeoutMs: 10_000 };

/** How long a connection may take to open, in milliseconds. */
const openDeadline = 15_000;

/** Close codes by which a server refuses a user. */
const refusals: Readonly<Record<number, ShoalError>> = {
  4001: new ShoalError("UNAUTHORIZED", "The server closed the connection: nobody is signed in, or no longer."),
  4003: new ShoalError("FORBIDDEN", "The server closed the connection: this user may not connect."),
};

export interface SessionOptions {
  readonly url: string;
  readonly token: (() => string | null | Promise<string | null>) | undefined;
  readonly transformer: Transformer | undefined;
  readonly WebSocket: WebSocketConstructor | undefined;
}

export interface SessionEvents {
  opened(): void;
  /** The connection was lost, or could not be made. The next attempt follows by itself. */
  lost(error: ShoalError): void;
  /** The server wants nothing to do with this user. No attempt follows. */
  refused(error: ShoalError): void;
}

/** One WebSocket client of tRPC, from its first connection attempt to its last. */
export class Session {
  readonly trpc: TRPCUntypedClient<AnyTRPCRouter>;
  readonly #socket: ReturnType<typeof createWSClient>;
  readonly #options: SessionOptions;
  readonly #events: SessionEvents;
  readonly #backoff = new Backoff();
  #token: string | null = null;
  /** Whether the server has answered on the present connection. */
  #answered = false;
  #closed = false;

  constructor(options: SessionOptions, events: SessionEvents) {
    this.#options = options;
    this.#events = events;
    this.#socket = createWSClient({
      url: () => this.#prepare(),
      ...(options.token && { connectionParams: () => (this.#token === null ? null : { token: this.#token }) }),
      WebSocket: timelySocket(platformSocket(options.WebSocket), openDeadline) as unknown as typeof WebSocket,
      retryDelayMs: () => (this.#closed ? 0 : this.#backoff.next()),
      keepAlive: heartbeat,
      experimental_encoder: { encode: (data) => JSON.stringify(data), decode: (data) => this.#decode(String(data)) },
    });
    this.trpc = createTRPCUntypedClient<AnyTRPCRouter>({
      links: [wsLink({ client: this.#socket, transformer: options.transformer } as never)],
    });
    this.#socket.connectionState.subscribe({
      next: (state) => {
        if (state.state === "pending") this.#opened();
        else if (state.state === "connecting" && state.error) this.#lost(state.error);
      },
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const closed = this.#socket.close();
    // tRPC's client waits for a socket that is still connecting, which may take as long as it likes.
    const { connection } = this.#socket;
    if (connection?.state === "connecting") connection.ws.close();
    await closed;
  }

  /** The token is fetched before the socket opens, so that an open connection is one that can be used. */
  async #prepare(): Promise<string> {
    try {
      if (this.#options.token) this.#token = await this.#options.token();
    } catch (cause) {
      throw new ShoalError("SERVICE_UNAVAILABLE", "The client's option `token` threw. It will be asked again.", {
        cause,
      });
    }
    return this.#options.url;
  }

  #opened(): void {
    // An attempt that was under way when the session closed.
    if (this.#closed) {
      void this.#socket.close();
      return;
    }
    this.#answered = false;
    this.#events.opened();
  }

  #lost(error: Error): void {
    if (this.#closed) return;
    const refusal = refusals[closeCodeOf(error) ?? 0];
    // Where the server has answered before, the token may merely have expired: the next connection brings a fresh one.
    if (refusal && !this.#answered) this.#refused(refusal);
    else this.#events.lost(causeOf(error));
    this.#answered = false;
  }

  #refused(error: ShoalError): void {
    this.#closed = true;
    this.#events.refused(error);
  }

  /** tRPC passes over errors without a request's id; with them a server tells that it refuses the whole connection. */
  #decode(text: string): unknown {
    const message = JSON.parse(text);
    if ("result" in message) {
      this.#answered = true;
      this.#backoff.reset();
    } else if (message.id === null && "error" in message && !this.#closed) {
      const error = toShoalError(TRPCClientError.from({ error: this.#deserialize(message.error) }));
      if (error.code === "UNAUTHORIZED" || error.code === "FORBIDDEN") this.#refused(error);
    }
    return message;
  }

  #deserialize(value: unknown): unknown {
    const { transformer } = this.#options;
    if (!transformer) return value;
    return ("output" in transformer ? transformer.output : transformer).deserialize(value);
  }
}

function platformSocket(given: WebSocketConstructor | undefined): WebSocketConstructor {
  const found = given ?? globalThis.WebSocket;
  if (found) return found;
  throw new ShoalError("BAD_REQUEST", "There is no WebSocket here. Give the client one by its option `WebSocket`.");
}

function closeCodeOf(error: Error): number | undefined {
  for (const cause of causesOf(error)) {
    if (typeof cause === "object" && "code" in cause && typeof cause.code === "number") return cause.code;
  }
  return undefined;
}

function causeOf(error: Error): ShoalError {
  for (const cause of causesOf(error)) if (cause instanceof ShoalError) return cause;
  return unanswered(error);
}

function* causesOf(error: unknown): Iterable<object> {
  let cause = error;
  while (typeof cause === "object" && cause !== null) {
    yield cause;
    cause = "cause" in cause ? cause.cause : undefined;
  }
}
