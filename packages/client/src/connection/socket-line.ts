import { ShoalError } from "@shoal/contract";
import { answeredError } from "../errors.ts";
import type { Codec } from "../transformer.ts";
import type { WebSocketConstructor, WebSocketLike } from "../web-socket.ts";
import type { HttpAside } from "./http-aside.ts";
import type { Line, LineCall, LineEvents } from "./line.ts";
import { lossOf } from "./loss.ts";
import { outage } from "./machine.ts";

/** The code by which a server closes that was sent too large a message. */
const tooLarge = 1009;

export interface SocketLineOptions {
  /** `ws://…` or `wss://…`. */
  readonly url: string;
  /** The token to begin with; undefined where the client has none to give. */
  readonly token: string | null | undefined;
  readonly codec: Codec;
  /** How many characters of requests travel in one message, unless it is a single one. */
  readonly batchLimit: number;
  readonly WebSocket: WebSocketConstructor;
  /** Where its large queries go; undefined where there is no `fetch`. */
  readonly apart: HttpAside | undefined;
}

interface Message {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly error?: unknown;
  readonly result?: { readonly type?: string; readonly id?: string; readonly data?: unknown };
}

/** A request whose id is in use. */
interface Pending {
  readonly type: LineCall["type"];
  /** How many characters were sent. */
  readonly size: number;
  /** Undefined once nobody waits for it any more. */
  call: LineCall | undefined;
  started: boolean;
}

/** Browsers do not tell scripts why. */
const notOpened =
  "The WebSocket did not open: the server cannot be reached, or refuses this page. Look at the client's `url` and the server's `origins`.";

/** A line over one WebSocket, in tRPC's protocol. */
export class SocketLine implements Line {
  heardAt = performance.now();
  readonly apart: HttpAside | undefined;
  readonly #options: SocketLineOptions;
  readonly #events: LineEvents;
  readonly #socket: WebSocketLike;
  readonly #pending = new Map<number, Pending>();
  /** Below it every id is in use. */
  #lowestId = 1;
  #outbox: string[] = [];
  #wasOpen = false;
  #answered = false;
  /** What the server told of the connection as a whole, if that was the last that it told. */
  #told: ShoalError | undefined;
  #over = false;

