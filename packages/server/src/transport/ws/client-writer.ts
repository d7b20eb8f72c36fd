import type { WebSocket } from "ws";
import type { Message } from "./message.ts";
import { SocketWriter, type WriterOptions } from "./socket-writer.ts";

/** Sends messages one by one through the methods of the client. */
export class ClientWriter extends SocketWriter {
  readonly #client: WebSocket;

  constructor(client: WebSocket, options: WriterOptions) {
    super(client, options);
    this.#client = client;
  }

  override get buffered(): number {
    return this.#client.bufferedAmount ?? 0;
  }

  protected override write(messages: readonly Message[]): number {
    let written = 0;
    for (const { payload, frameLength } of messages) {
      this.#client.send(payload);
      written += frameLength;
    }
    return written;
  }

  /** A ping waits behind all messages, also behind those that are being compressed. */
  protected override onceDrained(run: () => void): void {
    this.#client.ping(undefined, undefined, () => run());
  }
}
