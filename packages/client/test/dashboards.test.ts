import { dashboardView } from "@shoal/client/dashboards";
import {
  type Bucket,
  counter,
  type DashboardState,
  type DashboardUpdate,
  defineDashboard,
  eventList,
  gauge,
  histogram,
  table,
} from "@shoal/contract/dashboards";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";

const { SHOAL_SEED: given, SHOAL_EFFORT: effort = "1" } = process.env;
const runs = { numRuns: 200 * Number(effort), ...(given && { seed: Number(given) }) };

const bounds = [1, 10, 100];

const ops = defineDashboard(
  "ops",
  {
    cpu: gauge({ unit: "percent" }),
    memory: gauge({ unit: "bytes", labels: ["node"] }),
    requests: counter(),
    latency: histogram({ unit: "ms", buckets: bounds }),
    errors: eventList({ data: z.object({ message: z.string() }) }),
    routes: table({ row: z.object({ route: z.string() }) }),
  },
  { window: "120s", resolution: "1s" },
);

const begin = 1_700_000_000;

function after(state: DashboardState, data: Partial<DashboardUpdate> & { readonly at: number }): DashboardState {
  return ops.apply.updated(state, data);
}

/** A state in which a metric without labels has these buckets; their steps count from `begin`. */
function stateOf(all: Readonly<Record<string, readonly Bucket[]>>): DashboardState {
  const series = Object.entries(all).map(([name, buckets]) => {
    const moved = buckets.map(([slot = 0, ...values]) => [begin + slot, ...values]);
    return [name, { "": { latest: moved.at(-1)?.[1] ?? 0, buckets: moved } }] as const;
  });
  const last = Math.max(...Object.values(all).flatMap((buckets) => buckets.map(([slot = 0]) => slot)));
  return after(ops.initial({}), { at: (begin + last) * 1_000, series: Object.fromEntries(series) });
}

const readings = (...slots: readonly number[]): Bucket[] => slots.map((slot) => [slot, slot]);
const every = (distance: number, from: number, to: number): number[] =>
  Array.from({ length: Math.floor((to - from) / distance) + 1 }, (_, place) => from + place * distance);

/** Buckets, of which each comes so many steps after the one before. */
function following(steps: readonly (readonly [distance: number, value: number])[]): Bucket[] {
  let slot = 0;
  return steps.map(([distance, value]) => {
    slot += distance;
    return [slot, value];
  });
}

/** What a line shows at a step that counts from `begin`. */
function at(x: Float64Array, column: ArrayLike<number | null>, step: number): number | null | undefined {
  return column[x.indexOf(begin + step)];
}

describe("a line", () => {
  test("has a point for each step of the range, in seconds, and typed arrays where all is known", () => {
    const { series } = dashboardView(ops, { metrics: ["cpu"], range: "10s" })(
      stateOf({ cpu: readings(...every(1, 0, 20)) }),
    );
    expect(series.cpu.x).toEqual(Float64Array.from(every(1, 11, 20), (step) => begin + step));
    expect(series.cpu.value).toEqual(Float64Array.from(every(1, 11, 20)));
  });

  test("goes straight from reading to reading where they are as far apart as they mostly are, and breaks where they are farther", () => {
    const cpu = readings(...every(5, 0, 30), 35, 41, ...every(5, 80, 100));
    const { x, value } = dashboardView(ops, { metrics: ["cpu"] })(stateOf({ cpu })).series.cpu;
    expect(at(x, value, 32)).toBeCloseTo(32);
    expect(at(x, value, 38)).toBeCloseTo(38);
    for (const step of every(1, 42, 79)) expect(at(x, value, step)).toBeNull();
    expect(at(x, value, 41)).toBe(41);
    expect(at(x, value, 80)).toBe(80);
    expect(at(x, value, 82)).toBeCloseTo(82);
  });

  test("breaks where it is said that it does", () => {
    const state = stateOf({ cpu: readings(...every(1, 0, 20), ...every(1, 24, 30)) });
    const line = (gap: `${number}s`) => {
      const { x, value } = dashboardView(ops, { metrics: ["cpu"], gap })(state).series.cpu;
      return at(x, value, 22);
    };
    expect(line("3s")).toBeNull();
    expect(line("4s")).toBeCloseTo(22);
  });

  test("is broken by two readings that are far apart when there are no others", () => {
    const { x, value } = dashboardView(ops, { metrics: ["cpu"] })(stateOf({ cpu: readings(0, 90) })).series.cpu;
    expect(at(x, value, 45)).toBeNull();
  });

  test("keeps every extreme, and its points stay where they are when time goes on", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.double({ min: -1e6, max: 1e6, noNaN: true })), {
          minLength: 1,
          maxLength: 60,
        }),
        fc.integer({ min: 1, max: 130 }),
        (steps, points) => {
          const cpu = following(steps);
          const { x, min, max, value } = dashboardView(ops, { metrics: ["cpu"], points })(stateOf({ cpu })).series.cpu;
          const width = x.length > 1 ? (x[1] as number) - (x[0] as number) : 120;
          expect(x.length).toBeLessThanOrEqual(points);
          for (const [point, from] of x.entries()) {
            expect(from % width).toBe(0);
            const inside = cpu.filter(([step = 0]) => begin + step >= from && begin + step < from + width);
            if (inside.length === 0) continue;
            const values = inside.map(([, reading = 0]) => reading);
            expect(min[point]).toBe(Math.min(...values));
            expect(max[point]).toBe(Math.max(...values));
            expect(value[point]).toBeCloseTo(values.reduce((sum, one) => sum + one, 0) / values.length, 3);
          }
        },
      ),
      runs,
    );
  });
});

