import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "../support/worker.ts";
import type { ContenderName } from "./contenders.ts";

export interface Publishing {
  readonly ticks: number;
  /** How many events each tick has. */
  readonly events: number;
  /** From the end of one tick to the next. */
  readonly gapMs: number;
}

export interface Calling {
  readonly calls: number;
  /** How many calls wait for their answers at a time. */
  readonly outstanding: number;
}

/** A contender's server and its clients: a process on a core each. */
export class Pair {
  readonly #server: Worker;
  readonly #client: Worker;
  #subscribers = 0;
  #deliveries = 0;

  private constructor(server: Worker, client: Worker) {
    this.#server = server;
    this.#client = client;
  }

  /** @param flags more flags of Node.js for the server */
  static async start(name: ContenderName, flags: readonly string[] = []): Promise<Pair> {
    const server = new Worker(new URL("server.ts", import.meta.url), [name], 0, flags);
    const port = await server.ask<number>("port");
    return new Pair(server, new Worker(new URL("client.ts", import.meta.url), [name, String(port)], 1));
  }

  async subscribe(count: number): Promise<void> {
    await this.#client.ask("subscribe", count);
    this.#subscribers = count;
  }

  /** Publishes, and resolves when every subscriber has got every event. Returns how many deliveries that was. */
  async publish(publishing: Publishing): Promise<number> {
    const deliveries = publishing.ticks * publishing.events * this.#subscribers;
    this.#deliveries += deliveries;
    await this.#server.ask("publish", publishing);
    await this.#client.ask("reach", this.#deliveries);
    return deliveries;
  }

  /** All connections break at once, so many events are missed, and all come back and get them. */
  async storm(events: number): Promise<void> {
    await this.#client.ask("drop");
    await this.#closed();
    await this.#server.ask("publish", { ticks: 1, events, gapMs: 0 } satisfies Publishing);
    this.#deliveries += events * this.#subscribers;
    await this.#client.ask("comeBack");
    await this.#client.ask("reach", this.#deliveries);
  }

  /** Ends all subscriptions for good. */
  async unsubscribe(): Promise<void> {
    await this.#client.ask("drop");
    await this.#client.ask("forget");
    await this.#closed();
    this.#subscribers = 0;
  }

  call(calling: Calling): Promise<void> {
    return this.#client.ask("call", calling);
  }

  /** Microseconds of CPU that the server used for some work. */
  async cpuOf(work: () => Promise<unknown>): Promise<number> {
    const before = await this.#server.ask<number>("cpu");
    await work();
    return (await this.#server.ask<number>("cpu")) - before;
  }

  /** The server's resident memory after garbage collection, in bytes. */
  rss(): Promise<number> {
    return this.#server.ask("rss");
  }

  async end(): Promise<void> {
    await Promise.all([this.#client.end(), this.#server.end()]);
  }

  async #closed(): Promise<void> {
    while ((await this.#server.ask<number>("connections")) > 0) await delay(20);
  }
}
