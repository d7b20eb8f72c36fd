import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Random } from "../../../../server/test/durability/random.ts";

export type Way = "up" | "down" | "both";

/** The longest that a part of what is carried is under way, in milliseconds. */
const longestDelay = 12;

/** How long it may lose everything before it breaks, in milliseconds. */
const longestLoss = 150;

/**
 * Somebody's way to a server, over TCP: it delays what it carries, loses it from one moment on, in one direction or both, and breaks. Nothing in
 * a connection overtakes anything, as nothing does in TCP; what goes over two links does.
 */
export class ShakyLink implements AsyncDisposable {
  /** The port of the server that the next connection is made with. */
  target: () => number;
  readonly #server: Server;
  readonly #random: Random;
  readonly #sockets = new Set<Socket>();
  #losing: Way | undefined;
  #reached: number | undefined;
  #breaking: ReturnType<typeof setTimeout> | undefined;

  private constructor(server: Server, target: () => number, random: Random) {
    this.target = target;
    this.#server = server;
    this.#random = random;
    server.on("connection", (socket) => this.#carry(socket));
  }

  static async open(target: () => number, random: Random): Promise<ShakyLink> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new ShakyLink(server, target, random);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/trpc`;
  }

  /** The port of the server that it was connected to last, and was not cut off from since. */
  get reached(): number | undefined {
    return this.#reached;
  }

  /** Loses what goes this way from now on, until it breaks a little later. */
  lose(way: Way): void {
    if (this.#losing) return;
    this.#losing = way;
    this.#breaking = setTimeout(() => this.cut(), this.#random.between(0, longestLoss));
  }

  /** Ends every connection at once, and with it what is under way. */
  cut(): void {
    clearTimeout(this.#breaking);
    this.#losing = undefined;
    this.#reached = undefined;
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    const closed = once(this.#server, "close");
    this.#server.close();
    await closed;
  }

  #carry(near: Socket): void {
    const port = this.target();
    const far = connect(port, "127.0.0.1", () => {
      this.#reached = port;
    });
    for (const socket of [near, far]) {
      socket.setNoDelay();
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        this.#sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    this.#pass(near, far, "up");
    this.#pass(far, near, "down");
  }

  #pass(from: Socket, to: Socket, way: Way): void {
    const underWay: Buffer[] = [];
    from.on("data", (data) => {
      if (this.#losing === way || this.#losing === "both") return;
      underWay.push(data);
      setTimeout(
        () => {
          const first = underWay.shift();
          if (first && !to.destroyed) to.write(first);
        },
        this.#random.between(0, longestDelay),
      );
    });
  }
}
