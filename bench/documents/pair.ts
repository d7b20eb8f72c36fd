import { Worker } from "../support/worker.ts";
import type { Opening, Typing } from "./client.ts";
import type { ContenderName } from "./contenders.ts";
import type { Edit } from "./hosts/host.ts";

/** A contender's server, and those who write: a process on a core each. */
export class Pair {
  readonly #contender: ContenderName;
  readonly #path: string;
  readonly #client: Worker;
  #server: Worker;
  #port = 0;

  private constructor(contender: ContenderName, path: string) {
    this.#contender = contender;
    this.#path = path;
    this.#client = new Worker(new URL("client.ts", import.meta.url), [], 1);
    this.#server = this.#startServer();
  }

  /** @param path the file in which it keeps documents */
  static async start(contender: ContenderName, path: string): Promise<Pair> {
    const pair = new Pair(contender, path);
    pair.#port = await pair.#server.ask<number>("port");
    return pair;
  }

  /** Kills the server, as `kill -9` does it. */
  kill(): Promise<void> {
    return this.#server.end();
  }

  /** Starts the server again, on what it had stored and where it was. */
  async revive(): Promise<void> {
    this.#server = this.#startServer();
    await this.#server.ask("port");
  }

  create(users: readonly string[]): Promise<string> {
    return this.#server.ask("create", users);
  }

  fill(edits: readonly Edit[]): Promise<string> {
    return this.#server.ask("fill", edits);
  }

  open(documentId: string, users: readonly string[]): Promise<void> {
    return this.#client.ask("open", this.#opening(documentId, users));
  }

  /** @returns how many edits were acknowledged */
  type(typing: Typing): Promise<number> {
    return this.#client.ask("type", typing);
  }

  /** @returns how long it took until a text of this length was there, in milliseconds */
  load(documentId: string, user: string, length: number): Promise<number> {
    return this.#client.ask("load", { ...this.#opening(documentId, [user]), length });
  }

  /** So many of those who have it open leave. */
  close(count: number): Promise<void> {
    return this.#client.ask("close", count);
  }

  /** @returns how much of what was typed is not in the document for who opens it now */
  countLost(documentId: string, user: string): Promise<number> {
    return this.#client.ask("countLost", this.#opening(documentId, [user]));
  }

  /** Microseconds of CPU that the server used for some work. */
  async cpuOf(work: () => Promise<unknown>): Promise<number> {
    const before = await this.#server.ask<number>("cpu");
    await work();
    return (await this.#server.ask<number>("cpu")) - before;
  }

  async end(): Promise<void> {
    await Promise.all([this.#client.end(), this.#server.end()]);
  }

  #startServer(): Worker {
    const args = [this.#contender, this.#path, String(this.#port)];
    return new Worker(new URL("server.ts", import.meta.url), args, 0);
  }

  #opening(documentId: string, users: readonly string[]): Opening {
    return { contender: this.#contender, port: this.#port, documentId, users };
  }
}
