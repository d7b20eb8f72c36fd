import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** On which connections answers are under way. A connection that is handed over meanwhile would get them in the midst of it. */
export class Answering {
  readonly #counts = new WeakMap<Duplex, number>();

  begin({ socket }: IncomingMessage, res: ServerResponse): void {
    this.#counts.set(socket, this.#on(socket) + 1);
    res.once("close", () => this.#counts.set(socket, this.#on(socket) - 1));
  }

  isOn(socket: Duplex): boolean {
    return this.#on(socket) > 0;
  }

  #on(socket: Duplex): number {
    return this.#counts.get(socket) ?? 0;
  }
}
