import type { Alert, KnownRule } from "@shoal/contract/dashboards";
import { createMemoryStore } from "@shoal/server";
import { testRealtime } from "@shoal/server/testing";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { topicRef } from "../../src/topic-ref.ts";
import { shared, varied } from "../support/nodes.ts";
import { tries } from "../support/seed.ts";
import { ModelSeries } from "./alert-model.ts";
import { type AlertsApp, alertChannels, alertsWorld, createAlerts, ops, toSamples, withRules } from "./alerts-app.ts";

const onA = '["a"]';
const onB = '["b"]';

const createModel = () => [
  new ModelSeries(ops.rules.hot, onA),
  new ModelSeries(ops.rules.hot, onB),
  new ModelSeries(ops.rules.loaded, ""),
  new ModelSeries(ops.rules.shallow, ""),
];

function toOpen(alerts: readonly Alert[]) {
  const open = alerts.filter(({ phase }) => phase !== "resolved");
  return sorted(
    open.map(({ rule, key, phase, since, dueAt }) => {
      return { rule, key, phase, since, ...(phase === "pending" && { dueAt }) };
    }),
  );
}

function sorted<T>(all: readonly T[]): readonly T[] {
  return all.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
}

const countOf = (log: readonly { readonly type: string }[], wanted: string) =>
  log.filter(({ type }) => type === wanted).length;

const sumOf = (model: readonly ModelSeries[], of: "fired" | "resolved") => model.reduce((sum, one) => sum + one[of], 0);

test("An alert fires once for any jitter around its threshold within the hysteresis, whichever way it looks", async () => {
  const fraction = fc.double({ min: 0, max: 1, noNaN: true });
  const jitter = fc.record({
    above: fc.boolean(),
    threshold: fc.integer({ min: -1_000, max: 1_000 }),
    band: fc.integer({ min: 1, max: 500 }),
    forMs: fc.constantFrom(0, 1, 10_000),
    /** Before it is crossed: at the threshold, or anywhere on the well side of it. */
    before: fc.array(fraction, { maxLength: 10 }),
    /** From then on: beyond the threshold, or between it and where it is well, without that. */
    after: fc.array(fc.record({ beyond: fc.boolean(), by: fraction, wait: fc.integer({ min: 0, max: 5_000 }) }), {
      maxLength: 30,
    }),
  });
  const check = fc.asyncProperty(jitter, async ({ above, threshold, band, forMs, before, after }) => {
    const way = above ? 1 : -1;
    const rule = { metric: "load", clear: threshold - way * band, for: forMs, title: "Jitter" } as const;
    const dashboard = withRules({ jitter: above ? { ...rule, above: threshold } : { ...rule, below: threshold } });
    await using w = testRealtime({ channels: alertChannels({}, dashboard) });
    const read = async (load: number) => {
      await w.system(dashboard, {}).send.update(toSamples({ load }));
      await w.settle();
    };
    for (const by of before) await read(threshold - way * by * 2 * band);
    expect(await w.log(dashboard.alerts, {})).toEqual([]);
    await read(threshold + way);
    for (const { beyond, by, wait } of after) {
      await w.advance(wait);
      await read(beyond ? threshold + way * (1 + by) : threshold - way * Math.min(by, 0.999) * band);
    }
    await w.advance(forMs);
    const types = async () => (await w.log(dashboard.alerts, {})).map(({ type }) => type);
    const once = [...(forMs > 0 ? ["pended"] : []), "fired"];
    expect((await types()).filter((type) => type !== "told")).toEqual(once);
    await read(threshold - way * band);
    expect((await types()).filter((type) => type !== "told")).toEqual([...once, "resolved"]);
  });
  await fc.assert(check, tries(100));
});

