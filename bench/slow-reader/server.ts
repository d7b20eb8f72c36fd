import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { applyWSSHandler } from "@shoal/server/ws";
import { WebSocketServer } from "ws";
import { answer } from "../support/worker.ts";
import { listen, portOf } from "../wire/hosts/host.ts";
import { serveWall } from "./wall.ts";

/** Events in a tick, and how long a tick is, in milliseconds. */
export interface Pace {
  readonly events: number;
  readonly tickMs: number;
  readonly ticks: number;
}

export interface Published {
  readonly offset: number;
  readonly seconds: number;
}

const { router, publish, sweep } = serveWall(process.argv[2] === "conflated");
const server = createServer();
applyWSSHandler({ wss: new WebSocketServer({ server, path: "/trpc" }), router, createContext: () => ({}) });
await listen(server);

answer({
  port: () => portOf(server),
  async publish({ events, tickMs, ticks }: Pace): Promise<Published> {
    const start = performance.now();
    let offset = 0;
    for (let tick = 1; tick <= ticks; tick += 1) {
      offset = await publish(events);
      await delay(Math.max(0, start + tick * tickMs - performance.now()));
    }
    return { offset, seconds: (performance.now() - start) / 1_000 };
  },
  /** Bytes of resident memory, with no garbage in it, and no more of the log than is kept. */
  async rss() {
    await sweep();
    for (let turn = 0; turn < 4; turn += 1) {
      globalThis.gc?.();
      await delay(100);
    }
    return process.memoryUsage.rss();
  },
});
