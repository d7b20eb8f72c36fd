import "uplot/dist/uPlot.min.css";
import { useComputedColorScheme } from "@mantine/core";
import { type KeyboardEvent, useEffect, useId, useInsertionEffect, useRef, useState } from "react";
import uPlot from "uplot";
import classes from "./line-chart.module.css";
import { type Drawn, extentOf, type Line } from "./measures.ts";
import { optionsOf } from "./plot-options.ts";
import { clockTimeOf } from "./times.ts";

interface LineChartProps {
  readonly title: string;
  readonly drawn: Drawn;
  readonly format: (value: number | null | undefined) => string;
  /** Told how wide it is, in pixels. */
  readonly onWidth: (width: number) => void;
}

/** Lines over time. What it says can be read, and heard, and gone along by the arrow keys. */
export function LineChart({ title, drawn, format, onWidth }: LineChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef({ drawn, format, onWidth });
  useInsertionEffect(() => {
    latest.current = { drawn, format, onWidth };
  }, [drawn, format, onWidth]);
  const [at, setAt] = useState<number | null>(null);
  const scheme = useComputedColorScheme("light", { getInitialValueInEffect: false });
  const shape = `${title} ${drawn.lines.length} ${drawn.band !== undefined} ${scheme}`;
  const summary = useId();

  useEffect(() => {
    const box = place.current;
    if (!box || !shape) return;
    const made = new uPlot(
      optionsOf({
        lines: latest.current.drawn.lines.length,
        hasBand: latest.current.drawn.band !== undefined,
        format: (value) => latest.current.format(value),
        onCursor: setAt,
        width: box.clientWidth,
        height: box.clientHeight,
      }),
      dataOf(latest.current.drawn),
      box,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => {
      made.setSize({ width: box.clientWidth, height: box.clientHeight });
      latest.current.onWidth(Math.max(1, Math.round(box.clientWidth)));
    });
    observer.observe(box);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [shape]);

  useEffect(() => plot.current?.setData(dataOf(drawn)), [drawn]);

  const { x, lines } = drawn;
  const shown = at !== null && at < x.length ? at : x.length - 1;
  const move = (event: KeyboardEvent) => {
    const next = nextOf(event.key, shown, x.length - 1);
    if (next === undefined || !plot.current) return;
    event.preventDefault();
    plot.current.setCursor({ left: plot.current.valToPos(x[next] ?? 0, "x"), top: 0 });
    setAt(next);
  };
  return (
    <figure className={classes.chart}>
      <div
        className={classes.plot}
        ref={place}
        role="slider"
        tabIndex={0}
        aria-label={`${title} over time`}
        aria-describedby={summary}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, x.length - 1)}
        aria-valuenow={Math.max(0, shown)}
        aria-valuetext={readingOf(drawn, shown, format)}
        onKeyDown={move}
        onBlur={() => plot.current?.setCursor({ left: -10, top: -10 })}
      />
      <figcaption className={classes.caption}>
        <Reading drawn={drawn} at={at !== null && at < x.length ? at : undefined} format={format} />
        <span id={summary} className={classes.summary}>
          {summaryOf(lines[0], format)}
        </span>
      </figcaption>
    </figure>
  );
}

interface ReadingProps extends Pick<LineChartProps, "drawn" | "format"> {
  readonly at: number | undefined;
}

/** What the lines are at the cursor, or now. */
function Reading({ drawn: { x, lines }, at, format }: ReadingProps) {
  return (
    <span className={classes.reading}>
      <span className={classes.time}>{at === undefined ? "Now" : clockTimeOf((x[at] ?? 0) * 1_000)}</span>
      {lines.map(({ label, column }, place) => (
        <span key={label} className={classes.key} data-line={place}>
          {lines.length > 1 && `${label} `}
          <b>{at === undefined ? format(extentOf(column)?.last) : format(column[at])}</b>
        </span>
      ))}
    </span>
  );
}

function dataOf({ x, lines, band }: Drawn): uPlot.AlignedData {
  return [x, ...lines.map(({ column }) => column), ...(band ? [band.max, band.min] : [])];
}

function summaryOf(line: Line | undefined, format: LineChartProps["format"]): string {
  const extent = line && extentOf(line.column);
  if (!extent) return "Nothing is known yet.";
  const gap = Array.from(line.column).some((value) => value === null) ? ", as far as it is known" : "";
  return `Between ${format(extent.least)} and ${format(extent.most)}${gap}.`;
}

function readingOf({ x, lines }: Drawn, at: number, format: LineChartProps["format"]): string {
  const values = lines.map(
    ({ label, column }) => `${label} ${typeof column[at] === "number" ? format(column[at]) : "unknown"}`,
  );
  return `${clockTimeOf((x[at] ?? 0) * 1_000)}: ${values.join(", ")}`;
}

function nextOf(key: string, at: number, last: number): number | undefined {
  const jumps: Readonly<Record<string, number>> = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    PageDown: at - 10,
    PageUp: at + 10,
    Home: 0,
    End: last,
  };
  const to = jumps[key];
  return to === undefined ? undefined : Math.min(last, Math.max(0, to));
}
