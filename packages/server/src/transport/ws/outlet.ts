import type { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { Message } from "./message.ts";
import { joinedUpTo, Scratch } from "./scratch.ts";

/** Where the bytes of one client go. */
export interface Outlet {
  /** How many bytes wait in this process, because the client did not take them yet. */
  readonly buffered: number;
  write(messages: readonly Message[]): void;
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

const scratch = new Scratch();

class SocketOutlet implements Outlet {
  readonly #socket: Socket;
  /** Whether the last write was done at once. After one that was not, such as any to a TLS socket, the next is of a buffer of its own. */
  #prompt = true;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get buffered(): number {
    return this.#socket.writableLength;
  }

  write(messages: readonly Message[]): void {
    const socket = this.#socket;
    const joined = this.#prompt ? scratch.join(messages) : undefined;
    if (joined) socket.write(joined);
    else writeAll(socket, buffersOf(messages));
    this.#prompt = socket.writableLength === 0;
    if (joined && !this.#prompt) scratch.leave();
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

  write(messages: readonly Message[]): void {
    for (const { payload } of messages) this.#client.send(payload);
  }

  /** A ping waits behind all messages, also behind those that are being compressed. */
  onceDrained(run: () => void): void {
    this.#client.ping(undefined, undefined, () => run());
  }
}

/** The frames of all messages, to be written in this order and with nothing in between: in one buffer, unless it were a large one. */
function buffersOf(messages: readonly Message[]): readonly Buffer[] {
  let length = 0;
  for (const { frameLength } of messages) length += frameLength;
  if (length > joinedUpTo) return messages.flatMap(({ parts }) => parts);
  const buffer = Buffer.allocUnsafe(length);
  let end = 0;
  for (const message of messages) end = message.writeFrame(buffer, end);
  return [buffer];
}

function writeAll(socket: Socket, buffers: readonly Buffer[]): void {
  socket.cork();
  for (const buffer of buffers) socket.write(buffer);
  socket.uncork();
}
