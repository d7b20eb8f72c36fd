import type { WebSocketConstructor } from "./web-socket.ts";

/**
 * The same WebSocket, except that it closes when it has not opened in time. A network that swallows packets would otherwise
 * keep an attempt waiting for minutes.
 *
 * @param deadline - in milliseconds
 */
export function timelySocket(WebSocket: WebSocketConstructor, deadline: number): WebSocketConstructor {
  return class TimelySocket extends WebSocket {
    constructor(url: string) {
      super(url);
      const timer = setTimeout(() => this.close(), deadline);
      const settle: () => void = () => clearTimeout(timer);
      this.addEventListener("open", settle as never);
      this.addEventListener("close", settle as never);
    }
  };
}
