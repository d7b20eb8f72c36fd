import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A contender's server. */
export interface Host {
  readonly server: Server;
  /** Sends so many events to every subscriber, in one turn of the event loop. */
  publish(events: number): void | Promise<void>;
}

/** So many connections may wait to be accepted: in a storm all come at once. */
const backlog = 4_096;

export async function listen(server: Server = createServer()): Promise<Server> {
  await new Promise<void>((resolve) => server.listen({ port: 0, host: "127.0.0.1", backlog }, resolve));
  return server;
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
