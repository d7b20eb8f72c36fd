import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { applyWSSHandler, serverLimits } from "@shoal/server/ws";
import { WebSocketServer } from "ws";
import { answer } from "../../../support/asked-process.ts";
import { turn } from "../../../support/recorder.ts";
import { createWalls, type WallName } from "./walls.ts";

export interface Hanging {
  readonly wall: WallName;
  /** The numbers of the first and the last poster. */
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
  readonly places: number;
}

const { router, topics } = createWalls();
const server = createServer();
applyWSSHandler({
  wss: new WebSocketServer({ server, path: "/trpc", ...serverLimits }),
  router,
  createContext: () => ({}),
  // On a machine that is busy nobody is to be closed for it.
  slowMs: 600_000,
});

answer({
  async start() {
    await once(server.listen(0, "127.0.0.1"), "listening");
    return (server.address() as AddressInfo).port;
  },
  /** Hangs posters one by one, each of so many bytes. */
  async hang({ wall, from, to, bytes, places }: Hanging) {
    for (let n = from; n <= to; n += 1) {
      await topics[wall].send.hang({ place: `place ${n % places}`, n, text: `${n} `.padEnd(bytes, "x") });
      await turn();
    }
  },
  state: (wall: WallName) => topics[wall].state(),
  /** What is held in memory, without garbage, in bytes. */
  async held() {
    for (let times = 0; times < 4; times += 1) {
      globalThis.gc?.();
      await turn();
    }
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  },
});
