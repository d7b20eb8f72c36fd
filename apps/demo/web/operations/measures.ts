import { type Column, formatValue } from "@shoal/client/dashboards";
import type { UseDashboard } from "@shoal/react/dashboards";
import { type Operations, operations } from "../../contract/operations.ts";

export type Range = "1m" | "5m" | "15m";
export type Tier = keyof Operations["tiers"];

type Measured = "cpu" | "memory" | "loopDelay" | "connections" | "commands" | "latency";
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
  /** The first is the one that matters. */
  readonly lines: readonly Line[];
  /** The smallest and the largest of each point, around the first line. */
  readonly band?: { readonly min: Column; readonly max: Column };
}

/** A number of the server that has a tile and a chart. */
export interface Measure {
  readonly name: Measured;
  readonly title: string;
  /** What it is, for who does not know. */
  readonly hint: string;
  readonly now: (latest: Latest) => number | null;
  readonly format: (value: number | null | undefined) => string;
  readonly draw: (series: All) => Drawn;
}

const { cpu, memory, loopDelay, connections, commands, latency } = operations.metrics;

function ofGauge(name: "cpu" | "memory" | "loopDelay" | "connections", label: string): Pick<Measure, "now" | "draw"> {
  return {
    now: (latest) => latest[name].value,
    draw: ({ [name]: { x, value, min, max } }) => ({ x, lines: [{ label, column: value }], band: { min, max } }),
  };
}

export const measures: readonly Measure[] = [
  {
    name: "cpu",
    title: "Processor",
    hint: "What the server's process takes of one core. With several threads it may be more than one.",
    format: (value) => formatValue(cpu, value),
    ...ofGauge("cpu", "Processor"),
  },
  {
    name: "memory",
    title: "Memory",
    hint: "What the server's process holds of the machine's memory.",
    format: (value) => formatValue(memory, value),
    ...ofGauge("memory", "Memory"),
  },
  {
    name: "loopDelay",
    title: "Event loop",
    hint: "How late the event loop was, but for the worst hundredth of its turns.",
    format: (value) => formatValue(loopDelay, value),
    ...ofGauge("loopDelay", "Delay"),
  },
  {
    name: "connections",
    title: "Connections",
    hint: "Browsers that are connected now.",
    format: (value) => formatValue(connections, value),
    ...ofGauge("connections", "Connections"),
  },
  {
    name: "commands",
    title: "Commands",
    hint: "What people and the server itself asked for and had decided, a second.",
    now: (latest) => latest.commands.rate,
    format: (value) => formatValue(commands, value, { perSecond: true }),
    draw: ({ commands: { x, rate, min, max } }) => ({
      x,
      lines: [{ label: "Commands", column: rate }],
      band: { min, max },
    }),
  },
  {
    name: "latency",
    title: "Latency, p99",
    hint: "99 of 100 commands were committed within this time.",
    now: (latest) => latest.latency.p99,
    format: (value) => formatValue(latency, value),
    draw: ({ latency: { x, p50, p95, p99 } }) => ({
      x,
      lines: [
        { label: "p99", column: p99 },
        { label: "p95", column: p95 },
        { label: "Median", column: p50 },
      ],
    }),
  },
];

/** The least and the most that a line has been, and what it was last; undefined where there is none of it. */
export function extentOf(column: Column) {
  const known = Array.from(column).filter((value) => value !== null);
  const last = known.at(-1);
  if (last === undefined) return undefined;
  return { last, least: Math.min(...known), most: Math.max(...known) };
}
