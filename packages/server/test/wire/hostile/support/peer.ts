import { once } from "node:events";
import { inTime, Recorder } from "../../../support/recorder.ts";
import { dial } from "./dial.ts";
import { opcode, type ReceivedFrame, takeFrames, wireFrame } from "./wire-frame.ts";

export const handshake = [
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
] as const;

/** A WebSocket that is a TCP connection after a handshake: it sends whatever bytes it likes, and Ann is behind it. */
export async function openPeer(port: number, query = "") {
  const socket = await dial(port);
  const frames = new Recorder<ReceivedFrame>();
  const texts = new Recorder<string>();
  const closes = new Recorder<number>();
  let rest: Buffer = Buffer.alloc(0);
  const upgraded = new Promise<void>((resolve) => {
    socket.on("data", (chunk: Buffer) => {
      const received = Buffer.concat([rest, chunk]);
      const end = received.indexOf("\r\n\r\n");
      if (received.subarray(0, 5).equals(Buffer.from("HTTP/")) && end >= 0) {
        rest = received.subarray(end + 4);
        resolve();
      } else {
        const taken = takeFrames(received);
        rest = taken.rest;
        for (const frame of taken.frames) {
          frames.push(frame);
          if (frame.code === opcode.text) texts.push(frame.payload.toString());
          if (frame.code === opcode.close) closes.push(frame.payload.length < 2 ? 1005 : frame.payload.readUInt16BE());
        }
      }
    });
  });
  const ended = new Promise<"ended">((resolve) => {
    socket.once("end", () => resolve("ended"));
    socket.once("close", () => resolve("ended"));
  });
  socket.write(
    [`GET /trpc${query} HTTP/1.1`, "Host: localhost", "Authorization: Bearer ann", ...handshake, "", ""].join("\r\n"),
  );
  await inTime(upgraded, "the handshake");
  const peer = {
    socket,
    frames,
    texts,
    /** The status codes of the close frames that the server sent. */
    closes,
    write: (...bytes: readonly Buffer[]) => socket.write(Buffer.concat(bytes)),
    say: (...said: readonly string[]) => peer.write(...said.map((text) => wireFrame(opcode.text, text))),
    /** The answers under an id, from now on at the latest. */
    answer: (id: number | string) => texts.first((text) => text.startsWith(`{"id":${JSON.stringify(id)},`)),
    /** Waits until so many texts are as wanted. Each is looked at once, so that it may be of thousands. */
    async until(wanted: (text: string) => boolean, count: number): Promise<void> {
      let looked = 0;
      let found = 0;
      await texts.until((items) => {
        for (; looked < items.length; looked += 1) if (wanted(items[looked] ?? "")) found += 1;
        return found >= count;
      });
      if (found > count) throw new Error(`${found} of them came, more than ${count}`);
    },
    /** The server has ended the connection, or its own half of it. */
    ended: () => inTime(ended, "the server to end the connection"),
    /** The status code with which the server closes. */
    closed: async (): Promise<number> => (await closes.count(1))[0] ?? 0,
    /** Whether the server goes on with this connection: it answers. */
    async goesOn(): Promise<void> {
      peer.write(wireFrame(opcode.ping, "still?"));
      await frames.first(({ code, payload }) => code === opcode.pong && payload.toString() === "still?");
    },
    /** Reads nothing more, until it is told to. */
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    /** All that was written has been taken by the server's machine. */
    async drained(): Promise<void> {
      if (socket.writableNeedDrain) await inTime(once(socket, "drain"), "the server to read");
    },
    [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose](),
  };
  return peer;
}

export type Peer = Awaited<ReturnType<typeof openPeer>>;

/** A request of tRPC's protocol, with the input as superjson writes it or as JSON text. */
export function request(id: unknown, method: string, path: string, json = "null", meta = "null"): string {
  const input = `{"json":${json},"meta":${meta}}`;
  return `{"id":${JSON.stringify(id)},"method":"${method}","params":{"path":"realtime.${path}","input":${input}}}`;
}