test("Alerts are what somebody would write down who watches the numbers, whatever is read, whenever, and whatever the dashboard forgets", async () => {
  const value = fc.integer({ min: 0, max: 100 });
  const near = (rule: KnownRule) =>
    fc.oneof(
      value,
      fc.constantFrom(rule.threshold, rule.clear, rule.threshold + 1, rule.threshold - 1, rule.clear + 1),
    );
  const { hot, loaded, shallow } = ops.rules;
  const reading = fc.record(
    { a: near(hot), b: near(hot), load: near(loaded), depth: near(shallow) },
    { requiredKeys: [] },
  );
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ reading }) },
    {
      weight: 4,
      arbitrary: fc.record({ wait: fc.oneof(fc.nat(40_000), fc.constantFrom(1, 9_999, 10_000, 29_999, 30_000)) }),
    },
    { weight: 1, arbitrary: fc.record({ forget: fc.constant(true) }) },
  );
  const check = fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
    await using world = alertsWorld();
    const { w, read, alerts, told } = world;
    const model = createModel();
    const [a, b, load, depth] = model;
    for (const step of steps) {
      if ("wait" in step) {
        const end = w.now + step.wait;
        await w.advance(step.wait);
        // Who is there all the time looks at the right instant.
        for (const one of model) if (one.alert && one.alert.dueAt <= end) one.look(one.alert.dueAt);
      } else if ("forget" in step) {
        await w.system(ops, {}).erase();
        for (const one of model) one.forget();
      } else {
        const { reading: now } = step;
        const cpu = { ...(now.a !== undefined && { a: now.a }), ...(now.b !== undefined && { b: now.b }) };
        await read({
          cpu,
          ...(now.load !== undefined && { load: now.load }),
          ...(now.depth !== undefined && { depth: now.depth }),
        });
        if (now.a !== undefined) a?.read(now.a, w.now);
        if (now.b !== undefined) b?.read(now.b, w.now);
        if (now.load !== undefined) load?.read(now.load, w.now);
        if (now.depth !== undefined) depth?.read(now.depth, w.now);
      }
      expect(toOpen(await alerts())).toEqual(sorted(model.flatMap(({ open }) => open)));
    }
    const log = await w.log(ops.alerts, {});
    expect(countOf(log, "fired")).toBe(sumOf(model, "fired"));
    expect(countOf(log, "resolved")).toBe(sumOf(model, "resolved"));
    const isAnns = model.filter(({ rule }) => rule.notify.includes("ann"));
    const all = await told("ann");
    expect(all.filter(({ what }) => what === "fired")).toHaveLength(sumOf(isAnns, "fired"));
    expect(all.filter(({ what }) => what === "resolved")).toHaveLength(sumOf(isAnns, "resolved"));
  });
  await fc.assert(check, tries(100));
});

test("Alerts are the same through restarts: nothing fires twice or is forgotten, and no time counts in which no server ran", async () => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        series: fc.nat(3),
        over: fc.boolean(),
        repeat: fc.boolean(),
      }),
    },
    { weight: 4, arbitrary: fc.record({ wait: fc.oneof(fc.nat(50_000), fc.constantFrom(10_000, 15_000, 15_001)) }) },
    { weight: 2, arbitrary: fc.record({ down: fc.nat(50_000) }) },
    { weight: 2, arbitrary: fc.record({ acknowledge: fc.nat(3) }) },
  );
  const check = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
    let now = 1_700_000_000_000;
    const clock = { now: () => now };
    const store = createMemoryStore(clock);
    const serve = () =>
      createAlerts({ store: varied(shared(store), { volatile: () => createMemoryStore(clock) }), effects: () => [] });
    const model = createModel();
    const acknowledged = new Set<string>();
    let app: AlertsApp = serve();
    try {
      for (const step of steps) {
        if ("wait" in step) now += step.wait;
        else if ("down" in step) {
          await app[Symbol.asyncDispose]();
          now += step.down;
          app = serve();
        } else if ("series" in step) {
          const one = model[step.series];
          if (!one) continue;
          for (let times = step.repeat ? 2 : 1; times > 0; times -= 1) {
            await app.cross(one.rule.name, step.over, { key: one.key, at: now });
            for (const other of model) other.look(now);
            one.cross(step.over, now);
          }
        } else {
          const { rule, key } = model[step.acknowledge] ?? {};
          const { alerts } = await app.hand.state();
          const alert = alerts.find((one) => one.rule === rule?.name && one.key === key && one.phase !== "resolved");
          for (const other of model) other.look(now);
          const fires = model[step.acknowledge]?.alert?.fired;
          const outcome = await app.as("ann").opsAlerts.acknowledge({ id: alert?.id ?? "x" });
          if (!alert) expect(outcome).toMatchObject({ ok: false, reason: "NOT_FOUND" });
          else if (!fires) expect(outcome).toMatchObject({ ok: false, reason: "NOT_FIRING" });
          else
            expect(outcome).toMatchObject(acknowledged.has(alert.id) ? { ok: false, reason: "ALREADY" } : { ok: true });
          if (alert && fires) acknowledged.add(alert.id);
        }
        // A command finds the timers fired that are due.
        await app.hand.send.cross({ crossings: [] });
        for (const one of model) one.look(now);
        const { alerts } = await app.hand.state();
        expect(toOpen(alerts)).toEqual(sorted(model.flatMap(({ open }) => open)));
      }
    } finally {
      await app[Symbol.asyncDispose]();
    }
    const log = await store.read(topicRef(ops.alerts.name, null, {}), 1, Number.MAX_SAFE_INTEGER);
    expect(countOf(log, "fired")).toBe(sumOf(model, "fired"));
    expect(countOf(log, "resolved")).toBe(sumOf(model, "resolved"));
    expect(countOf(log, "acknowledged")).toBe(acknowledged.size);
    await store.close();
  });
  await fc.assert(check, tries(100));
});