  constructor(options: SocketLineOptions, events: LineEvents) {
    const { url, token, WebSocket } = options;
    this.#options = options;
    this.#events = events;
    this.apart = options.apart;
    this.#socket = new WebSocket(token === undefined ? url : withParams(url));
    const listen = (type: "open" | "message" | "close" | "error", listener: (event: never) => void) =>
      this.#socket.addEventListener(type, listener as never);
    listen("open", () => this.#opened());
    listen("message", ({ data }: { readonly data: unknown }) => this.#receive(data));
    listen("close", ({ code }: { readonly code?: number }) => this.#lose(code));
    // Sockets of the package `ws` would throw it otherwise. The close that follows says as much.
    listen("error", () => {});
  }

  send(call: LineCall): () => void {
    const wanted = call.prepare();
    if (!wanted) return () => {};
    const { type, path } = call;
    const id = this.#takeId();
    const input = wanted.input === undefined ? "" : `,"input":${wanted.input}`;
    const message = `{"id":${id},"method":"${type}","params":{"path":${JSON.stringify(path)}${input}}}`;
    const pending: Pending = { type, size: message.length, call, started: false };
    this.#pending.set(id, pending);
    this.#post(message);
    return () => {
      if (!pending.call) return;
      pending.call = undefined;
      if (type === "subscription") this.#postStop(id);
    };
  }

  ping(): void {
    if (!this.#over) this.#socket.send("PING");
  }

  authenticate(token: string | null): void {
    if (this.#over) return;
    this.#socket.send(JSON.stringify({ method: "connectionParams", data: token && { token } }));
    this.apart?.authenticate(token);
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#pending.clear();
    this.#socket.close();
  }

  #opened(): void {
    if (this.#over) return;
    this.#wasOpen = true;
    this.heardAt = performance.now();
    if (this.#options.token !== undefined) this.authenticate(this.#options.token);
    this.#events.opened();
  }

  #lose(code: number | undefined): void {
    if (this.#over) return;
    if (code === tooLarge) this.#refuseLargest();
    this.close();
    this.#events.lost(this.#wasOpen ? lossOf({ code, told: this.#told, answered: this.#answered }) : outage(notOpened));
  }

  /** Sent again, it would end the next connection, too. */
  #refuseLargest(): void {
    const [largest] = [...this.#pending.values()].filter(({ started }) => !started).sort((a, b) => b.size - a.size);
    const message = "The server takes less than the client's `maxPayload`. Give the client that of the server.";
    largest?.call?.broke(new ShoalError("PAYLOAD_TOO_LARGE", message), false);
  }

  #receive(data: unknown): void {
    if (this.#over) return;
    this.heardAt = performance.now();
    if (data === "PONG") this.#events.pong();
    else if (data === "PING") this.#socket.send("PONG");
    else this.#read(data);
  }

  #read(data: unknown): void {
    const message = parse(data);
    if (!message) {
      this.close();
      this.#events.lost(
        outage("What the server sent is not of tRPC's protocol. Is something between that changes it?"),
      );
    } else if (typeof message.id === "number") {
      this.#told = undefined;
      this.#answer(message.id, message);
    } else if (message.method === "reconnect") this.#events.reconnect();
    else if (message.method === "refresh") this.#events.refresh();
    else if ("error" in message) this.#tell(message.error);
  }

  /** Before it has answered anything, a server that tells of an error refuses the connection, and with it each request. */
  #tell(shape: unknown): void {
    this.#told = answeredError(this.#options.codec.decode(shape));
    if (!this.#answered) this.#lose(undefined);
  }

  #answer(id: number, message: Message): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    const { call, type } = pending;
    const { result } = message;
    if (!result) {
      pending.call = undefined;
      // What had started is told that it has stopped, too.
      if (type !== "subscription" || !pending.started) this.#free(id);
      call?.failed(message.error);
      return;
    }
    if (!this.#answered) {
      this.#answered = true;
      this.#events.answered();
    }
    if (result.type === "started") {
      pending.started = true;
      // A server that had not started it yet may have passed over the first one.
      if (call) call.started();
      else this.#postStop(id);
    } else if (result.type === "stopped") {
      pending.call = undefined;
      this.#free(id);
      call?.stopped();
    } else {
      if (type !== "subscription") this.#free(id);
      call?.data(result.data, result.id, false);
    }
  }

  #takeId(): number {
    while (this.#pending.has(this.#lowestId)) this.#lowestId += 1;
    return this.#lowestId;
  }

  #free(id: number): void {
    this.#pending.delete(id);
    this.#lowestId = Math.min(this.#lowestId, id);
  }

  #postStop(id: number): void {
    this.#post(`{"id":${id},"method":"subscription.stop"}`);
  }

  /** What is asked in one go leaves in one message, that which is asked a step later by those who were called in it, too. */
  #post(message: string): void {
    if (this.#outbox.push(message) === 1) queueMicrotask(() => queueMicrotask(() => this.#flush()));
  }

  #flush(): void {
    const waiting = this.#outbox;
    this.#outbox = [];
    if (this.#over) return;
    let batch: string[] = [];
    let size = 0;
    for (const message of waiting) {
      if (size + message.length > this.#options.batchLimit) {
        this.#ship(batch);
        batch = [];
        size = 0;
      }
      batch.push(message);
      size += message.length;
    }
    this.#ship(batch);
  }

  #ship(batch: readonly string[]): void {
    const [first] = batch;
    if (first !== undefined) this.#socket.send(batch.length === 1 ? first : `[${batch.join(",")}]`);
  }
}

function withParams(url: string): string {
  return `${url}${url.includes("?") ? "&" : "?"}connectionParams=1`;
}

function parse(data: unknown): Message | undefined {
  try {
    const message: unknown = JSON.parse(data as string);
    return typeof message === "object" && message !== null ? message : undefined;
  } catch {
    return undefined;
  }
}
