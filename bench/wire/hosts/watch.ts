import { createServer } from "node:http";
import { serve } from "@shoal/server";
import { applyWSSHandler as applyOurs } from "@shoal/server/ws";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { applyWSSHandler as applyTrpc } from "@trpc/server/adapters/ws";
import { WebSocketServer } from "ws";
import { serveFeed } from "../feed.ts";
import { type Host, listen } from "./host.ts";

export async function shoalHost(): Promise<Host> {
  const { publish, ...options } = serveFeed();
  const server = createServer();
  applyOurs({ wss: new WebSocketServer({ server }), ...options });
  return { server: await listen(server), publish };
}

/** The same router behind tRPC's own handler. */
export async function trpcHost(): Promise<Host> {
  const { publish, ...options } = serveFeed();
  const server = createServer();
  applyTrpc({ wss: new WebSocketServer({ server }), ...options });
  return { server: await listen(server), publish };
}

export async function shoalSseHost(): Promise<Host> {
  const { publish, ...options } = serveFeed();
  const { server } = await serve({ ...options, port: 0, host: "127.0.0.1" });
  return { server, publish };
}

/** The same router over tRPC's own SSE. */
export async function trpcSseHost(): Promise<Host> {
  const { publish, ...options } = serveFeed();
  const server = createServer(createHTTPHandler({ ...options, basePath: "/trpc/" }));
  return { server: await listen(server), publish };
}
