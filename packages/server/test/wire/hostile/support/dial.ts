import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { inTime } from "../../../support/recorder.ts";

/** A TCP connection to a server of this machine, which says nothing by itself. */
export async function dial(port: number): Promise<Socket & AsyncDisposable> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => {});
  await inTime(once(socket, "connect"), "a connection");
  return Object.assign(socket, {
    async [Symbol.asyncDispose]() {
      if (socket.closed) return;
      socket.destroy();
      await once(socket, "close");
    },
  });
}
