import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";

/** How often the event loop is looked at, in milliseconds. */
const resolution = 10;

/** What this process takes, since it was last asked. */
export class ProcessGauges implements Disposable {
  readonly #delays: IntervalHistogram = monitorEventLoopDelay({ resolution });
  #cpu = process.cpuUsage();
  #at = performance.now();

  constructor() {
    this.#delays.enable();
  }

  read(): { readonly cpu: number; readonly memory: number; readonly loopDelay: number } {
    const { user, system } = process.cpuUsage(this.#cpu);
    const elapsed = performance.now() - this.#at;
    const cpu = (user + system) / 1_000 / elapsed;
    // What is measured is how long it took to come back, the pause itself among it. Nothing was measured while it never did.
    const late = this.#delays.count > 0 ? this.#delays.percentile(99) / 1e6 - resolution : elapsed;
    this.#cpu = process.cpuUsage();
    this.#at = performance.now();
    this.#delays.reset();
    return { cpu: cpu * 100, memory: process.memoryUsage.rss(), loopDelay: Math.max(0, late) };
  }

  [Symbol.dispose](): void {
    this.#delays.disable();
  }
}
