import { type Column, formatValue } from "@shoal/client/dashboards";
import type { UseDashboard } from "@shoal/react/dashboards";
import { type Operations, operations } from "../../contract/operations.ts";

export type Range = "1m" | "5m" | "15m";
export type Tier = keyof Operations["tiers"];

type Measured =
  | "cpu"
  | "memory"
  | "heap"
  | "loopDelayP50"
  | "loopDelayP99"
  | "loopDelayMax"
  | "connections"
  | "streams"
  | "commands"
  | "commandLatency";
type View = UseDashboard<"operations", Operations["metrics"], Measured>;
type Latest = NonNullable<View["latest"]>;
type All = NonNullable<View["series"]>;

/** A line of a chart. */
export interface Line {
  readonly label: string;
  readonly column: Column;
}

export interface Drawn {
  readonly x: Float64Array;
  /** The first is the one that matters. A column is empty where its line is not known of yet. */
  readonly lines: readonly Line[];
  /** The smallest and the largest of each point, around the first line. */
  readonly band?: { readonly min: Column; readonly max: Column };
}

/** A number of the server that has a tile and a chart. */
export interface Measure {
  readonly title: string;
  /** What it is, for who does not know. */
  readonly hint: string;
  /** What it is made of; the first is what alerts are about. */
  readonly metrics: readonly [Measured, ...Measured[]];
  readonly now: (latest: Latest) => number | null | undefined;
  readonly format: (value: number | null | undefined) => string;
  readonly draw: (series: All) => Drawn;
}

type GaugeName = Exclude<Measured, "commands" | "commandLatency">;

const { cpu, memory, loopDelayP99, connections, commands, commandLatency } = operations.metrics;

/** One process serves the demo, so that a gauge has one series. */
function gaugeOf(latest: Latest, name: GaugeName): number | undefined {
  return latest[name].series[0]?.value;
}

/** The lines of gauges, of which the first has a band. */
function linesOf(series: All, lines: readonly (readonly [GaugeName, string])[]): Drawn {
  const known = lines.map(([name, label]) => ({ label, of: series[name].series[0] }));
  const first = known[0]?.of;
  return {
    x: series[(lines[0] as (typeof lines)[number])[0]].x,
    lines: known.map(({ label, of }) => ({ label, column: of?.value ?? [] })),
    ...(first && { band: { min: first.min, max: first.max } }),
  };
}

export const measures: readonly Measure[] = [
  {
    title: "Processor",
    hint: "What the server's process takes of one core. With several threads it may be more than one.",
    metrics: ["cpu"],
    now: (latest) => gaugeOf(latest, "cpu"),
    format: (value) => formatValue(cpu, value),
    draw: (series) => linesOf(series, [["cpu", "Processor"]]),
  },
  {
    title: "Memory",
    hint: "What the server's process holds of the machine's memory, and what of it holds values of JavaScript.",
    metrics: ["memory", "heap"],
    now: (latest) => gaugeOf(latest, "memory"),
    format: (value) => formatValue(memory, value),
    draw: (series) =>
      linesOf(series, [
        ["memory", "Process"],
        ["heap", "Heap"],
      ]),
  },
  {
    title: "Event loop",
    hint: "How late the turns of the event loop were. One in a hundred was later than p99.",
    metrics: ["loopDelayP99", "loopDelayMax", "loopDelayP50"],
    now: (latest) => gaugeOf(latest, "loopDelayP99"),
    format: (value) => formatValue(loopDelayP99, value),
    draw: (series) =>
      linesOf(series, [
        ["loopDelayP99", "p99"],
        ["loopDelayMax", "Worst"],
        ["loopDelayP50", "Median"],
      ]),
  },
  {
    title: "Connections",
    hint: "Browsers that are connected now: over WebSockets, and with streams of events where sockets do not get through.",
    metrics: ["connections", "streams"],
    now: (latest) => sumOf([gaugeOf(latest, "connections"), gaugeOf(latest, "streams")]),
    format: (value) => formatValue(connections, value),
    draw: (series) =>
      linesOf(series, [
        ["connections", "WebSockets"],
        ["streams", "Streams"],
      ]),
  },
  {
    title: "Commands",
    hint: "What people and the server itself asked for, a second; what measures for this page is among it.",
    metrics: ["commands"],
    now: (latest) => sumOf(latest.commands.series.map(({ rate }) => rate)),
    format: (value) => formatValue(commands, value, { perSecond: true }),
    draw: ({ commands: { x, series } }) => ({
      x,
      lines: outcomes.flatMap(({ outcome, label }) => {
        const { rate = [] } = series.find(({ labels }) => labels.outcome === outcome) ?? {};
        const isShown = outcome === "accepted" || Array.from(rate).some((value) => value !== null && value > 0);
        return isShown ? [{ label, column: rate }] : [];
      }),
    }),
  },
  {
    title: "Latency, p99",
    hint: "99 of 100 commands were committed within this time.",
    metrics: ["commandLatency"],
    now: (latest) => latest.commandLatency.p99,
    format: (value) => formatValue(commandLatency, value),
    draw: ({ commandLatency: { x, p50, p95, p99 } }) => ({
      x,
      lines: [
        { label: "p99", column: p99 },
        { label: "p95", column: p95 },
        { label: "Median", column: p50 },
      ],
    }),
  },
];

/** A line at nothing would only hide the axis: of those that did not come about there is none. */
const outcomes = [
  { outcome: "accepted", label: "Accepted" },
  { outcome: "failed", label: "Failed" },
  { outcome: "rejected", label: "Rejected" },
  { outcome: "refused", label: "Refused" },
];

function sumOf(values: readonly (number | null | undefined)[]): number | undefined {
  const known = values.filter((value) => typeof value === "number");
  return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) : undefined;
}

/** The least and the most that a line has been, and what it was last; undefined where there is none of it. */
export function extentOf(column: Column) {
  const known = Array.from(column).filter((value) => value !== null);
  const last = known.at(-1);
  if (last === undefined) return undefined;
  return { last, least: Math.min(...known), most: Math.max(...known) };
}
