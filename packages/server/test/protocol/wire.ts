import { once } from "node:events";
import { WebSocket } from "ws";
import type { App } from "./app.ts";

/** A message of tRPC's protocol, as far as these tests look into it. */
interface Message {
  readonly result?: { readonly id?: string; readonly data?: unknown };
}

interface Tracked {
  readonly id: string;
  readonly data: { readonly kind: string };
}

/** A WebSocket without any client on it: what it received, and a way to send what one likes. */
export class Wire {
  readonly texts: string[] = [];
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => this.texts.push(String(data)));
  }

  /** @param query - `?connectionParams=1` for who is going to send some */
  static async open({ port }: App, query = ""): Promise<Wire> {
    const socket = new WebSocket(`ws://localhost:${port}/trpc${query}`);
    const wire = new Wire(socket);
    await once(socket, "open");
    return wire;
  }

  send(message: unknown): void {
    this.sendText(JSON.stringify(message));
  }

  sendText(text: string): void {
    this.#socket.send(text);
  }

  get messages(): readonly Message[] {
    return this.texts.filter((text) => text.startsWith("{")).map((text) => JSON.parse(text));
  }

  /** The frames of all its subscriptions, each with its position. */
  get frames(): readonly Tracked[] {
    return this.messages.flatMap(({ result }) => (result?.id === undefined ? [] : [result.data as Tracked]));
  }

  /** The code by which the server closes it. */
  async closed(): Promise<number> {
    const [code] = await once(this.#socket, "close");
    return code;
  }

  [Symbol.dispose](): void {
    this.#socket.terminate();
  }
}
