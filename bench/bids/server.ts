import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createPostgresStore } from "@shoal/server/postgres";
import { applyWSSHandler } from "@shoal/server/ws";
import { WebSocketServer } from "ws";
import { answer } from "../support/worker.ts";
import { type Context, openLots, serveLots } from "./lots.ts";

const [, , connectionString = ""] = process.argv;
const { t, realtime } = serveLots(createPostgresStore({ connectionString }));
const server = createServer();
applyWSSHandler({
  wss: new WebSocketServer({ server }),
  router: t.router({ realtime: realtime.router }),
  createContext: ({ req }): Context => ({ user: { id: req.headers.authorization ?? "nobody" } }),
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

answer({
  port: () => (server.address() as AddressInfo).port,
  open: async () => (await openLots(realtime, 1))[0]?.auctionId,
});
