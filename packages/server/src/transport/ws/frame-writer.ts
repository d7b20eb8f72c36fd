import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { Message } from "./message.ts";
import { joinedUpTo, Scratch } from "./scratch.ts";
import { SocketWriter, type WriterOptions } from "./socket-writer.ts";

const scratch = new Scratch();

/** Writes the frames of a tick to the socket at once. */
export class FrameWriter extends SocketWriter {
  readonly #socket: Socket;
  /** Whether the last write was done at once. After one that was not, such as any to a TLS socket, the next is of a buffer of its own. */
  #prompt = true;

  constructor(client: WebSocket, socket: Socket, options: WriterOptions) {
    super(client, options);
    this.#socket = socket;
  }

  override get buffered(): number {
    return this.#socket.writableLength;
  }

  protected override write(messages: readonly Message[]): number {
    const socket = this.#socket;
    const joined = this.#prompt ? scratch.join(messages) : undefined;
    const written = joined ? writeOne(socket, joined) : writeAll(socket, buffersOf(messages));
    this.#prompt = socket.writableLength === 0;
    if (joined && !this.#prompt) scratch.leave();
    return written;
  }

  /** An empty write is done when all before it are; `drain` would tell of it only above the socket's own mark. */
  protected override onceDrained(run: () => void): void {
    this.#socket.write("", () => run());
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

function writeOne(socket: Socket, buffer: Buffer): number {
  socket.write(buffer);
  return buffer.length;
}

function writeAll(socket: Socket, buffers: readonly Buffer[]): number {
  let written = 0;
  socket.cork();
  for (const buffer of buffers) written += writeOne(socket, buffer);
  socket.uncork();
  return written;
}
