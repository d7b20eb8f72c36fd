import {
  type Bucket,
  countsOf,
  defineDashboard,
  downsample,
  gauge,
  histogram,
  mergeHistograms,
  type Point,
  pointOf,
  quantileOf,
  rateOf,
  within,
} from "@shoal/contract/dashboards";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seed } from "./support/seed.ts";

const values = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 5 });

/** A point as it comes of values, and the values. */
const measured = values.map((given) => {
  const [min, max] = [Math.min(...given), Math.max(...given)];
  const sum = given.reduce((all, value) => all + value, 0);
  return { given, point: { min, max, mean: sum / given.length, count: given.length } satisfies Point };
});

describe("A line with fewer points", () => {
  test("keeps its extremes, its mean and its gaps, and has no more points than asked for", () => {
    fc.assert(
      fc.property(fc.array(fc.option(measured)), fc.integer({ min: 1, max: 20 }), (line, n) => {
        const fewer = downsample(
          line.map((one) => one?.point ?? null),
          n,
        );
        expect(fewer.length).toBeLessThanOrEqual(n);
        const together = Math.ceil(line.length / n);
        for (const [index, point] of fewer.entries()) {
          const all = line.slice(index * together, (index + 1) * together).flatMap((one) => one?.given ?? []);
          if (all.length === 0) {
            expect(point).toBeNull();
            continue;
          }
          expect(point?.min).toBe(Math.min(...all));
          expect(point?.max).toBe(Math.max(...all));
          expect(point?.count).toBe(all.length);
          expect(point?.mean).toBeCloseTo(all.reduce((sum, value) => sum + value, 0) / all.length, 3);
        }
        const extremes = line.flatMap((one) => one?.given ?? []);
        expect(Math.max(...fewer.map((point) => point?.max ?? Number.NEGATIVE_INFINITY))).toBe(Math.max(...extremes));
        expect(Math.min(...fewer.map((point) => point?.min ?? Number.POSITIVE_INFINITY))).toBe(Math.min(...extremes));
      }),
      seed,
    );
  });

  test("is the line itself where there is room for it", () => {
    const line = [{ min: 1, max: 3, mean: 2, count: 2 }, null, { min: 5, max: 5, mean: 5, count: 1 }];
    expect(downsample(line, 3)).toEqual(line);
    expect(downsample(line, 100)).toEqual(line);
    expect(downsample([], 5)).toEqual([]);
  });

  test("is made of the buckets of a gauge, which are short where there was one value", () => {
    expect(pointOf([7, 12])).toEqual({ min: 12, max: 12, mean: 12, count: 1 });
    expect(pointOf([7, 1, 5, 12, 4])).toEqual({ min: 1, max: 5, mean: 3, count: 4 });
  });
});

const counts = fc.array(fc.nat(1_000), { minLength: 4, maxLength: 4 });
const bounds = [1, 10, 100];

