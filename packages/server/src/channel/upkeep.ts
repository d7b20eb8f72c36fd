import { Compactor } from "./compactor.ts";
import { Deriver, type DeriverOptions } from "./deriver.ts";
import type { LiveTopic } from "./live-topic.ts";

/** What follows slowly from what happens to topics, off every lock: they are compacted, and derived from. */
export class Upkeep {
  readonly #compactor: Compactor;
  readonly #deriver: Deriver;

  constructor(options: DeriverOptions) {
    this.#compactor = new Compactor(options);
    this.#deriver = new Deriver(options);
  }

  start(): void {
    this.#deriver.start();
  }

  /** Hears that this node decided on a topic. */
  decided(live: LiveTopic): void {
    this.#compactor.decided(live);
    this.#deriver.decided(live);
  }

  /** Hears that a topic was loaded, or changed, whoever decided. */
  changed(live: LiveTopic): void {
    this.#compactor.changed(live);
    this.#deriver.changed(live);
  }

  loaded(live: LiveTopic): void {
    this.#compactor.decided(live);
  }

  /** What waits to be done for a topic need not be done any more. */
  forget(id: string): void {
    this.#compactor.forget(id);
    this.#deriver.forget(id);
  }

  /** Does now what waits for its time. */
  async settle(): Promise<void> {
    await this.#compactor.settle();
    await this.#deriver.settle();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#compactor.stop(), this.#deriver.stop()]);
  }
}
