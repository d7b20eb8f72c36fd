import { answer } from "../support/worker.ts";
import { Reader } from "./reader.ts";
import { findTimes, nowMicros } from "./wall.ts";

/** How long events took from being published to being read, in milliseconds, and what they did not get as events. */
export interface Delays {
  readonly p50: number;
  readonly p99: number;
  readonly snapshots: number;
}

const port = Number(process.argv[2]);
let readers: readonly Reader[] = [];
let delays: number[] = [];

function hear(message: Buffer): void {
  const now = nowMicros();
  findTimes(message, (published) => delays.push((now - published) / 1_000));
}

function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

answer({
  async open(count: number) {
    readers = await Promise.all(Array.from({ length: count }, () => Reader.open(port, hear)));
  },
  /** What all of them got up to an offset, since this was last asked. */
  async take(offset: number): Promise<Delays> {
    await Promise.all(readers.map((reader) => reader.reach(offset)));
    const sorted = delays.toSorted((a, b) => a - b);
    const snapshots = readers.reduce((sum, reader) => sum + reader.snapshots, -readers.length);
    delays = [];
    return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), snapshots };
  },
});
