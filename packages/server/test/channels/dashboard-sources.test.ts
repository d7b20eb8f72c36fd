import { ShoalError } from "@shoal/contract";
import { createMemoryStore, system } from "@shoal/server";
import { type CollectCall, type Readings, type Source, source } from "@shoal/server/dashboards";
import { describe, expect, test } from "vitest";
import { varied } from "../support/nodes.ts";
import { eventually, Recorder } from "../support/recorder.ts";
import { createDashboards, type DashboardApp, ops } from "./dashboard-app.ts";

type Read = Readings<typeof ops.metrics, "cpu" | "total">;

/** A source that is asked by a test: each call, and what it answers. */
function asked(answer: (call: CollectCall, turn: number) => Read | Promise<Read>, options: Partial<Source> = {}) {
  const calls = new Recorder<CollectCall>();
  const collect = (call: CollectCall) => {
    calls.push(call);
    return answer(call, calls.items.length);
  };
  const { name = "asked", every = "100ms", when = "always", per = "cluster" } = options;
  return { calls, source: source(ops, { name, metrics: ["cpu", "total"], every, when, per, collect }) };
}

const latestOf = async (app: DashboardApp, metric: string) => (await app.state()).series[metric]?.[""]?.latest;
const reasonOf = async (app: DashboardApp, metric: string) => (await app.state()).stale[metric]?.reason;
const becomes = (app: DashboardApp, metric: string, reason: RegExp) =>
  eventually(async () => reason.test((await reasonOf(app, metric)) ?? ""), `"${metric}" is stale`);
const isWell = (app: DashboardApp, metric: string) =>
  eventually(async () => (await reasonOf(app, metric)) === undefined, `"${metric}" is up to date`);

/** A time in which a source would be asked several times. */
async function whileUpdated(app: DashboardApp): Promise<void> {
  const start = performance.now();
  while (performance.now() - start < 350) {
    app.realtime.ops.set("memory", performance.now(), { node: "a" });
    await app.realtime.ops.flush();
  }
}

