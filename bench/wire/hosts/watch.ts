import { createServer } from "node:http";
import { serve } from "@shoal/server";
import { applyWSSHandler } from "@shoal/server/ws";
import { WebSocketServer } from "ws";
import { serveFeed } from "../feed.ts";
import { type Host, listen } from "./host.ts";

export async function shoalHost(): Promise<Host> {
  const { publish, ...options } = serveFeed();
  const server = createServer();
  // One client calls as often as a thousand would.
  applyWSSHandler({ wss: new WebSocketServer({ server }), ...options, maxMessagesPerSecond: 0 });
  return { server: await listen(server), publish };
}

export async function shoalSseHost(): Promise<Host> {
  const { publish, ...options } = serveFeed();
  const { server } = await serve({ ...options, port: 0, host: "127.0.0.1" });
  return { server, publish };
}
