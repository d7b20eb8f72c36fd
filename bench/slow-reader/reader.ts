import { once } from "node:events";
import { WebSocket } from "ws";

const range = /"from":(\d+),"to":(\d+)/;

/** Something that is under way must come to its end within this time, in milliseconds. */
const patienceMs = 30_000;

/** One who watches the wall, and sees that every event is there, or that a snapshot stands for it. */
export class Reader {
  readonly #socket: WebSocket;
  readonly #heard: ((message: Buffer) => void) | undefined;
  #offset = -1;
  #fault: Error | undefined;
  /** How often it had to start from a snapshot. */
  snapshots = 0;

  private constructor(socket: WebSocket, heard?: (message: Buffer) => void) {
    this.#socket = socket;
    this.#heard = heard;
    socket.on("message", (message: Buffer) => this.#take(message));
    socket.on("close", (code) => this.#fail(`the connection was closed with ${code}`));
  }

  /** Resolves when it has begun. */
  static async open(port: number, heard?: (message: Buffer) => void): Promise<Reader> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/trpc`);
    const reader = new Reader(socket, heard);
    await once(socket, "open");
    socket.send('{"id":1,"method":"subscription","params":{"path":"realtime.wall.watch","input":{}}}');
    await reader.reach(0);
    return reader;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Resolves when it is at that offset. @throws when an event was missing, or it takes too long */
  async reach(offset: number): Promise<void> {
    const end = performance.now() + patienceMs;
    while (this.#offset < offset && !this.#fault) {
      if (performance.now() > end) this.#fail(`only offset ${this.#offset} of ${offset} was reached`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    if (this.#fault) throw this.#fault;
  }

  drop(): void {
    this.#socket.removeAllListeners();
    this.#socket.terminate();
  }

  #take(message: Buffer): void {
    const start = message.toString("latin1", 0, 300);
    if (start.includes('"kind":"snapshot"')) {
      this.snapshots += 1;
      const rest = message.toString("latin1", message.length - 300);
      this.#offset = Number(/"offset":(\d+),"at":\d+/.exec(rest)?.[1]);
    } else if (start.includes('"kind":"events"')) {
      const [, from, to] = range.exec(start) ?? [];
      if (Number(from) !== this.#offset + 1) this.#fail(`event ${from} came after event ${this.#offset}`);
      this.#offset = Number(to);
      this.#heard?.(message);
    }
  }

  #fail(reason: string): void {
    this.#fault ??= new Error(reason);
  }
}
