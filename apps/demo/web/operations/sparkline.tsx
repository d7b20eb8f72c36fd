import type { Column } from "@shoal/client/dashboards";
import { memo } from "react";
import classes from "./sparkline.module.css";

const width = 120;
const height = 32;

/** A line without axes: how it went, and where nobody knows. */
export const Sparkline = memo(function Sparkline({ column }: { readonly column: Column }) {
  const runs = runsOf(column);
  return (
    <svg className={classes.sparkline} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden>
      {runs.map(([from = { x: 0, y: 0 }, ...rest]) => {
        const line = `M${from.x} ${from.y} ${rest.map(({ x, y }) => `L${x} ${y}`).join(" ")}`;
        const end = rest.at(-1) ?? from;
        return (
          <g key={from.x}>
            <path className={classes.area} d={`${line} L${end.x} ${height} L${from.x} ${height} Z`} />
            <path className={classes.line} d={rest.length > 0 ? line : `${line} l0.1 0`} />
          </g>
        );
      })}
    </svg>
  );
});

interface Point {
  readonly x: number;
  readonly y: number;
}

/** What is known without a break. */
function runsOf(column: Column): readonly (readonly Point[])[] {
  const most = Math.max(Number.MIN_VALUE, ...Array.from(column, (value) => value ?? 0));
  const runs: Point[][] = [];
  let run: Point[] | undefined;
  for (const [place, value] of column.entries()) {
    if (value === null) {
      run = undefined;
      continue;
    }
    if (!run) {
      run = [];
      runs.push(run);
    }
    run.push({
      x: round((place / Math.max(1, column.length - 1)) * width),
      y: round(height - 1 - (value / most) * (height - 4)),
    });
  }
  return runs;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
