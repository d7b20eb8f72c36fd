import { commandLatencyBounds } from "@shoal/contract/dashboard-metrics";

/** The bounds of the buckets, in milliseconds, each an upper one that belongs to its bucket. */
export const latencyBounds = commandLatencyBounds;

/** Counts how long things took, in buckets. */
export class LatencyMeter {
  /** One for each bound, and one for what is above all. */
  readonly counts: number[] = [...latencyBounds, 0].fill(0);
  sum = 0;

  /** @param ms - in milliseconds */
  observe(ms: number): void {
    let bucket = 0;
    while (bucket < latencyBounds.length && ms > (latencyBounds[bucket] as number)) bucket += 1;
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.sum += ms;
  }
}