describe("A source", () => {
  test("is asked while somebody watches, with this realtime and the name of the node, and else not", async () => {
    const { calls, source } = asked((_call, turn) => ({ cpu: turn }), { when: "watched" });
    await using app = createDashboards({ sources: [source], node: "north" });
    await app.realtime.open();
    await whileUpdated(app);
    expect(calls.items).toEqual([]);
    {
      await using _watch = app.watch();
      await calls.count(3);
      await eventually(async () => ((await latestOf(app, "cpu")) ?? 0) >= 3, "what it read is shown");
    }
    expect(calls.items[0]).toMatchObject({ node: "north", tenant: null });
    expect(calls.items[0]?.realtime).toBe(app.realtime);
    await eventually(async () => (await app.lastEvent()) === "leased", "the lease is given back");
    const { length } = calls.items;
    await whileUpdated(app);
    expect(calls.items).toHaveLength(length);
  });

  test("is asked always where it says so", async () => {
    const { calls, source } = asked(() => ({ cpu: 1 }));
    await using app = createDashboards({ sources: [source] });
    await app.realtime.open();
    await calls.count(3);
  });

  test("is asked once for all who watch", async () => {
    const { calls, source } = asked((_call, turn) => ({ cpu: turn }), { when: "watched", every: "1h" });
    await using app = createDashboards({ sources: [source] });
    await using _one = app.watch();
    await using _two = app.watch();
    await using _three = app.watch();
    await eventually(async () => (await latestOf(app, "cpu")) === 1, "what it read is shown");
    expect(calls.items).toHaveLength(1);
  });

  test("that throws makes its metrics stale, with a reason without secrets, until it is well again; others go on", async () => {
    let fails = true;
    const bad = asked(() => {
      if (fails) throw new Error(`no route to postgres://me:hunter2@db/x ${"long ".repeat(100)}`);
      return { cpu: 1 };
    });
    const good = source(ops, {
      name: "good",
      metrics: ["memory"],
      every: "100ms",
      when: "always",
      collect: ({ node }) => ({ memory: [{ labels: { node }, value: 7 }] }),
    });
    await using app = createDashboards({ sources: [bad.source, good], node: "a" });
    await app.realtime.open();
    await becomes(app, "cpu", /^no route to postgres:\/\/\[redacted\]@db\/x long/);
    const { stale } = await app.state();
    expect(stale.cpu?.reason).toHaveLength(200);
    expect(stale.total?.reason).toBe(stale.cpu?.reason);
    await eventually(async () => (await app.state()).series.memory?.['["a"]']?.latest === 7, "the other one is read");
    expect((await app.state()).stale.memory).toBeUndefined();
    const since = stale.cpu?.since;
    await bad.calls.count(bad.calls.items.length + 2);
    expect((await app.state()).stale.cpu?.since).toBe(since);
    fails = false;
    await isWell(app, "cpu");
    // Nothing came of it, and that is well.
    await isWell(app, "total");
  });

  test("that hangs makes its metrics stale, is told to end, and is not asked again before it has answered", async () => {
    const answers: ((read: Read) => void)[] = [];
    const { calls, source } = asked((_call, turn) =>
      turn === 1 ? new Promise<Read>((resolve) => answers.push(resolve)) : { cpu: turn },
    );
    await using app = createDashboards({ sources: [source] });
    await app.realtime.open();
    await becomes(app, "cpu", /^The source "asked" has not answered within 100 ms\.$/);
    expect(calls.items[0]?.signal.aborted).toBe(true);
    await whileUpdated(app);
    expect(calls.items).toHaveLength(1);
    answers[0]?.({ cpu: 1 });
    await isWell(app, "cpu");
    // What comes too late is not taken.
    expect(await latestOf(app, "cpu")).toBeGreaterThan(1);
  });

  test("that reads what is no number makes that metric stale, and no other", async () => {
    const { source } = asked((_call, turn) => ({ cpu: Number.NaN, total: turn }));
    await using app = createDashboards({ sources: [source] });
    await app.realtime.open();
    await becomes(app, "cpu", /takes a finite number, and not NaN\.$/);
    await eventually(async () => ((await latestOf(app, "total")) ?? 0) >= 2, "the other is read");
    expect(await reasonOf(app, "total")).toBeUndefined();
  });

  test.each([
    ["what it does not read", { memory: [] }, /gave "memory", which it does not read\.$/],
    ["nothing that could be a reading", 7, /gave no readings\.$/],
  ])("that gives %s makes its metrics stale", async (_what, read, reason) => {
    const { source } = asked(() => read as Read);
    await using app = createDashboards({ sources: [source] });
    await app.realtime.open();
    await becomes(app, "cpu", reason);
    await becomes(app, "total", reason);
  });

  test("that gives something which throws when it is looked at makes that metric stale, and no other", async () => {
    const { source } = asked((_call, turn) => ({
      get cpu(): number {
        throw new Error("Do not look.");
      },
      total: turn,
    }));
    await using app = createDashboards({ sources: [source] });
    await app.realtime.open();
    await becomes(app, "cpu", /^Do not look\.$/);
    await eventually(async () => ((await latestOf(app, "total")) ?? 0) >= 2, "the other is read");
    expect(await reasonOf(app, "total")).toBeUndefined();
  });

  test("that throws what throws when it is looked at makes its metrics stale, and is asked on", async () => {
    const strange = Object.defineProperty(new Error(), "message", {
      get() {
        throw new Error("Do not look.");
      },
    });
    const { source } = asked((_call, turn) => (turn === 1 ? Promise.reject(strange) : { cpu: turn }));
    await using app = createDashboards({ sources: [source] });
    await app.realtime.open();
    await eventually(async () => ((await latestOf(app, "cpu")) ?? 0) >= 2, "it is read again");
  });

  test("that fails on its node while the store is away stops nothing: all are asked again when it is back", async () => {
    const memory = createMemoryStore();
    let isAway = false;
    const away = () => Promise.reject(new ShoalError("SERVICE_UNAVAILABLE", "The store is away."));
    const head: typeof memory.head = (...args) => (isAway ? away() : memory.head(...args));
    const load: typeof memory.load = (...args) => (isAway ? away() : memory.load(...args));
    const transaction: typeof memory.transaction = (...args) => (isAway ? away() : memory.transaction(...args));
    const bad = asked(() => Promise.reject(new Error("It broke.")), { per: "node" });
    const good = source(ops, {
      name: "good",
      metrics: ["memory"],
      every: "100ms",
      when: "always",
      collect: ({ node }) => ({ memory: [{ labels: { node }, value: performance.now() }] }),
    });
    const store = varied(memory, { head, load, transaction });
    await using app = createDashboards({
      sources: [bad.source, good],
      node: "a",
      store,
      durable: true,
      // So that it is read from the store each time.
      idleMs: 1,
    });
    await app.realtime.open();
    await becomes(app, "cpu", /^It broke\.$/);
    isAway = true;
    await bad.calls.count(bad.calls.items.length + 3);
    isAway = false;
    await bad.calls.count(bad.calls.items.length + 3);
    const since = performance.now();
    const isRead = async () => ((await app.state()).series.memory?.['["a"]']?.latest ?? 0) > since;
    await eventually(isRead, "the other one is read");
  });

  test("that hangs is not asked a second time by who comes to watch when the others have gone", async () => {
    const answers: ((read: Read) => void)[] = [];
    const { calls, source } = asked(() => new Promise<Read>((resolve) => answers.push(resolve)), { when: "watched" });
    await using app = createDashboards({ sources: [source] });
    const { topic } = app.realtime;
    const events = async () => (await topic(ops, {}).as(system).history({ limit: 1 }))[0]?.offset ?? 0;
    for (let coming = 0; coming < 3; coming += 1) {
      const before = await events();
      {
        await using _watch = app.watch();
        await eventually(async () => (await events()) > before, "the lease is taken");
        await becomes(app, "cpu", /has not answered/);
      }
      const told = await events();
      await eventually(async () => (await events()) > told, "the lease is given back");
    }
    expect(calls.items).toHaveLength(1);
    answers[0]?.({ cpu: 1 });
    await using _watch = app.watch();
    await calls.count(2);
    answers[1]?.({ cpu: 2 });
    await isWell(app, "cpu");
  });

  test("of counters without end that are kept together counts on, and all else with it", async () => {
    const { MAX_VALUE } = Number;
    const requests = source(ops, {
      name: "requests",
      metrics: ["requests", "cpu"],
      every: "100ms",
      when: "always",
      collect: () => ({
        requests: ["a", "b", "c", "d", "e", "f"].map((route) => ({ labels: { route }, value: MAX_VALUE })),
        cpu: performance.now(),
      }),
    });
    await using app = createDashboards({ sources: [requests] });
    await app.realtime.open();
    const start = performance.now() + 200;
    await eventually(async () => ((await latestOf(app, "cpu")) ?? 0) > start, "it is read again");
    expect(await reasonOf(app, "requests")).toBeUndefined();
  });

  test("that gives a gauge no more makes it stale after three intervals, and a counter not", async () => {
    const { source } = asked((_call, turn) => (turn === 1 ? { cpu: 1, total: 1 } : {}));
    await using app = createDashboards({ sources: [source] });
    await app.realtime.open();
    await eventually(async () => (await latestOf(app, "cpu")) === 1, "it was read");
    await becomes(app, "cpu", /^The source "asked" has not given it for \d s\.$/);
    expect(await reasonOf(app, "total")).toBeUndefined();
  });

  test("of a counter tells where it stands: what it is read at first has not grown, and one that falls was reset", async () => {
    const standings = [1_000, 1_004, 1_004, 3, 5];
    const { calls, source } = asked((_call, turn) => ({ total: standings[turn - 1] }));
    await using app = createDashboards({ sources: [source] });
    await app.realtime.open();
    await calls.count(standings.length + 1);
    await eventually(async () => (await latestOf(app, "total")) === 9, "all growth is counted");
    const buckets = (await app.state()).series.total?.[""]?.buckets ?? [];
    expect(buckets.map(([, by]) => by).reduce((sum, by = 0) => (sum ?? 0) + by, 0)).toBe(9);
  });

  test("of an alert's metric is asked also while nobody watches", async () => {
    const calls = new Recorder<number>();
    const cpu = source(ops, {
      name: "cpu",
      metrics: ["cpu"],
      every: "100ms",
      collect: () => ({ cpu: calls.push(1) ?? 95 }),
    });
    await using app = createDashboards({ guardedSources: [cpu] });
    await app.realtime.open();
    await eventually(async () => (await app.alerts()).some(({ phase }) => phase === "firing"), "it fires");
  });

  test.each([
    ["a metric that is not declared", { metrics: ["nothing"] }, /reads "nothing", which is no metric/],
    ["an interval that is too short", { every: 50 }, /has `every` below 100 ms/],
    ["an interval that is none", { every: Number.NaN }, /has `every` below 100 ms/],
    ["an interval that no timer knows", { every: Number.POSITIVE_INFINITY }, /has `every` above a day/],
  ])("with %s is refused", (_what, change, message) => {
    const { source } = asked(() => ({}));
    expect(() => createDashboards({ sources: [{ ...source, ...change } as never] })).toThrow(message);
  });

  test("is refused when another one reads the same, or has its name", () => {
    const { source } = asked(() => ({}));
    expect(() => createDashboards({ sources: [source, { ...source, name: "other" }] })).toThrow(/and so does "asked"/);
    expect(() => createDashboards({ sources: [source, source] })).toThrow(/is there twice/);
  });
});
