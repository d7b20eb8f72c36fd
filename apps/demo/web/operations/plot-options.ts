import type uPlot from "uplot";
import { clockTimeOf, shortTimeOf } from "./times.ts";

interface Plot {
  readonly lines: number;
  readonly hasBand: boolean;
  readonly format: (value: number) => string;
  /** Told the point at the cursor; null where there is none. */
  readonly onCursor: (at: number | null) => void;
  readonly width: number;
  readonly height: number;
}

const font = "12px 'Figtree Variable', system-ui, sans-serif";

/** How a chart of the page looks, in the colors of the theme as it is now. */
export function optionsOf({ lines, hasBand, format, onCursor, width, height }: Plot): uPlot.Options {
  const color = colorsNow();
  const grid = { stroke: color("--line"), width: 1 };
  const axis = { stroke: color("--mantine-color-dimmed"), font, grid, ticks: { show: false } };
  const strokes = [color("--accent-text"), color("--badge"), color("--mantine-color-dimmed"), color("--warn-text")];
  const band = { stroke: "transparent", width: 0, points: { show: false } };
  const series = Array.from({ length: lines }, (_, place) => ({
    stroke: strokes[place] ?? color("--mantine-color-text"),
    width: place === 0 ? 2 : 1.5,
    points: { show: false },
    ...(place === 0 && { fill: `${color("--accent-text")}1f` }),
  }));
  return {
    width,
    height,
    padding: [10, 26, 0, 0],
    series: [{}, ...series, ...(hasBand ? [band, band] : [])],
    ...(hasBand && { bands: [{ series: [lines + 1, lines + 2], fill: `${color("--accent-text")}3d` }] }),
    scales: { y: { range: (_, __, most) => [0, most > 0 ? most * 1.12 : 1] } },
    axes: [
      {
        ...axis,
        space: 76,
        incrs: [1, 2, 5, 10, 20, 30, 60, 120, 300, 600],
        size: 28,
        values: (_, splits, __, ___, step) => splits.map(step < 60 ? secondsOf : minutesOf),
      },
      { ...axis, size: axisWidth, gap: 8, values: (_, splits) => splits.map(format) },
    ],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    hooks: { setCursor: [({ cursor }) => onCursor((cursor.left ?? -1) < 0 ? null : (cursor.idx ?? null))] },
  };
}

/** As wide as the longest of its numbers. */
function axisWidth({ ctx }: uPlot, values: string[] | null): number {
  ctx.font = font;
  return Math.ceil(Math.max(24, ...(values ?? []).map((value) => ctx.measureText(value).width))) + 12;
}

const secondsOf = (seconds: number) => clockTimeOf(seconds * 1_000);
const minutesOf = (seconds: number) => shortTimeOf(seconds * 1_000);

/** A canvas knows no variables. */
function colorsNow(): (variable: string) => string {
  const style = getComputedStyle(document.documentElement);
  return (variable) => style.getPropertyValue(variable).trim();
}
