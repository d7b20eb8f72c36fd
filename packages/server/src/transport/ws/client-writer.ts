import type { WebSocket } from "ws";
import type { Tick } from "../tick.ts";
import type { Message } from "./message.ts";
import { SocketWriter } from "./socket-writer.ts";

/** Sends messages one by one through the methods of the client. */
export class ClientWriter extends SocketWriter {
  readonly #client: WebSocket;

  constructor(client: WebSocket, tick: Tick, mark: number) {
    super(client, tick, mark);
    this.#client = client;
  }

  override get buffered(): number {
    return this.#client.bufferedAmount ?? 0;
  }

  protected override write(messages: readonly Message[]): void {
    for (const { payload } of messages) this.#client.send(payload);
  }

  /** A ping waits behind all messages, also behind those that are being compressed. */
  protected override onceDrained(run: () => void): void {
    this.#client.ping(undefined, undefined, () => run());
  }
}
