import type { IncomingMessage } from "node:http";
import type { AnyTRPCRouter } from "@trpc/server";
import { jsonEncoder } from "@trpc/server/adapters/ws";
import type { TRPCReconnectNotification } from "@trpc/server/rpc";
import { WebSocket, type WebSocketServer } from "ws";
import { type DrainPlan, defaultPlan, drainingsOf } from "../../draining.ts";
import { refusalOfSocket } from "../../security/request-guard.ts";
import { Connection } from "./connection.ts";
import { type Handling, toHandling, type WSSHandlerOptions } from "./handling.ts";
import { handleKeepAlive } from "./keep-alive.ts";
import { Message } from "./message.ts";
import { SocketDrain } from "./socket-drain.ts";

/** What {@link applyWSSHandler} returns. */
export interface WSSHandler {
  /** Asks every client to connect anew, such as before a restart. */
  readonly broadcastReconnectNotification: () => void;
  /**
   * Asks every client to connect anew, spread over some time, and disconnects who stays. New connections are refused. `realtime.drain()`
   * does it by itself.
   */
  readonly drain: (plan?: DrainPlan) => Promise<void>;
}

const notification: TRPCReconnectNotification = { id: null, method: "reconnect" };

const forbidden = {
  code: 4003,
  reason: 'Refused. Is the origin among "origins", and no token in the address?',
} as const;
const draining = { code: 4012, reason: "The server is shutting down." } as const;

/**
 * Serves a tRPC router to the connections of a `WebSocketServer` of `ws`. It takes the options of tRPC's own handler and
 * speaks the same protocol; what it adds is in `SocketLimits` and `OriginOptions`.
 */
export function applyWSSHandler<Router extends AnyTRPCRouter>(options: WSSHandlerOptions<Router>): WSSHandler {
  const { prefix, experimental_encoder: encoder = jsonEncoder } = options;
  const wss: WebSocketServer = options.wss;
  const { handling, drain } = start(options);
  wss.on("connection", (client, req) => {
    if (!prefix || req.url?.startsWith(prefix)) connect(handling, drain, client, req);
  });
  return {
    broadcastReconnectNotification() {
      handling.tick.flush();
      const data = encoder.encode(notification);
      for (const client of wss.clients) if (client.readyState === WebSocket.OPEN) client.send(data);
    },
    drain: (plan = defaultPlan) => drain.drain(plan),
  };
}

/** Serves a tRPC router to connections that are handed over one by one. */
export function getWSConnectionHandler<Router extends AnyTRPCRouter>(
  options: WSSHandlerOptions<Router>,
): (client: WebSocket, req: IncomingMessage) => void {
  const { handling, drain } = start(options);
  return (client, req) => connect(handling, drain, client, req);
}

/** What all connections have in common, and what ends them when a realtime of the router drains. */
function start<Router extends AnyTRPCRouter>(options: WSSHandlerOptions<Router>) {
  const { router, experimental_encoder: encoder = jsonEncoder } = options;
  const wss: WebSocketServer | undefined = options.wss;
  const handling = toHandling(options);
  const drain = new SocketDrain(handling.sweeper.swept, new Message(encoder.encode(notification)));
  for (const one of drainingsOf(router)) {
    const unregister = one.register(drain);
    wss?.once("close", unregister);
  }
  return { handling, drain };
}

function connect(handling: Handling, drain: SocketDrain, client: WebSocket, req: IncomingMessage): void {
  const { keepAlive } = handling;
  // One that has gone before it is handed over would stay for ever: nothing tells of its end any more.
  if (client.readyState === WebSocket.CLOSED) return;
  if (refusalOfSocket(handling.origins, req)) refuse(client, forbidden);
  else if (drain.isDraining) refuse(client, draining);
  else {
    if (keepAlive) handleKeepAlive(client, keepAlive.pingMs, keepAlive.pongWaitMs);
    new Connection(handling, client, req);
  }
}

function refuse(client: WebSocket, { code, reason }: { readonly code: number; readonly reason: string }): void {
  client.on("error", () => client.terminate());
  client.close(code, reason);
}
