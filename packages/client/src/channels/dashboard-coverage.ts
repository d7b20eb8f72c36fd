import type { DashboardState } from "@shoal/contract/dashboards";
import { spacingOf } from "./dashboard-gaps.ts";
import type { Grid } from "./dashboard-grid.ts";

/**
 * For each step of the grid whether the dashboard was being kept up to date: 1 where any of its metrics had a reading then or soon before and after. So
 * a counter that nothing was added to is told from one of which nobody heard.
 */
export function coverageOf({ series }: DashboardState, grid: Grid, gapMs: number | undefined): Uint8Array {
  const { first, steps, stepMs } = grid;
  const covered = new Uint8Array(steps);
  let uncovered = steps;
  for (const keyed of Object.values(series)) {
    for (const { buckets } of Object.values(keyed)) {
      // Mostly one of them covers all.
      if (uncovered === 0) return covered;
      for (let place = buckets.length - 1; place >= 0; place -= 1) {
        const step = (buckets[place]?.[0] ?? 0) - first;
        if (step < 0) break;
        if (step >= steps || covered[step] === 1) continue;
        covered[step] = 1;
        uncovered -= 1;
      }
    }
  }
  const read = Array.from(covered.keys()).filter((step) => covered[step] === 1);
  const { gap } = spacingOf(read, stepMs, gapMs);
  for (const [place, step] of read.entries()) {
    const before = read[place - 1];
    if (before !== undefined && step - before <= gap) covered.fill(1, before, step);
  }
  return covered;
}