describe("a counter", () => {
  test("is drawn as what it grew by a second, of which the area is all that it grew", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 1_000 })), {
          minLength: 2,
          maxLength: 9,
        }),
        (steps) => {
          const requests = following(steps);
          const { rate } = dashboardView(ops, { metrics: ["requests"] })(stateOf({ requests })).series.requests;
          const area = Array.from(rate, (value) => value ?? 0).reduce((sum, value) => sum + value, 0);
          expect(area).toBeCloseTo(
            requests.reduce((sum, [, growth = 0]) => sum + growth, 0),
            6,
          );
        },
      ),
      runs,
    );
  });

  test("rests at nothing while other metrics are read, and has a gap when none is", () => {
    const requests = [...every(1, 0, 20), 60, 61, 62].map((slot) => [slot, 1]);
    const cpu = readings(...every(1, 0, 40), ...every(1, 50, 62));
    const { x, rate } = dashboardView(ops, { metrics: ["requests"] })(stateOf({ requests, cpu })).series.requests;
    expect(at(x, rate, 20)).toBe(1);
    expect(at(x, rate, 30)).toBe(0);
    expect(at(x, rate, 45)).toBeNull();
    expect(at(x, rate, 55)).toBe(0);
    expect(at(x, rate, 61)).toBe(1);
  });

  test("that grows seldom has none the less a gap while the server was away", () => {
    const requests = [0, 30, 60, 90, 119].map((slot) => [slot, 30]);
    const cpu = readings(...every(1, 0, 65), ...every(1, 76, 119));
    const { x, rate } = dashboardView(ops, { metrics: ["requests"] })(stateOf({ requests, cpu })).series.requests;
    expect(at(x, rate, 50)).toBe(1);
    for (const step of every(1, 66, 75)) expect(at(x, rate, step)).toBeNull();
    expect(at(x, rate, 80)).toBe(30 / 20);
  });

  test("has a rate over the last ten seconds, and over what there is of a shorter life", () => {
    const view = dashboardView(ops, { metrics: ["requests"] });
    const rate = (slots: readonly number[]) =>
      view(stateOf({ requests: slots.map((slot) => [slot, 5]) })).latest.requests.rate;
    expect(rate(every(1, 0, 60))).toBe(5);
    expect(rate(every(1, 0, 2))).toBe(5);
    expect(rate(every(5, 0, 60))).toBe(1);
  });
});

describe("a histogram", () => {
  test("is summed over the range, and by point in its lines", () => {
    const latency = [
      [0, 500, 0, 0, 0, 5],
      [50, 6, 2, 2, 0, 0],
      [51, 60, 0, 0, 4, 0],
    ];
    const view = dashboardView(ops, { metrics: ["latency"], range: "20s", points: 10 });
    const { latest, series } = view(stateOf({ latency }));
    expect(latest.latency).toMatchObject({
      kind: "histogram",
      unit: "ms",
      count: 8,
      mean: 66 / 8,
      counts: [2, 2, 4, 0],
    });
    expect(latest.latency.p50).toBe(10);
    const { x, mean, p50, rate } = series.latency;
    expect(at(x, mean, 50)).toBe(66 / 8);
    expect(at(x, p50, 50)).toBe(10);
    expect(at(x, rate, 50)).toBe(4);
    expect(at(x, mean, 40)).toBeNull();
  });

  test("shows all of its range, however few points its lines have", () => {
    const latency = every(1, 0, 100).map((slot) => [slot, 5, 0, 1, 0, 0]);
    const counts = [1, 7, 50, undefined].map((points) => {
      const options = { metrics: ["latency"], range: "60s", ...(points && { points }) } as const;
      return dashboardView(ops, options)(stateOf({ latency })).latest.latency.count;
    });
    expect(counts).toEqual([60, 60, 60, 60]);
  });

  test("has neither mean nor quantiles while nothing was observed", () => {
    const { latest } = dashboardView(ops, { metrics: ["latency"] })(ops.initial({}));
    expect(latest.latency).toEqual({
      kind: "histogram",
      unit: "ms",
      ...{ count: null, mean: null, p50: null, p95: null, p99: null, counts: null },
    });
  });
});

