import { createServer } from "node:http";
import { Server } from "socket.io";
import { eventMaker } from "../event.ts";
import { type Host, listen } from "./host.ts";

export async function socketIoHost(): Promise<Host> {
  const server = createServer();
  const io = new Server(server, { transports: ["websocket"] });
  const next = eventMaker();
  return {
    server: await listen(server),
    publish(events) {
      for (let turn = 0; turn < events; turn += 1) io.emit("added", next());
    },
  };
}
