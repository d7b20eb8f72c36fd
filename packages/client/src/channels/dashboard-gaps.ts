import type { Bucket } from "@shoal/contract/dashboards";

/** How many times the usual distance of two readings is a gap. One that is left out is none. */
const gapDistances = 2.5;

/** How often a source is read when nothing else is said, in milliseconds: how far apart readings may be while there are few of them. */
const usualIntervalMs = 5_000;

/** From how many distances on their median is taken to be the usual one. */
const enoughDistances = 3;

/** How far apart the readings of a series are, and may be, in steps. */
export interface Spacing {
  /** How far apart they mostly are. */
  readonly usual: number;
  /** From how far apart on there is a gap between two. */
  readonly gap: number;
}

/**
 * Tells what is a gap: a source that is read each five seconds leaves four of five steps without a reading, and is none the less without a gap.
 *
 * @param slots - the steps with a reading, ascending
 * @param gapMs - the longest time without a reading that is no gap, where somebody has said it
 */
export function spacingOf(slots: ArrayLike<number>, stepMs: number, gapMs: number | undefined): Spacing {
  return toSpacing(usualDistance(slots, stepMs), stepMs, gapMs);
}

function usualDistance(slots: ArrayLike<number>, stepMs: number): number {
  const times = new Map<number, number>();
  for (let place = 1; place < slots.length; place += 1) {
    const distance = (slots[place] as number) - (slots[place - 1] as number);
    times.set(distance, (times.get(distance) ?? 0) + 1);
  }
  const distances = [...times.keys()].sort((a, b) => a - b);
  const count = slots.length - 1;
  if (count < enoughDistances) return Math.max(1, Math.min(distances[0] ?? 1, Math.floor(usualIntervalMs / stepMs)));
  let before = 0;
  const median = distances.find((distance) => {
    before += times.get(distance) ?? 0;
    return before > count >> 1;
  });
  return median as number;
}

const known = new WeakMap<readonly Bucket[], number>();

/** The same for a series. How far apart its readings mostly are is worked out once. */
export function spacingOfSeries(buckets: readonly Bucket[], stepMs: number, gapMs: number | undefined): Spacing {
  let usual = known.get(buckets);
  if (usual === undefined) {
    usual = usualDistance(
      buckets.map(([slot = 0]) => slot),
      stepMs,
    );
    known.set(buckets, usual);
  }
  return toSpacing(usual, stepMs, gapMs);
}

function toSpacing(usual: number, stepMs: number, gapMs: number | undefined): Spacing {
  return {
    usual,
    gap: gapMs === undefined ? Math.floor(usual * gapDistances) : Math.max(1, Math.floor(gapMs / stepMs)),
  };
}
