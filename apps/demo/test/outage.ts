import type { ServeHandle } from "@shoal/server";

/** The server drops every WebSocket and takes no new ones, until the outage is disposed of. */
export function outage({ server, sockets }: Pick<ServeHandle, "server" | "sockets">): Disposable {
  const listeners = server.rawListeners("upgrade") as (() => void)[];
  server.removeAllListeners("upgrade");
  server.on("upgrade", (_request, socket) => socket.destroy());
  for (const socket of sockets) socket.terminate();
  return {
    [Symbol.dispose]() {
      server.removeAllListeners("upgrade");
      for (const listener of listeners) server.on("upgrade", listener);
    },
  };
}
