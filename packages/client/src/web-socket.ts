type EventName = "open" | "close" | "error" | "message";

/**
 * As much of a WebSocket as the client uses: those of browsers, of Node.js and of the package `ws` have it. Listeners get the
 * events of browsers.
 */
export interface WebSocketLike {
  readonly readyState: number;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: EventName, listener: never): void;
  removeEventListener(type: EventName, listener: never): void;
}

/** As in browsers, an attempt that fails must tell of an `error` before its `close`. */
export interface WebSocketConstructor {
  new (url: string): WebSocketLike;
  readonly OPEN: number;
  readonly CLOSING: number;
  readonly CLOSED: number;
}
