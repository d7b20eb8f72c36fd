import { createServer } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { type Event, eventMaker } from "../event.ts";
import { type Host, listen } from "./host.ts";

const encode = (event: Event): string => JSON.stringify({ type: "added", data: event });

/** What most write first: `send` for each client, which frames the text anew for each. */
export async function naiveHost(): Promise<Host> {
  const server = createServer();
  const wss = new WebSocketServer({ server });
  const next = eventMaker();
  return {
    server: await listen(server),
    publish(events) {
      for (let turn = 0; turn < events; turn += 1) {
        const event = next();
        for (const client of wss.clients) client.send(encode(event));
      }
    },
  };
}

/** An event's frame is made once, and written to every socket. */
export const sharedHost = (): Promise<Host> => framesHost((frames) => frames);

/** The best that `ws` allows: the frames of one turn are written to every socket at once. */
export const joinedHost = (): Promise<Host> => framesHost((frames) => [Buffer.concat(frames)]);

async function framesHost(toWrites: (frames: readonly Buffer[]) => readonly Buffer[]): Promise<Host> {
  const server = createServer();
  const wss = new WebSocketServer({ server });
  const sockets = new Map<WebSocket, Duplex>();
  const kept: Buffer[] = [];
  const next = eventMaker();
  wss.on("connection", (client, { socket, url = "/" }) => {
    sockets.set(client, socket);
    client.on("close", () => sockets.delete(client));
    const after = new URL(url, "http://localhost").searchParams.get("after");
    if (after !== null) for (const frame of kept.slice(Number(after))) socket.write(frame);
  });
  return {
    server: await listen(server),
    publish(events) {
      const frames = Array.from({ length: events }, () => frameOf(encode(next())));
      kept.push(...frames);
      for (const write of toWrites(frames)) for (const socket of sockets.values()) socket.write(write);
    },
  };
}

/** A text frame of RFC 6455 with a payload of 126 to 65,535 bytes, unmasked and whole. */
export function frameOf(text: string): Buffer {
  const payload = Buffer.from(text);
  const head = Buffer.from([0x81, 126, 0, 0]);
  head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}
