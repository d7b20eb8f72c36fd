import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { WebSocket } from "ws";
import { inTime, Recorder } from "../../support/recorder.ts";

/** A WebSocket that tells how many bytes came by it since it was open. */
export async function openCounting(url: string) {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const texts = new Recorder<string>();
  socket.on("message", (data) => texts.push(String(data)));
  const upgraded = once(socket, "upgrade") as Promise<[IncomingMessage]>;
  await inTime(once(socket, "open"), "the socket to open");
  const [{ socket: under }] = await upgraded;
  const before = (under as Socket).bytesRead;
  return {
    texts,
    bytes: () => (under as Socket).bytesRead - before,
    send: (data: object) => socket.send(JSON.stringify(data)),
    [Symbol.dispose]: () => socket.terminate(),
  };
}
