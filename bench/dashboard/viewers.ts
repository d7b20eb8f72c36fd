import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import { answer } from "../support/worker.ts";
import { mark, markOf } from "./measured.ts";

/** So many connect at a time. */
const wave = 50;

/** What is under way must arrive within this time, in milliseconds. */
const patienceMs = 120_000;

const [, , name, port] = process.argv;

/** What is in a message that tells values, and in no other one. */
const values = name === "shoal" ? '"latest":' : `"${mark}":`;
const request = {
  id: 1,
  method: "subscription",
  params: { path: "realtime.board.watch", input: { audience: "live" } },
};

interface Viewer {
  /** The last message that told of an update. */
  last: Buffer;
}

const viewers: Viewer[] = [];
let bytes = 0;

/** Watches; whoever is sent something at the beginning has that before it is resolved. */
function open(): Promise<void> {
  return new Promise((resolve, reject) => {
    const viewer: Viewer = { last: Buffer.alloc(0) };
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    viewers.push(viewer);
    socket.on("error", reject);
    socket.on("close", (code) => reject(new Error(`a viewer was closed with ${code}`)));
    socket.on("message", (data: Buffer) => {
      bytes += data.length;
      if (data.includes(values)) viewer.last = data;
      if (data.includes('"kind":"snapshot"')) resolve();
      else if (data.includes('"error":')) reject(new Error(`a viewer was refused: ${data}`));
    });
    socket.on("open", () => {
      if (name === "shoal") socket.send(JSON.stringify(request));
      else resolve();
    });
  });
}

answer({
  async open(count: number) {
    while (viewers.length < count)
      await Promise.all(Array.from({ length: Math.min(wave, count - viewers.length) }, open));
  },
  /** How many bytes came since it was last asked. */
  takeBytes() {
    const came = bytes;
    bytes = 0;
    return came;
  },
  /** Resolves when all have heard of an update. */
  async reach(update: number) {
    const marks = markOf(update);
    const isThere = ({ last }: Viewer) => marks.some((mark) => last.includes(mark));
    for (let waited = 0; !viewers.every(isThere); waited += 5) {
      if (waited > patienceMs) throw new Error(`${viewers.filter(isThere).length} of ${viewers.length} heard of it`);
      await delay(5);
    }
  },
});
