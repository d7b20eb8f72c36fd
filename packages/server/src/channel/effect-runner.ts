import type { AnyOutcome } from "@shoal/contract";
import type { Logger } from "../logger.ts";
import type { Store, StoredEffect } from "../store.ts";
import { failedEffect } from "./effects.ts";

export interface EffectRunnerOptions {
  readonly store: Store;
  readonly logger: Logger;
  /** The store's clock in milliseconds. */
  readonly now: () => number;
  /** Runs the effect's command on its topic, and settles the effect with it. */
  readonly run: (effect: StoredEffect) => Promise<AnyOutcome>;
}

/**
 * Runs stored effects, those of one topic one after the other. Every node may run every effect: its command has the same id
 * wherever it is run, so it has one effect, and whoever comes second is told the first answer.
 */
export class EffectRunner {
  readonly #options: EffectRunnerOptions;
  /** By source, what waits there, by id. */
  readonly #waiting = new Map<string, Map<string, StoredEffect>>();
  readonly #running = new Set<Promise<void>>();
  #stopped = false;

  constructor(options: EffectRunnerOptions) {
    this.#options = options;
  }

  /**
   * Takes effects in the order in which they were stored: of each source the oldest that wait, and none without those before it. Those
   * that it has already are passed over.
   */
  take(effects: readonly StoredEffect[]): void {
    for (const effect of effects) {
      const waiting = this.#waiting.get(effect.source);
      if (waiting) waiting.set(effect.id, effect);
      else this.#start(effect);
    }
  }

  /** Fulfilled when what was taken has been run, or waits to be tried later. */
  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
  }

  #start(first: StoredEffect): void {
    const waiting = new Map([[first.id, first]]);
    this.#waiting.set(first.source, waiting);
    const running = this.#runAll(first.source, waiting).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Stops at one that is to be tried later: those behind it wait for it. */
  async #runAll(source: string, waiting: Map<string, StoredEffect>): Promise<void> {
    await null;
    try {
      for (const [id, effect] of waiting) {
        if (this.#stopped || effect.due > this.#options.now()) return;
        const done = await this.#runOne(effect);
        waiting.delete(id);
        if (!done) return;
      }
    } finally {
      // In the same turn as the last look at what waits: whatever is taken from now on is started anew.
      this.#waiting.delete(source);
    }
  }

  /** Whether the next one may be run. */
  async #runOne(effect: StoredEffect): Promise<boolean> {
    const { store, logger, now, run } = this.#options;
    const about = { effect: effect.id, target: effect.target.id, command: effect.command };
    try {
      const outcome = await run(effect);
      if (outcome.ok) return true;
      logger.error({ ...about, outcome }, "an effect was rejected and is parked");
      await store.postpone({ ...effect, status: "parked" });
      return true;
    } catch (error) {
      const failed = failedEffect(effect, now());
      const parked = failed.status === "parked";
      logger.error(
        { ...about, error, attempts: failed.attempts },
        parked ? "an effect failed too often and is parked" : "an effect failed",
      );
      await store.postpone(failed).catch(() => {});
      return parked;
    }
  }
}
