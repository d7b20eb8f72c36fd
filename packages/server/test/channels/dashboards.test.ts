import type { TaggedEvent } from "@shoal/contract";
import { type DashboardState, type DashboardTypes, overKey } from "@shoal/contract/dashboards";
import { createMemoryStore, createSqliteStore, system } from "@shoal/server";
import { serveDashboard } from "@shoal/server/dashboards";
import { checkApply, checkConflation } from "@shoal/server/testing";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toUpdate } from "../../src/channels/dashboard-update.ts";
import { temporaryFolder } from "../durability/temporary-folder.ts";
import { eventually } from "../support/recorder.ts";
import { tries } from "../support/seed.ts";
import { createDashboards, guarded, ops } from "./dashboard-app.ts";

type Events = DashboardTypes<"ops">["events"];

/** The window of `ops` has 20 steps of 100 ms: these go far beyond it, back and forth. */
const at = fc.nat(6_000);
const slot = fc.nat(60);
const value = fc.integer({ min: -5, max: 5 });

const buckets = fc
  .uniqueArray(fc.tuple(slot, value), { maxLength: 4, selector: ([slot]) => slot })
  .map((all) => all.toSorted(([a], [b]) => a - b).map(([slot, value]) => [slot, value]));
const series = fc.record({ latest: value, buckets });
const keyed = fc.dictionary(fc.constantFrom("", '["a"]', '["b"]'), series, { maxKeys: 3 });
const staleness = fc.option(fc.record({ since: at, reason: fc.constantFrom("late", "lost") }));
const occurrence = fc.record({ id: fc.string(), at, data: fc.record({ message: fc.string() }) });
const crossing = fc.record({
  rule: fc.constantFrom("hot", "busy"),
  key: fc.constantFrom("", '["a"]'),
  over: fc.boolean(),
  value,
});

const updated = fc.record(
  {
    at,
    series: fc.dictionary(fc.constantFrom("cpu", "memory"), keyed),
    lists: fc.dictionary(fc.constant("errors"), fc.array(occurrence, { maxLength: 5 })),
    tables: fc.dictionary(fc.constant("topRoutes"), fc.array(fc.record({ route: fc.string(), count: fc.nat() }))),
    stale: fc.dictionary(fc.constantFrom("cpu", "memory"), staleness),
    crossed: fc.array(crossing, { maxLength: 3 }),
  },
  { requiredKeys: ["at"], noNullPrototype: true },
);

const events = fc.oneof(
  { weight: 9, arbitrary: updated.map((data) => ({ type: "updated" as const, data })) },
  { weight: 1, arbitrary: fc.constant({ type: "leased" as const, data: {} }) },
) as unknown as fc.Arbitrary<TaggedEvent<Events>>;

describe("The laws of a dashboard: ", () => {
  const [served] = serveDashboard(ops);

  test("what follows from an event follows from nothing else", () => {
    checkApply(ops, { params: {}, events, run: tries(200) });
  });

  test("updates that become one change every state as they did, whatever has left the window meanwhile", () => {
    checkConflation(served, { params: {}, events, run: tries(300) });
  });

  test("updates that became one end at the last value of each", () => {
    fc.assert(
      fc.property(fc.array(updated, { minLength: 1 }), (all) => {
        const merged = all.reduce((earlier, later) => ops.merge(earlier as never, later as never) as never);
        const state = ops.apply.updated(ops.initial({}), merged as never) as DashboardState;
        for (const metric of ["cpu", "memory"]) {
          const last = all.findLast((one) => one.series?.[metric]?.[""])?.series?.[metric]?.[""];
          expect(state.series[metric]?.[""]?.latest).toBe(last?.latest);
        }
      }),
      tries(200),
    );
  });
});

describe("What the window holds", () => {
  test("is what was measured within it, however the measuring went, and whoever made the last step", async () => {
    const step = fc.record({
      wait: fc.constantFrom(0, 0, 10, 100, 700, 2_500),
      cpu: fc.option(fc.integer({ min: -9, max: 9 })),
      total: fc.option(fc.nat(9)),
      latency: fc.option(fc.nat(500)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        let now = 50_000;
        await using app = createDashboards({ store: createMemoryStore({ now: () => now }) });
        const measured: { slot: number; cpu: number | null; total: number | null; latency: number | null }[] = [];
        for (const { wait, ...values } of steps) {
          now += wait;
          const { cpu, total, latency } = values;
          if (cpu !== null) app.realtime.ops.set("cpu", cpu);
          if (total !== null) app.realtime.ops.increment("total", total);
          if (latency !== null) app.realtime.ops.observe("latency", latency);
          await app.realtime.ops.flush();
          if (cpu !== null || total !== null || latency !== null)
            measured.push({ slot: Math.floor(now / 100), ...values });
        }
        const { series } = await app.state();
        const oldest = (measured.at(-1)?.slot ?? 0) - 19;
        const within = measured.filter(({ slot }) => slot >= oldest);
        const sum = (all: readonly (number | null)[]) => all.reduce<number>((sum, value) => sum + (value ?? 0), 0);
        const growth = series.total?.[""]?.buckets.map(([, by = 0]) => by) ?? [];
        expect(sum(growth)).toBe(sum(within.map(({ total }) => total)));
        expect(series.total?.[""]?.latest ?? 0).toBe(sum(measured.map(({ total }) => total)));
        const counts = series.latency?.[""]?.buckets.map(([, , ...counts]) => sum(counts)) ?? [];
        expect(sum(counts)).toBe(within.filter(({ latency }) => latency !== null).length);
        const gauges = within.flatMap(({ cpu }) => cpu ?? []);
        const buckets = series.cpu?.[""]?.buckets ?? [];
        const extremes = buckets.flatMap(([, min = 0, max = min]) => [min, max]);
        expect([Math.min(...extremes), Math.max(...extremes)]).toEqual([Math.min(...gauges), Math.max(...gauges)]);
        expect(buckets.map(([slot]) => slot)).toEqual([
          ...new Set(within.flatMap(({ slot, cpu }) => (cpu === null ? [] : slot))),
        ]);
      }),
      tries(30),
    );
  });

  test("outlives a restart where the dashboard is durable, and begins anew where it is not", async () => {
    await using folder = await temporaryFolder();
    const path = folder.file("shoal.db");
    for (const durable of [true, false]) {
      const live = () => createDashboards({ store: createSqliteStore({ path }), durable });
      {
        await using app = live();
        app.realtime.ops.update({ cpu: 7, total: 3 });
        app.realtime.ops.push("errors", { message: "Oh." });
        await app.realtime.ops.flush();
      }
      await using app = live();
      const { series, lists } = await app.state();
      if (durable) expect(series).toMatchObject({ cpu: { "": { latest: 7 } }, total: { "": { latest: 3 } } });
      else expect({ series, lists }).toEqual({ series: {}, lists: {} });
    }
  });
});

