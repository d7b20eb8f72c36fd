import type { Bucket, DashboardState } from "@shoal/contract/dashboards";
import { spacingOf } from "./dashboard-gaps.ts";
import type { Grid } from "./dashboard-grid.ts";

/**
 * For each step of the grid whether the dashboard was being kept up to date: 1 where any of its metrics had a reading then or soon before and after. So
 * a counter that nothing was added to is told from one of which nobody heard.
 */
export function coverageOf({ series }: DashboardState, grid: Grid, gapMs: number | undefined): Uint8Array {
  const { first, steps, stepMs } = grid;
  const covered = new Uint8Array(steps);
  const known = readStepsOf(series);
  const read: number[] = [];
  for (let step = 0; step < steps; step += 1) {
    if (known.steps[first + step - known.first] !== 1) continue;
    covered[step] = 1;
    read.push(step);
  }
  const { gap } = spacingOf(read, stepMs, gapMs);
  for (const [place, step] of read.entries()) {
    const before = read[place - 1];
    if (before !== undefined && step - before <= gap) covered.fill(1, before, step);
  }
  return covered;
}

/** The steps from the oldest to the newest with a reading: 1 where there is one. */
interface ReadSteps {
  readonly first: number;
  readonly steps: Uint8Array;
}

/** The parts of a page look at the same states. */
const known = new WeakMap<DashboardState["series"], ReadSteps>();

function readStepsOf(series: DashboardState["series"]): ReadSteps {
  let read = known.get(series);
  if (!read) {
    const all = Object.values(series).flatMap((keyed) => Object.values(keyed).map(({ buckets }) => buckets));
    read = readSteps(all.filter(({ length }) => length > 0));
    known.set(series, read);
  }
  return read;
}

function readSteps(all: readonly (readonly Bucket[])[]): ReadSteps {
  const slots = (end: 0 | -1) => all.map((buckets) => (buckets.at(end) as Bucket)[0] as number);
  if (all.length === 0) return { first: 0, steps: new Uint8Array(0) };
  const first = Math.min(...slots(0));
  const steps = new Uint8Array(Math.max(...slots(-1)) - first + 1);
  let missing = steps.length;
  for (const buckets of all) {
    // Mostly one of them has all.
    if (missing === 0) break;
    for (const [slot = 0] of buckets) {
      if (steps[slot - first] === 1) continue;
      steps[slot - first] = 1;
      missing -= 1;
    }
  }
  return { first, steps };
}
