import type { Logger } from "../logger.ts";
import type { Store } from "../store.ts";
import type { Definition } from "./definition.ts";

export interface JanitorOptions {
  readonly store: Store;
  readonly logger: Logger;
  readonly definitions: Iterable<Definition>;
  /** How long from the end of one round to the next, in milliseconds. */
  readonly everyMs: number;
  /** How long the results of commands are kept, in milliseconds. */
  readonly resultsMs: number;
  /** How long revocations are kept, in milliseconds. */
  readonly revocationsMs: number;
  /** The store's clock in milliseconds. */
  readonly now: () => number;
}

/** Deletes what need not be kept, in small batches, so that nobody waits for it. */
export class Janitor {
  readonly #options: JanitorOptions;
  #timeout: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: JanitorOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#stopped) return;
    this.#timeout = setTimeout(() => {
      this.#sweeping = this.sweep().then(() => this.start());
    }, this.#options.everyMs).unref();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timeout);
    await this.#sweeping;
  }

  /** One round. What fails is logged and left to the next. */
  async sweep(): Promise<void> {
    const { store, logger, definitions, resultsMs, revocationsMs, now } = this.#options;
    try {
      for (const { name, retention } of definitions) {
        const { events: keep, ageMs } = retention;
        if (keep === undefined && ageMs === undefined) continue;
        const before = ageMs === undefined ? undefined : now() - ageMs;
        await this.#repeat(() => store.trim({ channel: name, keep, before }));
      }
      await this.#repeat(() => store.forgetRevocations(now() - revocationsMs));
      await this.#repeat(() => store.forget(now() - resultsMs));
    } catch (error) {
      logger.error({ error }, "what is kept no more could not be deleted; trying again later");
    }
  }

  async #repeat(batch: () => Promise<number>): Promise<void> {
    while (!this.#stopped && (await batch()) > 0);
  }
}