describe("Histograms", () => {
  test("merge in whatever order, and however they are put together", () => {
    fc.assert(
      fc.property(counts, counts, counts, (a, b, c) => {
        expect(mergeHistograms(a, b)).toEqual(mergeHistograms(b, a));
        expect(mergeHistograms(mergeHistograms(a, b), c)).toEqual(mergeHistograms(a, mergeHistograms(b, c)));
        expect(mergeHistograms(a, [])).toEqual(a);
      }),
      seed,
    );
  });

  test("have quantiles that grow with their share, and lie in the bucket of the value that has that rank", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, min: 0, max: 200 }), { minLength: 1 }),
        fc.double({ noNaN: true, min: 0, max: 1 }),
        fc.double({ noNaN: true, min: 0, max: 1 }),
        (observed, one, other) => {
          const spread = observed.reduce(
            (all, value) => {
              const place = bounds.findIndex((bound) => value <= bound);
              return all.map((count, index) => (index === (place < 0 ? 3 : place) ? count + 1 : count));
            },
            [0, 0, 0, 0],
          );
          const [low, high] = [Math.min(one, other), Math.max(one, other)];
          const [below, above] = [quantileOf(spread, bounds, low), quantileOf(spread, bounds, high)];
          expect(below).toBeLessThanOrEqual(above ?? Number.NaN);
          const ranked = observed.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(high * observed.length) - 1)] ?? 0;
          const place = bounds.findIndex((bound) => ranked <= bound);
          const [from, to] = place < 0 ? [100, 100] : [bounds[place - 1] ?? 0, bounds[place] ?? 0];
          expect(above).toBeGreaterThanOrEqual(from);
          expect(above).toBeLessThanOrEqual(to);
        },
      ),
      seed,
    );
  });

  test("have a quantile within a bucket by its share, none without values, and above the last bound no more than that", () => {
    expect(quantileOf([0, 10, 0, 0], bounds, 0.5)).toBe(5.5);
    expect(quantileOf([4, 0, 0, 0], bounds, 0.25)).toBe(0.25);
    expect(quantileOf([0, 0, 0, 3], bounds, 0.5)).toBe(100);
    expect(quantileOf([1, 0, 0, 9], bounds, 0.99)).toBe(100);
    expect(quantileOf([0, 0, 0, 0], bounds, 0.5)).toBeNull();
    expect(quantileOf([], bounds, 0.5)).toBeNull();
    // A first bound below 0 has nothing to begin at.
    expect(quantileOf([2, 2], [-5], 0.25)).toBe(-5);
  });
});

describe("What came within a time", () => {
  const buckets: Bucket[] = [
    [1, 5],
    [3, 7],
    [9, 2],
  ];

  test("is that of its steps, with the one in which it ends", () => {
    expect(within(buckets, { at: 9_500, overMs: 7_000, stepMs: 1_000 })).toEqual([
      [3, 7],
      [9, 2],
    ]);
    expect(within(buckets, { at: 8_999, overMs: 1_000, stepMs: 1_000 })).toEqual([]);
  });

  test("is the rate of a counter, where nothing came in a step as if it had not grown", () => {
    expect(rateOf(buckets, { at: 9_000, overMs: 10_000, stepMs: 1_000 })).toBe(1.4);
    expect(rateOf([], { at: 9_000, overMs: 10_000, stepMs: 1_000 })).toBe(0);
  });

  test("are the counts of a histogram", () => {
    const spread: Bucket[] = [
      [1, 9, 1, 0, 0, 1],
      [2, 9, 0, 2, 0, 1],
    ];
    expect(countsOf(spread, { at: 2_000, overMs: 2_000, stepMs: 1_000 })).toEqual([1, 2, 0, 2]);
    expect(countsOf(spread, { at: 9_000, overMs: 2_000, stepMs: 1_000 })).toEqual([]);
  });
});

describe("A dashboard is refused", () => {
  const cpu = gauge();

  test.each([
    ["without a metric", {}, {}],
    ["with a window of too many steps", { cpu }, { window: "2h" }],
    ["with a tier that is too fast", { cpu }, { tiers: { live: 10 } }],
    ["with tiers in the wrong order", { cpu }, { tiers: { calm: 1_000, live: 100 } }],
    ["without a tier", { cpu }, { tiers: {} }],
    ["with a metric named as what every object has", { constructor: cpu }, {}],
    ["with bounds that do not ascend", { slow: histogram({ buckets: [1, 1] }) }, {}],
    ["with a bound that is no number", { slow: histogram({ buckets: [1, Number.POSITIVE_INFINITY] }) }, {}],
    ["with more series than can be kept apart", { cpu: gauge({ labels: ["node"], maxSeries: 1_001 }) }, {}],
    ["with a label twice", { cpu: gauge({ labels: ["node", "node"] }) }, {}],
  ])("%s", (_why, metrics, options) => {
    expect(() => defineDashboard("bad", metrics as never, options as never)).toThrow(/^Dashboard "bad": /);
  });
});
