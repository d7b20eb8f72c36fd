import type { Logger } from "../logger.ts";
import type { Look, Store } from "../store.ts";

export interface LookoutOptions {
  readonly store: Store;
  readonly logger: Logger;
  /** Those whose timers and effects are looked for. */
  readonly channels: readonly string[];
  /** How long from the end of one look to the next, in milliseconds. */
  readonly everyMs: number;
  readonly onLook: (look: Look) => void;
}

/**
 * Looks at the store again and again: what other nodes wrote, and what is due. It is what heals a lost hint, and what fires the
 * timers of topics that no node holds. While the store is away it goes on trying.
 */
export class Lookout {
  readonly #options: LookoutOptions;
  #mark: string | null = null;
  #timeout: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;
  #asked = false;
  #failing = false;
  #aheadMs = 0;

  constructor(options: LookoutOptions) {
    this.#options = options;
  }

  /** How far the store's clock is ahead of this machine's, in milliseconds, as of the last look. */
  get aheadMs(): number {
    return this.#aheadMs;
  }

  /** The first look; after it nothing that is written goes unseen. */
  async start(): Promise<void> {
    await this.#look();
    this.#plan();
  }

  /** Looks at once, besides the looks that are planned, and hands what it sees to nobody but the caller. */
  async look(): Promise<Look> {
    const look = await this.#options.store.look(this.#mark, this.#options.channels);
    this.#aheadMs = look.now - Date.now();
    return look;
  }

  /** Looks as soon as it can, without waiting for the next look that is planned. What was committed before the call is seen. */
  soon(): void {
    if (this.#stopped || this.#asked) return;
    this.#asked = true;
    this.#looking = this.#looking.then(() => {
      this.#asked = false;
      return this.#tryLook();
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timeout);
    await this.#looking;
  }

  #plan(): void {
    if (this.#stopped) return;
    this.#timeout = setTimeout(() => {
      this.#looking = this.#looking.then(() => this.#tryLook()).then(() => this.#plan());
    }, this.#options.everyMs).unref();
  }

  async #tryLook(): Promise<void> {
    const { logger } = this.#options;
    try {
      await this.#look();
      if (this.#failing) logger.info({}, "the store is back");
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) logger.error({ error }, "the store cannot be looked at; trying again");
      this.#failing = true;
    }
  }

  async #look(): Promise<void> {
    const look = await this.look();
    this.#mark = look.mark;
    if (!this.#stopped) this.#options.onLook(look);
  }
}
