import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type ServerOptions, WebSocketServer } from "ws";

/** A WebSocket server on a free port, for a handler to be applied to. */
export async function listen<Applied>(apply: (wss: WebSocketServer) => Applied, options: ServerOptions = {}) {
  const wss = new WebSocketServer({ port: 0, ...options });
  await once(wss, "listening");
  const applied = apply(wss);
  const { port } = wss.address() as AddressInfo;
  return {
    wss,
    applied,
    webSocketUrl: `ws://localhost:${port}`,
    [Symbol.asyncDispose]: async () => {
      for (const client of wss.clients) client.terminate();
      wss.close();
      await once(wss, "close");
    },
  };
}