describe("A rule", () => {
  const world = () => {
    const clock = { now: 100_000 };
    const app = createDashboards({ store: createMemoryStore({ now: () => clock.now }) });
    const crossed = async () => {
      const log = await app.realtime.topic(guarded, {}).as(system).history({ limit: 1_000 });
      const all = log.toReversed().flatMap(({ type, data }) => (type === "updated" ? (data.crossed ?? []) : []));
      return all.map(({ rule, key, over, value }) => [rule, key, over, value]);
    };
    return {
      app,
      clock,
      crossed,
      hand: app.realtime.guarded,
      [Symbol.asyncDispose]: () => app.close(),
    };
  };

  test("tells once what is beyond its threshold, for any jitter within the hysteresis, and once that it is well", async () => {
    await using w = world();
    for (const cpu of [50, 91, 85, 95, 81, 90, 91, 80, 85, 90, 79, 91]) {
      w.hand.set("cpu", cpu);
      await w.hand.flush();
    }
    expect(await w.crossed()).toEqual([
      ["hot", "", false, 50],
      ["hot", "", true, 91],
      ["hot", "", false, 80],
      ["hot", "", true, 91],
    ]);
    await eventually(
      async () => (await w.app.alerts()).filter(({ phase }) => phase === "firing").length === 1,
      "it fires",
    );
  });

  test("on a counter is about its growth, and clears when nothing comes any more", async () => {
    await using w = world();
    w.hand.increment("requests", 99, { route: "/" });
    w.hand.increment("requests", 101, { route: "/a" });
    await w.hand.flush();
    expect(await w.crossed()).toEqual([
      ["busy", '["/"]', false, 9.9],
      ["busy", '["/a"]', true, 10.1],
    ]);
    w.clock.now += 11_000;
    await w.app.realtime.topic(guarded, {}).as(system).send.update({ series: {}, lists: {}, tables: {}, stale: {} });
    expect((await w.crossed()).at(-1)).toEqual(["busy", '["/a"]', false, 0]);
    expect((await w.app.realtime.topic(guarded, {}).as(system).state()).over).toEqual({});
  });

  test("on a histogram is about a quantile, and clears when there are no values any more", async () => {
    await using w = world();
    for (const ms of [50, 60, 70]) w.hand.observe("latency", ms);
    await w.hand.flush();
    w.clock.now += 11_000;
    await w.app.realtime.topic(guarded, {}).as(system).send.update({ series: {}, lists: {}, tables: {}, stale: {} });
    expect(await w.crossed()).toEqual([
      ["slow", "", true, 55],
      ["slow", "", false, 20],
    ]);
  });

  test("on a counter is asked by itself when nobody measures any more", async () => {
    await using w = world();
    await w.app.realtime.open();
    w.hand.increment("requests", 101, { route: "/a" });
    await w.hand.flush();
    w.clock.now += 11_000;
    await eventually(async () => (await w.crossed()).at(-1)?.[2] === false, "it is well again", 10_000);
  }, 20_000);

  test("of another version of the contract is not told to be well by a node that does not know it", () => {
    const over = { [overKey("ofTomorrow", "")]: 99, [overKey("hot", "")]: 95 };
    const state = { ...guarded.initial({}), over };
    const input = { series: {}, lists: {}, tables: {}, stale: {} };
    const { crossed } = toUpdate(guarded, { state, input, now: 1_000, offset: 1 }) ?? {};
    expect(crossed).toEqual([{ rule: "hot", key: "", over: false, value: 95 }]);
  });

  test("lets go of a series that has left the window", async () => {
    await using w = world();
    w.hand.set("cpu", 95);
    await w.hand.flush();
    w.clock.now += 16 * 60_000;
    w.hand.increment("total");
    await w.hand.flush();
    expect((await w.crossed()).at(-1)).toEqual(["hot", "", false, 95]);
  });
});
