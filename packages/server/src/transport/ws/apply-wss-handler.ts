import type { IncomingMessage } from "node:http";
import type { AnyTRPCRouter } from "@trpc/server";
import { jsonEncoder } from "@trpc/server/adapters/ws";
import type { TRPCReconnectNotification } from "@trpc/server/rpc";
import { WebSocket, type WebSocketServer } from "ws";
import { Connection } from "./connection.ts";
import { type Handling, toHandling, type WSSHandlerOptions } from "./handling.ts";
import { handleKeepAlive } from "./keep-alive.ts";

/** What {@link applyWSSHandler} returns. */
export interface WSSHandler {
  /** Asks every client to connect anew, such as before a restart. */
  readonly broadcastReconnectNotification: () => void;
}

/**
 * Serves a tRPC router to the connections of a `WebSocketServer` of `ws`. It takes the options of tRPC's own handler and
 * speaks the same protocol; what it adds is in `SocketLimits`.
 */
export function applyWSSHandler<Router extends AnyTRPCRouter>(options: WSSHandlerOptions<Router>): WSSHandler {
  const { prefix, experimental_encoder: encoder = jsonEncoder } = options;
  const wss: WebSocketServer = options.wss;
  const handling = toHandling(options);
  wss.on("connection", (client, req) => {
    if (!prefix || req.url?.startsWith(prefix)) connect(handling, client, req);
  });
  return {
    broadcastReconnectNotification() {
      handling.tick.flush();
      const notification: TRPCReconnectNotification = { id: null, method: "reconnect" };
      const data = encoder.encode(notification);
      for (const client of wss.clients) if (client.readyState === WebSocket.OPEN) client.send(data);
    },
  };
}

/** Serves a tRPC router to connections that are handed over one by one. */
export function getWSConnectionHandler<Router extends AnyTRPCRouter>(
  options: WSSHandlerOptions<Router>,
): (client: WebSocket, req: IncomingMessage) => void {
  const handling = toHandling(options);
  return (client, req) => connect(handling, client, req);
}

function connect(handling: Handling, client: WebSocket, req: IncomingMessage): void {
  const { keepAlive } = handling;
  if (keepAlive) handleKeepAlive(client, keepAlive.pingMs, keepAlive.pongWaitMs);
  new Connection(handling, client, req);
}
