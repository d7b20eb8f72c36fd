import { ShoalError } from "@shoal/contract";
import { createMemoryStore, system } from "@shoal/server";
import { describe, expect, test } from "vitest";
import { varied } from "../support/nodes.ts";
import { eventually } from "../support/recorder.ts";
import { createDashboards, long, ops } from "./dashboard-app.ts";

/** The hand without its types. */
type Loose = Readonly<
  Record<"set" | "increment" | "observe" | "push" | "update", (...given: readonly unknown[]) => void>
>;

const message = (text: string) => ({ message: text });

describe("What measures", () => {
  test("is one update of all that came since the last one", async () => {
    await using app = createDashboards();
    const { ops: hand } = app.realtime;
    hand.set("cpu", 5);
    hand.set("cpu", 9);
    hand.set("cpu", 7);
    hand.set("memory", 100, { node: "a" });
    hand.increment("requests", 1, { route: "/" });
    hand.increment("requests", 2, { route: "/" });
    hand.increment("total");
    for (const ms of [1, 7, 500]) hand.observe("latency", ms);
    for (const text of ["a", "b", "c", "d"]) hand.push("errors", message(text));
    hand.set("topRoutes", [
      { route: "/", count: 3 },
      { route: "/a", count: 2 },
      { route: "/b", count: 1 },
    ]);
    await hand.flush();
    const { series, lists, tables, at } = await app.state();
    const slot = Math.floor(at / 100);
    expect(series).toEqual({
      cpu: { "": { latest: 7, buckets: [[slot, 5, 9, 21, 3]] } },
      memory: { '["a"]': { latest: 100, buckets: [[slot, 100]] } },
      requests: { '["/"]': { latest: 3, buckets: [[slot, 3]] } },
      total: { "": { latest: 1, buckets: [[slot, 1]] } },
      latency: { "": { latest: 3, buckets: [[slot, 508, 1, 1, 0, 1]] } },
    });
    expect(lists.errors?.map(({ data }) => data)).toEqual(["b", "c", "d"].map(message));
    expect(new Set(lists.errors?.map(({ id }) => id)).size).toBe(3);
    expect(tables.topRoutes).toEqual([
      { route: "/", count: 3 },
      { route: "/a", count: 2 },
    ]);
    expect(await app.realtime.topic(ops, {}).as(system).history({ limit: 10 })).toHaveLength(1);
  });

  test("is sent by itself, at most as often as the fastest tier", async () => {
    await using app = createDashboards();
    const start = performance.now();
    let count = 0;
    const log = () => app.realtime.topic(ops, {}).as(system).history({ limit: 100 });
    await eventually(async () => {
      app.realtime.ops.set("cpu", count++);
      return (await log()).length >= 5;
    }, "there are five updates");
    expect((await log()).length).toBeLessThanOrEqual((performance.now() - start) / 20 + 1);
  });

  test("goes on to the bucket of the step, whoever began it", async () => {
    let now = 1_000_000;
    const store = createMemoryStore({ now: () => now });
    await using app = createDashboards({ store });
    const { ops: hand } = app.realtime;
    hand.set("cpu", 5);
    await hand.flush();
    hand.update({ cpu: 3, total: 2, latency: [5, 6] });
    await hand.flush();
    now += 100;
    hand.update({ cpu: 4, total: 1, latency: { counts: [0, 0, 2, 1], sum: 300 } });
    await hand.flush();
    const { series } = await app.state();
    expect(series.cpu?.[""]).toEqual({
      latest: 4,
      buckets: [
        [10_000, 3, 5, 8, 2],
        [10_001, 4],
      ],
    });
    expect(series.total?.[""]).toEqual({
      latest: 3,
      buckets: [
        [10_000, 2],
        [10_001, 1],
      ],
    });
    expect(series.latency?.[""]).toEqual({
      latest: 5,
      buckets: [
        [10_000, 11, 0, 2, 0, 0],
        [10_001, 300, 0, 0, 2, 1],
      ],
    });
  });

  test("of a tenant is that tenant's alone", async () => {
    await using app = createDashboards();
    app.realtime.ops.of("acme").set("cpu", 7);
    app.realtime.ops.set("cpu", 1);
    await Promise.all([app.realtime.ops.of("acme").flush(), app.realtime.ops.flush()]);
    const acme = await app.realtime.topic(ops, {}, { tenant: "acme" }).as(system).state();
    expect(acme.series.cpu?.[""]?.latest).toBe(7);
    expect((await app.state()).series.cpu?.[""]?.latest).toBe(1);
  });

  test.each<[string, (hand: Loose) => void, RegExp]>([
    ["NaN", (hand) => hand.set("cpu", Number.NaN), /the metric "cpu" takes a finite number, and not NaN/],
    ["an infinity", (hand) => hand.observe("latency", Number.POSITIVE_INFINITY), /and not Infinity/],
    ["a text", (hand) => hand.set("cpu", "12"), /and not a string/],
    ["a metric that is not declared", (hand) => hand.set("disk", 1), /"disk" is not declared/],
    ["a metric that every object has", (hand) => hand.set("toString", 1), /"toString" is not declared/],
    ["a metric of another kind", (hand) => hand.increment("cpu"), /"cpu" is a gauge, and not a counter/],
    ["a counter that falls", (hand) => hand.increment("total", -1), /only grows: -1 is below 0/],
    ["a label that is not declared", (hand) => hand.set("cpu", 1, { node: "a" }), /has no label "node"/],
    ["a label that is left out", (hand) => hand.set("memory", 1, {}), /needs a text for its label "node"/],
    ["a label that is no text", (hand) => hand.set("memory", 1, { node: 7 }), /needs a text for its label "node"/],
    ["data that is not as declared", (hand) => hand.push("errors", { message: 7 }), /Invalid data of "errors"/],
    ["data without an end", (hand) => hand.push("errors", message("x".repeat(70_000))), /not 70014\. Cut it/],
    ["rows that are no list", (hand) => hand.set("topRoutes", {}), /takes a list here, and not a object/],
    ["a bucket too few", (hand) => hand.update({ latency: { counts: [1], sum: 1 } }), /has 4 buckets, and not 1/],
    ["one wrong of several", (hand) => hand.update({ total: 1, cpu: Number.NaN }), /and not NaN/],
  ])("refuses %s at once, and gathers nothing of it", async (_what, misuse, why) => {
    await using app = createDashboards();
    let error: unknown;
    try {
      misuse(app.realtime.ops as never);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ShoalError);
    expect(error).toMatchObject({ code: "BAD_REQUEST", message: expect.stringMatching(why) });
    await app.realtime.ops.flush();
    expect((await app.state()).at).toBe(0);
  });

  test("keeps a million labels apart as far as there is room, and the others together", async () => {
    await using app = createDashboards();
    const { long: hand } = app.realtime;
    for (let count = 0; count < 1_000_000; count += 1) hand.increment("requests", 1, { route: `/${count}` });
    await hand.flush();
    for (const route of ["/0", "/7", "/8"]) hand.increment("requests", 1, { route });
    await hand.flush();
    const { series } = await app.realtime.topic(long, {}).as(system).state();
    const totals = Object.entries(series.requests ?? {}).map(([key, { latest }]) => [key, latest]);
    expect(Object.fromEntries(totals)).toEqual({
      '["/0"]': 2,
      '["/1"]': 1,
      '["/2"]': 1,
      '["other"]': 1_000_000 - 3 + 2,
    });
  });

  test("lets a label in when another one has left the window", async () => {
    let now = 1_000_000;
    await using app = createDashboards({ store: createMemoryStore({ now: () => now }) });
    const measure = async (...nodes: string[]) => {
      for (const node of nodes) app.realtime.ops.set("memory", 1, { node });
      await app.realtime.ops.flush();
    };
    const keys = async () => Object.keys((await app.state()).series.memory ?? {}).sort();
    await measure("a", "b", "c");
    await measure("d");
    expect(await keys()).toEqual(['["a"]', '["b"]', '["c"]', '["other"]']);
    now += 1_500;
    await measure("a", "b");
    now += 600;
    await measure("e", "f");
    expect(await keys()).toEqual(['["a"]', '["b"]', '["e"]', '["other"]']);
  });

  test("cuts values of labels that are too long", async () => {
    await using app = createDashboards();
    app.realtime.ops.set("memory", 1, { node: "x".repeat(10_000) });
    await app.realtime.ops.flush();
    expect(Object.keys((await app.state()).series.memory ?? {})).toEqual([JSON.stringify([`${"x".repeat(128)}…`])]);
  });

  test("keeps what is too large for a number as the largest one, and all else with it", async () => {
    await using app = createDashboards();
    const { ops: hand } = app.realtime;
    for (let count = 0; count < 3; count += 1) {
      hand.set("cpu", Number.MAX_VALUE);
      hand.increment("total", Number.MAX_VALUE);
      hand.observe("latency", Number.MAX_VALUE);
      await hand.flush();
    }
    hand.set("memory", 1, { node: "a" });
    await hand.flush();
    const { series } = await app.state();
    expect(series.memory?.['["a"]']?.latest).toBe(1);
    expect(series.total?.[""]?.latest).toBe(Number.MAX_VALUE);
  });

  test("goes nowhere else when the clock jumps back", async () => {
    let now = 1_000_000;
    await using app = createDashboards({ store: createMemoryStore({ now: () => now }) });
    app.realtime.ops.set("cpu", 1);
    await app.realtime.ops.flush();
    now -= 60_000;
    app.realtime.ops.set("cpu", 2);
    await app.realtime.ops.flush();
    const { at, series } = await app.state();
    expect(at).toBe(1_000_000);
    expect(series.cpu?.[""]).toEqual({ latest: 2, buckets: [[10_000, 1, 2, 3, 2]] });
  });

  test("counts once when the store is away for a moment, and nobody knows what became of it", async () => {
    const memory = createMemoryStore();
    const refusals = ["before it was committed", "after it was committed"];
    const transaction: typeof memory.transaction = async (...args) => {
      const refusal = refusals.shift();
      if (refusal !== "before it was committed") await memory.transaction(...args);
      if (refusal) throw new ShoalError("SERVICE_UNAVAILABLE", `The store went away ${refusal}.`);
    };
    await using app = createDashboards({ store: varied(memory, { transaction }), durable: true });
    app.realtime.ops.increment("total", 5);
    await app.realtime.ops.flush();
    expect(refusals).toEqual([]);
    expect((await app.state()).series.total?.[""]?.latest).toBe(5);
  });

  test("is lost where the store fails otherwise, which is told to who waits and to who watches", async () => {
    const memory = createMemoryStore();
    const fault = new Error("The disk is gone.");
    let fails = true;
    const transaction: typeof memory.transaction = (...args) =>
      fails ? Promise.reject(fault) : memory.transaction(...args);
    await using app = createDashboards({
      store: varied(memory, { transaction }),
      durable: true,
      commandDeadlineMs: 200,
    });
    app.realtime.ops.increment("total", 5);
    await expect(app.realtime.ops.flush()).rejects.toThrow("The store did not confirm");
    fails = false;
    await eventually(async () => (await app.state()).stale.total !== undefined, "it is stale");
    expect((await app.state()).stale.total?.reason).toBe("An update was lost: the store was away.");
    app.realtime.ops.increment("total", 1);
    await app.realtime.ops.flush();
    expect(await app.state()).toMatchObject({ stale: {}, series: { total: { "": { latest: 1 } } } });
  });
});
