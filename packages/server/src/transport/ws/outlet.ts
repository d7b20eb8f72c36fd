import type { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { Batch } from "../batch.ts";

/** Where the bytes of one client go. */
export interface Outlet {
  /** How many bytes wait in this process, because the client did not take them yet. */
  readonly buffered: number;
  write(batch: Batch): void;
  /** Calls once, when what is buffered now has left. */
  onceDrained(run: () => void): void;
}

/**
 * Frames as they are go to the socket by one write. What has to be compressed, and a client that is no plain connection of
 * `ws` over HTTP/1, is sent its messages one by one.
 */
export function outletOf(client: WebSocket, { socket, httpVersionMajor }: IncomingMessage): Outlet {
  const plain = client.extensions === "" && httpVersionMajor === 1 && socket instanceof Socket;
  return plain ? new SocketOutlet(socket) : new ClientOutlet(client);
}

class SocketOutlet implements Outlet {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get buffered(): number {
    return this.#socket.writableLength;
  }

  write({ buffers }: Batch): void {
    const socket = this.#socket;
    const [first] = buffers;
    if (buffers.length === 1) {
      socket.write(first as Buffer);
      return;
    }
    socket.cork();
    for (const buffer of buffers) socket.write(buffer);
    socket.uncork();
  }

  /** An empty write is done when all before it are; `drain` would tell of it only above the socket's own mark. */
  onceDrained(run: () => void): void {
    this.#socket.write("", () => run());
  }
}

class ClientOutlet implements Outlet {
  readonly #client: WebSocket;

  constructor(client: WebSocket) {
    this.#client = client;
  }

  get buffered(): number {
    return this.#client.bufferedAmount ?? 0;
  }

  write({ messages }: Batch): void {
    for (const { payload } of messages) this.#client.send(payload);
  }

  /** A ping waits behind all messages, also behind those that are being compressed. */
  onceDrained(run: () => void): void {
    this.#client.ping(undefined, undefined, () => run());
  }
}
