import type { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { WebSocket } from "ws";
import { ClientWriter } from "./client-writer.ts";
import { FrameWriter } from "./frame-writer.ts";
import type { SocketWriter, WriterOptions } from "./socket-writer.ts";

/**
 * Frames as they are go to the socket by one write. What has to be compressed, and a client that is no plain connection of
 * `ws` over HTTP/1, is sent its messages one by one.
 */
export function writerOf(
  client: WebSocket,
  { socket, httpVersionMajor }: IncomingMessage,
  handling: WriterOptions,
): SocketWriter {
  const plain = client.extensions === "" && httpVersionMajor === 1 && socket instanceof Socket;
  return plain ? new FrameWriter(client, socket, handling) : new ClientWriter(client, handling);
}
