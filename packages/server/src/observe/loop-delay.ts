import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";

/** How often it is looked, in milliseconds. What the histogram holds is how far apart the looks were. */
const resolution = 10;

/** How late an event loop was, in milliseconds. */
interface Lateness {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * How late the event loop is. A histogram that is reset forgets when it last looked, and with that a delay that has just been; so the next
 * one looks already when the one before it is read.
 */
export class LoopDelay {
  #current = start();
  #stopped = false;

  /**
   * How late it was since this was last answered: of its looks half, one in a hundred, and the one that was worst, in milliseconds; not the
   * first time.
   *
   * @param signal - aborts when the answer is of no use any more: then it is part of the next one
   */
  async take(signal: AbortSignal): Promise<Lateness | undefined> {
    const before = this.#current;
    const isNew = before.count === 0;
    const next = start();
    // Both have looked then, also after a delay that ends just now.
    await delay(3 * resolution, undefined, { ref: false });
    if (signal.aborted || this.#stopped) {
      next.disable();
      return undefined;
    }
    before.disable();
    this.#current = next;
    return isNew
      ? undefined
      : { p50: latenessOf(before, 50), p99: latenessOf(before, 99), max: latenessOf(before, 100) };
  }

  stop(): void {
    this.#stopped = true;
    this.#current.disable();
  }
}

function start(): IntervalHistogram {
  const histogram = monitorEventLoopDelay({ resolution });
  histogram.enable();
  return histogram;
}

function latenessOf(histogram: IntervalHistogram, percentile: number): number {
  return Math.max(0, histogram.percentile(percentile) / 1e6 - resolution);
}
