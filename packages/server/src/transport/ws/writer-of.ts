import type { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { Tick } from "../tick.ts";
import { ClientWriter } from "./client-writer.ts";
import { FrameWriter } from "./frame-writer.ts";
import type { SocketWriter } from "./socket-writer.ts";

/**
 * Frames as they are go to the socket by one write. What has to be compressed, and a client that is no plain connection of
 * `ws` over HTTP/1, is sent its messages one by one.
 *
 * @param mark - in bytes
 */
export function writerOf(
  client: WebSocket,
  { socket, httpVersionMajor }: IncomingMessage,
  tick: Tick,
  mark: number,
): SocketWriter {
  const plain = client.extensions === "" && httpVersionMajor === 1 && socket instanceof Socket;
  return plain ? new FrameWriter(client, socket, tick, mark) : new ClientWriter(client, tick, mark);
}
