import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { Store } from "../../../src/store.ts";
import { until } from "../../support/until.ts";

/** A message of tRPC's protocol, as far as tests look into it. */
export interface Asked {
  readonly id?: number;
  readonly method: string;
  readonly data?: unknown;
  readonly params?: { readonly path: string; readonly input?: unknown };
}

/** The server's end of one socket: it says what a test tells it to, and nothing by itself. */
export class RawSocket {
  /** The messages that came, as they came. */
  readonly texts = new Store<readonly string[]>([]);
  readonly closed = new Store(false);
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => this.texts.set([...this.texts.current, String(data)]));
    socket.on("close", () => this.closed.set(true));
  }

  /** All that was asked, in order, whatever messages it came in. */
  get asked(): readonly Asked[] {
    return this.texts.current.filter((text) => /^[[{]/.test(text)).flatMap((text) => JSON.parse(text));
  }

  /** Waits until this was asked, and returns it. */
  async hears(wanted: (asked: Asked) => boolean): Promise<Asked> {
    await until(this.texts, () => this.asked.some(wanted));
    return this.asked.findLast(wanted) as Asked;
  }

  send(message: unknown): void {
    this.#socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  answer(id: number | undefined, data: unknown): void {
    this.send({ id, result: { type: "data", data } });
  }

  /** Waits until the client has received all that it was sent. */
  async heard(): Promise<void> {
    const pongs = () => this.texts.current.filter((text) => text === "PONG").length;
    const before = pongs();
    this.send("PING");
    await until(this.texts, () => pongs() > before);
  }

  close(code?: number): void {
    this.#socket.close(code);
  }
}

/** A WebSocket server that speaks tRPC's protocol by hand. */
export async function startRawServer() {
  const wss = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(wss, "listening");
  const sockets = new Store<readonly RawSocket[]>([]);
  wss.on("connection", (socket) => sockets.set([...sockets.current, new RawSocket(socket)]));
  return {
    url: `http://127.0.0.1:${(wss.address() as AddressInfo).port}/trpc`,
    /** Waits for the connection of that number, the first one is 1. */
    async socket(number: number): Promise<RawSocket> {
      return (await until(sockets, (all) => all.length >= number))[number - 1] as RawSocket;
    },
    get count() {
      return sockets.current.length;
    },
    async [Symbol.asyncDispose]() {
      for (const client of wss.clients) client.terminate();
      await new Promise((resolve) => wss.close(resolve));
    },
  };
}

export type RawServer = Awaited<ReturnType<typeof startRawServer>>;