describe("what else there is", () => {
  test("labels are told by name and in one order, occurrences newest first, and rows as they are", () => {
    const memory = Object.fromEntries(
      ["b", "a"].map((node) => [JSON.stringify([node]), { latest: 1, buckets: [[begin, 1]] }]),
    );
    const errors = [1, 2].map((id) => ({ id: `${id}`, at: id, data: { message: `no ${id}` } }));
    const state = after(ops.initial({}), {
      at: begin * 1_000,
      series: { memory },
      lists: { errors },
      tables: { routes: [{ route: "/" }] },
    });
    const { latest, series } = dashboardView(ops)(state);
    expect(latest.memory.series.map(({ labels }) => labels.node)).toEqual(["a", "b"]);
    expect(series.memory.series.map(({ labels }) => labels.node)).toEqual(["a", "b"]);
    expect(latest.errors.occurrences.map(({ id }) => id)).toEqual(["2", "1"]);
    expect(latest.routes.rows).toEqual([{ route: "/" }]);
    expect(latest.cpu.value).toBeNull();
  });

  test("what makes no sense is refused, with what to do", () => {
    // @ts-expect-error there is no such metric
    expect(() => dashboardView(ops, { metrics: ["disk"] })).toThrow('it has no metric "disk"');
    expect(() => dashboardView(ops, { range: "10m" })).toThrow("as the window at most");
    expect(() => dashboardView(ops, { range: "1ms" })).toThrow("as long as a step at least");
    expect(() => dashboardView(ops, { points: 0 })).toThrow("a chart has a point at least");
    expect(() => dashboardView(ops, { points: Number.NaN })).toThrow("a chart has a point at least");
    expect(() => dashboardView(ops, { gap: -1 })).toThrow("`gap` is a time");
  });
});

describe("one who looks at each state", () => {
  const names = ["cpu", "memory", "requests", "latency"] as const;
  const samples: Readonly<Record<(typeof names)[number], (value: number) => number[]>> = {
    cpu: (value) => (value % 2 ? [value] : [value, value + 2, 2 * value + 2, 2]),
    memory: (value) => [value],
    requests: (value) => [value],
    latency: (value) => [value * 3, value % 3, 1, value % 5, 0],
  };
  const update = fc.record({
    after: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0, max: 3 }) },
      { weight: 1, arbitrary: fc.constantFrom(30, 300) },
    ),
    of: fc.subarray([...names], { minLength: 1 }),
    value: fc.nat(100),
    key: fc.constantFrom("a", "b"),
    stale: fc.option(fc.boolean(), { nil: undefined, freq: 8 }),
  });

  function next(
    state: DashboardState,
    { of, value, key, stale, after: wait }: typeof update extends fc.Arbitrary<infer U> ? U : never,
  ) {
    const slot = Math.max(begin, Math.floor(state.at / 1_000)) + wait;
    const series = of.map((name) => {
      const label = name === "memory" ? JSON.stringify([key]) : "";
      const buckets: Bucket[] = [[slot, ...samples[name](value)]];
      return [name, { [label]: { latest: value, buckets } }] as const;
    });
    return after(state, {
      at: slot * 1_000,
      series: Object.fromEntries(series),
      ...(stale !== undefined && { stale: { cpu: stale ? { since: slot, reason: "it hangs" } : null } }),
    });
  }

  test("sees in the end what one sees who comes late, number by number", () => {
    fc.assert(
      fc.property(
        fc.array(update, { minLength: 1, maxLength: 60 }),
        fc.subarray([...names], { minLength: 1 }),
        fc.record({ points: fc.integer({ min: 1, max: 130 }), range: fc.integer({ min: 1, max: 120 }) }),
        (updates, metrics, { points, range }) => {
          const options = { metrics, points, range: range * 1_000 };
          const early = dashboardView(ops, options);
          let state = ops.initial({});
          for (const one of updates) {
            state = next(state, one);
            early(state);
          }
          // What comes late comes as JSON.
          const { at: _at, ...seen } = early(state);
          const { at: _late, ...late } = dashboardView(ops, options)(JSON.parse(JSON.stringify(state)));
          expect(seen).toEqual(late);
        },
      ),
      runs,
    );
  });

  test("works out anew only what has changed", () => {
    const view = dashboardView(ops, { metrics: ["cpu", "memory", "requests"] });
    const first = next(ops.initial({}), { of: [...names], after: 0, value: 1, key: "a", stale: undefined });
    const before = view(first);
    const now = view(next(first, { of: ["cpu"], after: 0, value: 3, key: "a", stale: undefined }));
    expect(now.latest.cpu.value).toBe(3);
    expect(now.latest.memory).toBe(before.latest.memory);
    expect(now.series.memory).toBe(before.series.memory);
    expect(now.series.requests).toBe(before.series.requests);
    expect(now.series.cpu.x).toBe(before.series.cpu.x);
    const unseen = next(first, { of: ["latency"], after: 0, value: 3, key: "a", stale: undefined });
    expect(dashboardView(ops, { metrics: ["cpu"] })(unseen).series.cpu.value.length).toBe(120);
    const narrow = dashboardView(ops, { metrics: ["cpu"] });
    expect(narrow(first)).toBe(narrow(unseen));
  });
});
