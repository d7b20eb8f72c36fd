import type { WebSocket } from "ws";
import { Sweeper } from "../sweeper.ts";
import { Silence } from "./silence.ts";

const sweepers = new Map<string, Sweeper>();

/**
 * Sends the text `PING` to a client that is silent for `pingMs` milliseconds, and terminates it when it is silent for
 * `pongWaitMs` more. Stock clients of tRPC answer with the text `PONG`.
 */
export function handleKeepAlive(client: WebSocket, pingMs = 30_000, pongWaitMs = 5_000): void {
  const sweeper = sweeperFor(pingMs, pongWaitMs);
  const silence = new Silence(sweeper, pingMs, pongWaitMs);
  const swept = {
    sweep(): void {
      const what = silence.step();
      if (what === "ping") client.send("PING");
      else if (what === "end") client.terminate();
    },
  };
  client.on("message", () => silence.heard());
  client.on("close", () => sweeper.delete(swept));
  sweeper.add(swept);
}

function sweeperFor(pingMs: number, pongWaitMs: number): Sweeper {
  const key = `${pingMs} ${pongWaitMs}`;
  const sweeper = sweepers.get(key) ?? new Sweeper(pingMs, pongWaitMs);
  sweepers.set(key, sweeper);
  return sweeper;
}
