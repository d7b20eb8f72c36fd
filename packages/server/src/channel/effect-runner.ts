import type { AnyOutcome } from "@shoal/contract";
import type { Logger } from "../logger.ts";
import type { Store, StoredEffect } from "../store.ts";
import { eventOf, failedEffect } from "./effects.ts";
import { isUnavailable } from "./unavailable.ts";

export interface EffectRunnerOptions {
  readonly store: Store;
  readonly logger: Logger;
  /** The store's clock in milliseconds. */
  readonly now: () => number;
  /** Whether this node serves the effect's command. */
  readonly serves: (effect: StoredEffect) => boolean;
  /** Runs the effect's command on its topic, and settles the effect with it. */
  readonly run: (effect: StoredEffect) => Promise<AnyOutcome>;
}

/** How long the effects of a topic wait after one that could not be run since something is away, in milliseconds. */
const hinderedMs = 1_000;

/**
 * Runs stored effects: of a topic, those of one event at once, and those of the next event when all of them are done or parked. Those of
 * an event to one target are run in their order. Every node may run every effect: its command has the same id wherever it is run, so it
 * has one effect, and whoever comes second is told the first answer. One whose command is not served here is left to the nodes that
 * serve it.
 */
export class EffectRunner {
  readonly #options: EffectRunnerOptions;
  /** By source, what waits there, by id. */
  readonly #waiting = new Map<string, Map<string, StoredEffect>>();
  readonly #running = new Set<Promise<void>>();
  /** By source, until when nothing of it is tried. */
  readonly #hindered = new Map<string, number>();
  /** The commands of which it was told that they are not served here. */
  readonly #told = new Set<string>();
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
      if (!this.#options.serves(effect)) continue;
      const waiting = this.#waiting.get(effect.source);
      if (waiting) waiting.set(effect.id, effect);
      else this.#start(effect);
    }
  }

  /** Says once of a command that it is not served here, so that somebody looks whether it is elsewhere. */
  tellOfOthers(effects: readonly StoredEffect[]): void {
    for (const effect of effects) {
      const command = `${effect.target.channel}.${effect.command}`;
      if (this.#options.serves(effect) || this.#told.has(command)) continue;
      this.#told.add(command);
      const message = "effects are left to other nodes, since this one does not serve their command";
      this.#options.logger.error({ command }, message);
    }
  }

  /** Whether any of them would be run if they were taken now. */
  mayRun(effects: readonly StoredEffect[]): boolean {
    const served = groupBy(effects.filter(this.#options.serves), ({ source }) => source);
    return [...served.values()].some((waiting) => lanesOf(waiting).some(([first]) => first && this.#isDue(first)));
  }

  /** Fulfilled when what was taken has been run, or waits to be tried later. */
  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
  }

  #isDue({ source, due }: StoredEffect): boolean {
    return Math.max(due, this.#hindered.get(source) ?? 0) <= this.#options.now();
  }

  #start(first: StoredEffect): void {
    const waiting = new Map([[first.id, first]]);
    this.#waiting.set(first.source, waiting);
    const running = this.#runAll(first.source, waiting).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Stops at an event of which something is to be tried later: those behind it wait for it. */
  async #runAll(source: string, waiting: Map<string, StoredEffect>): Promise<void> {
    await null;
    try {
      while (waiting.size > 0) {
        const done = await Promise.all(lanesOf(waiting.values()).map((lane) => this.#runLane(lane, waiting)));
        if (done.includes(false)) return;
      }
    } finally {
      // In the same turn as the last look at what waits: whatever is taken from now on is started anew.
      this.#waiting.delete(source);
    }
  }

  /** Whether all of them are done or parked. */
  async #runLane(lane: readonly StoredEffect[], waiting: Map<string, StoredEffect>): Promise<boolean> {
    for (const effect of lane) {
      if (this.#stopped || !this.#isDue(effect)) return false;
      this.#hindered.delete(effect.source);
      const done = await this.#runOne(effect);
      waiting.delete(effect.id);
      if (!done) return false;
    }
    return true;
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
      // What fails while the node stops is left to the next one as it is.
      if (this.#stopped) return false;
      if (isUnavailable(error)) {
        this.#hindered.set(effect.source, now() + hinderedMs);
        return false;
      }
      const failed = failedEffect(effect, now(), error);
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

/** Of what waits of a topic, the effects of the oldest event, by target: each lane in its order. */
function lanesOf(waiting: Iterable<StoredEffect>): readonly (readonly StoredEffect[])[] {
  const oldest: StoredEffect[] = [];
  let event: string | undefined;
  for (const effect of waiting) {
    event ??= eventOf(effect);
    if (eventOf(effect) !== event) break;
    oldest.push(effect);
  }
  return [...groupBy(oldest, ({ target }) => target.id).values()];
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
