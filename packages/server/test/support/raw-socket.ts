import { once } from "node:events";
import { WebSocket } from "ws";
import type { StartedApp } from "./app.ts";
import { inTime, Recorder } from "./recorder.ts";

/** A WebSocket that says whatever it likes. */
export async function openRawSocket({ webSocketUrl }: Pick<StartedApp, "webSocketUrl">, token?: string) {
  const socket = new WebSocket(token ? `${webSocketUrl}?connectionParams=1` : webSocketUrl);
  const texts = new Recorder<string>();
  const pongs = new Recorder<"pong">();
  const closed = new Recorder<number>();
  socket.on("message", (data) => texts.push(String(data)));
  socket.on("pong", () => pongs.push("pong"));
  socket.on("close", (code) => closed.push(code));
  socket.on("error", () => {});
  await inTime(once(socket, "open"), "the socket to open");
  if (token) socket.send(JSON.stringify({ method: "connectionParams", data: { token } }));
  return {
    texts,
    pongs,
    closed,
    /** Reads nothing more, until it is told to. */
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    send: (data: string | Buffer) => socket.send(data),
    /** Sends a frame without any message in it. */
    control: (kind: "ping" | "pong") => socket[kind](),
    /** Asks for something by hand, with the input as superjson would write it or as JSON text. */
    ask: (id: number, method: string, path: string, json: string) =>
      socket.send(`{"id":${id},"method":"${method}","params":{"path":"${path}","input":{"json":${json}}}}`),
    answer: (id: number) => texts.first((text) => text.startsWith(`{"id":${id},`)),
    [Symbol.asyncDispose]: async () => socket.terminate(),
  };
}
