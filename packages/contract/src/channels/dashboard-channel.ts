import * as z from "zod/mini";
import type { TypesOf } from "../channel.ts";
import { defineChannel } from "../define-channel.ts";
import type { Json } from "../json.ts";
import { applyUpdate } from "./dashboard-update.ts";

const json = z.custom<Json>();

/**
 * What fell into one step of the window, as numbers so that they are small on the wire: the number of the step first (its start in
 * milliseconds divided by the resolution), and then
 * - of a gauge: the value; or where there were several, the smallest, the largest, their sum and their count
 * - of a counter: by how much it grew
 * - of a histogram: the sum of the values, and how many fell into each bucket
 */
const bucket = z.array(z.number());

const series = z.object({
  /** Of a gauge its value, of a counter its total, of a histogram how many values there were in all. */
  latest: z.number(),
  /** Ascending by their steps, without an entry for a step in which nothing came. */
  buckets: z.array(bucket),
});

/** By the key of its labels: `""` where there are none, else the JSON of an array of their values. */
const allSeries = z.record(z.string(), series);
const occurrence = z.object({ id: z.string(), at: z.number(), data: json });
const staleness = z.object({ since: z.number(), reason: z.string() });
const crossing = z.object({ rule: z.string(), key: z.string(), over: z.boolean(), value: z.number() });

const state = z.object({
  /** Of the last update, in milliseconds since the epoch by the server's clock; 0 before the first. */
  at: z.number(),
  series: z.record(z.string(), allSeries),
  lists: z.record(z.string(), z.array(occurrence)),
  tables: z.record(z.string(), z.array(json)),
  /** The metrics that are not kept up to date, and why. */
  stale: z.record(z.string(), staleness),
  /** The alert rules that are beyond their threshold, as `rule` and the key of the series in a JSON array, with the value. */
  over: z.record(z.string(), z.number()),
});

const updated = z.object({
  at: z.number(),
  series: z.optional(z.record(z.string(), allSeries)),
  lists: z.optional(z.record(z.string(), z.array(occurrence))),
  tables: z.optional(z.record(z.string(), z.array(json))),
  /** `null`: it is up to date again. */
  stale: z.optional(z.record(z.string(), z.nullable(staleness))),
  crossed: z.optional(z.array(crossing)),
});

/**
 * What came since the last update, in the units of a bucket but without its step: of a gauge the last value, the smallest, the largest,
 * their sum and their count; of a counter its growth; of a histogram the sum and the count of each bucket.
 */
const sample = z.array(z.number());

const update = z.object({
  series: z.record(z.string(), z.record(z.string(), sample)),
  lists: z.record(z.string(), z.array(json)),
  tables: z.record(z.string(), z.array(json)),
  /** The reason; `null` where it is up to date again. */
  stale: z.record(z.string(), z.nullable(z.string())),
  /** Whose it is and the how manyth of theirs, from 1: what comes again changes nothing. */
  batch: z.optional(z.object({ from: z.string(), number: z.int() })),
});

export type DashboardState = z.output<typeof state>;
export type DashboardUpdate = z.output<typeof updated>;
export type DashboardSamples = z.output<typeof update>;
export type SeriesState = z.output<typeof series>;
export type Bucket = z.output<typeof bucket>;
export type Crossing = z.output<typeof crossing>;

/** How much a dashboard keeps. */
export interface DashboardBounds {
  /** How many steps the window has. */
  readonly steps: number;
  /** How long a step is, in milliseconds. */
  readonly stepMs: number;
  /** How many occurrences each event list keeps. */
  readonly keep: Readonly<Record<string, number>>;
}

/** The channel behind a dashboard, before its metrics give it types. */
export function dashboardChannel<const Name extends string>(name: Name, bounds: DashboardBounds) {
  return defineChannel(
    name as "dashboard",
    {
      params: z.object({}),
      state,
      events: {
        /** All that changed at once, each as it is now. */
        updated,
        /** A node collects for all from now on, or does for longer. */
        leased: z.object({}),
      },
      commands: {
        update: { internal: true, input: update },
        /** A node asks to be the one that collects for all. */
        claim: {
          internal: true,
          input: z.object({ node: z.string(), leaseMs: z.int() }),
          result: z.object({ held: z.boolean() }),
        },
      },
    },
    {
      initial: () => ({ at: 0, series: {}, lists: {}, tables: {}, stale: {}, over: {} }),
      apply: {
        updated: (state, data) => applyUpdate(state, data, bounds),
        leased: (state) => state,
      },
    },
  );
}

/** A dashboard before its metrics give it types, for code that serves any. */
export interface AnyDashboardTypes extends TypesOf<ReturnType<typeof dashboardChannel>> {}
