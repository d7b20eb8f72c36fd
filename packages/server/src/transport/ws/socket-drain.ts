import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import type { Drained, DrainPlan } from "../../draining.ts";
import { spread } from "../../spread.ts";
import type { Connection } from "./connection.ts";
import type { Message } from "./message.ts";

/** How long a client may take to answer that the connection is closed, in milliseconds. */
const handshakeMs = 500;

/** How often it is looked whether a client has its answers, in milliseconds. */
const lookMs = 10;

/** Lets the clients of a handler go. */
export class SocketDrain implements Drained {
  readonly #connections: Iterable<Connection>;
  readonly #goodbye: Message;
  #drained: Promise<void> | undefined;

  /**
   * @param goodbye - tells a client to connect anew
   */
  constructor(connections: Iterable<Connection>, goodbye: Message) {
    this.#connections = connections;
    this.#goodbye = goodbye;
  }

  /** Whether no more clients are taken. */
  get isDraining(): boolean {
    return this.#drained !== undefined;
  }

  drain({ spreadMs, deadlineMs, graceMs }: DrainPlan): Promise<void> {
    const latest = performance.now() + deadlineMs - graceMs - 2 * handshakeMs;
    this.#drained ??= spread(this.#connections, spreadMs, (connection) => this.#letGo(connection, latest, graceMs));
    return this.#drained;
  }

  /** A stock client that is told to go closes its socket at once, so it is told once it has the answers it waits for. */
  async #letGo(connection: Connection, latest: number, graceMs: number): Promise<void> {
    while (connection.isBusy && performance.now() < latest) await delay(lookMs);
    connection.writer.push(this.#goodbye);
    if (graceMs > 0 && (await isOver(connection, graceMs))) return;
    connection.closeDraining();
    if (await isOver(connection, handshakeMs)) return;
    connection.socket.terminate();
    await isOver(connection, handshakeMs);
  }
}

/** Whether a connection is over, now or within so many milliseconds. */
async function isOver({ socket }: Connection, ms: number): Promise<boolean> {
  if (socket.readyState === WebSocket.CLOSED) return true;
  const closed = once(socket, "close", { signal: AbortSignal.timeout(ms) });
  return await closed.then(
    () => true,
    () => false,
  );
}
