import { PerformanceObserver } from "node:perf_hooks";
import { commandLatencyBounds } from "@shoal/contract/dashboard-metrics";
import type { DashboardState } from "@shoal/contract/dashboards";
import { systemHealth } from "@shoal/server/dashboard-sources";
import type { CollectCall } from "@shoal/server/dashboards";
import { describe, expect, test } from "vitest";
import { collected } from "../../src/observe/collected.ts";
import { collectGarbage } from "../support/collect-garbage.ts";
import { connectBySocket, follow } from "../support/connect.ts";
import { eventually } from "../support/recorder.ts";
import { latest, startHealth } from "./support/health-app.ts";

const home = { counterId: "home" };

/** Keeps the event loop from going on. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe("systemHealth", () => {
  test("tells what the process is and has", async () => {
    await using app = await startHealth();
    await using _watch = app.watch();
    const state = await app.when((now) => latest(now, "loopDelayP50", "north") !== undefined, "it is measured");
    const { rss, heapTotal } = process.memoryUsage();
    expect(latest(state, "memory", "north")).toSatisfy((bytes: number) => bytes > rss / 3 && bytes < rss * 3);
    expect(latest(state, "heap", "north")).toSatisfy((bytes: number) => bytes > 1e6 && bytes < heapTotal * 3);
    expect(latest(state, "uptime", "north")).toSatisfy((s: number) => s > 0 && s <= process.uptime());
    expect(latest(state, "load", "north")).toBeGreaterThanOrEqual(0);
    expect(latest(state, "loopDelayP50", "north")).toBeLessThan(1_000);
  });

  test("shows an event loop that was blocked, and that the processor was busy", async () => {
    await using app = await startHealth();
    await using _watch = app.watch();
    await app.when((now) => latest(now, "loopDelayMax", "north") !== undefined, "it is measured");
    const largest = (metric: string) => async () => {
      const { series } = await app.state();
      const buckets = series[metric]?.[JSON.stringify(["north"])]?.buckets ?? [];
      // A step and its value, or the smallest, the largest, their sum and their count.
      return Math.max(...buckets.map((bucket) => (bucket.length > 2 ? bucket[2] : bucket[1]) ?? 0));
    };
    const before = process.cpuUsage();
    block(600);
    const { user, system } = process.cpuUsage(before);
    // On a machine that others use, too, a loop without an end has less than a processor.
    const least = ((user + system) / 10 / 600) * 0.4;
    await eventually(async () => (await largest("loopDelayMax")()) > 400, "the delay is shown");
    await eventually(async () => (await largest("cpu")()) > least, "the processor is shown");
    await eventually(async () => (await largest("loopUtilization")()) > 50, "the loop at work is shown");
  });

  test("shows the garbage collector at work", async () => {
    await using app = await startHealth();
    await using _watch = app.watch();
    await app.when((now) => latest(now, "gcTime", "north") !== undefined, "it is measured");
    const before = latest(await app.state(), "gcTime", "north") ?? 0;
    const start = performance.now();
    for (let time = 0; time < 5; time += 1) collectGarbage();
    const grown = (state: DashboardState) => (latest(state, "gcTime", "north") ?? 0) - before;
    const state = await app.when((now) => grown(now) > 0, "it is counted");
    expect(grown(state)).toBeLessThan(performance.now() - start);
  });
});

describe("realtimeHealth", () => {
  test("tells what came since, and what is there", async () => {
    await using app = await startHealth();
    await using _watch = app.watch();
    await using ann = connectBySocket(app, "ann");
    await follow(ann.trpc.counter.watch, home).frames.count(1);
    await app.when((now) => latest(now, "commands", "accepted") !== undefined, "it is read");
    for (const by of [1, 2, 5_000]) await ann.trpc.counter.add.mutate({ ...home, by });
    await expect(ann.trpc.counter.add.mutate({ ...home, by: "1" } as never)).rejects.toThrow();
    const state = await app.when((now) => latest(now, "commands", "refused") === 1, "the refusal is counted");
    expect(latest(state, "commands", "rejected")).toBe(1);
    expect(latest(state, "commands", "accepted")).toBeGreaterThanOrEqual(2);
    expect(latest(state, "connections", "north")).toBe(1);
    expect(latest(state, "subscribers", "north")).toBe(2);
    expect(latest(state, "framesSent")).toBeGreaterThanOrEqual(2);
    expect(latest(state, "bytesSent")).toBeGreaterThan(100);
    // How many there were in all: those of the dashboard itself among them.
    expect(latest(state, "commandLatency")).toBeGreaterThanOrEqual(3);
    expect(state.stale).toEqual({});
  });

  test("counts in the buckets that the server counts in", async () => {
    await using app = await startHealth();
    const { latency } = app.realtime.stats().channels.counter?.commands ?? {};
    expect(latency?.bounds).toEqual(commandLatencyBounds);
  });
});

describe("userActivity", () => {
  test("tells who is here, who came and who went, and not of who loads the page again", async () => {
    await using app = await startHealth();
    await using _watch = app.watch();
    await app.when((now) => latest(now, "usersOnline", "north") === 0, "nobody is here");
    const ann = connectBySocket(app, "ann");
    await follow(ann.trpc.counter.watch, home).frames.count(1);
    const here = await app.when((now) => latest(now, "usersOnline", "north") === 1, "she is here");
    expect(here.stale).toEqual({});
    const { tables } = await app.when(({ tables }) => tables.online?.length === 1, "she is listed");
    expect(tables.online).toEqual([
      { id: "ann", name: "ANN", node: "north", since: expect.any(Number), connections: 1, watches: 1 },
    ]);
    await ann[Symbol.asyncDispose]();
    await app.when((now) => latest(now, "usersOnline", "north") === 0, "she is gone");
    const again = connectBySocket(app, "ann");
    await again.trpc.counter.limit.query();
    await again[Symbol.asyncDispose]();
    const { lists } = await app.when(({ lists }) => lists.visits?.length === 2, "it is told that she went");
    const visits = lists.visits?.map(({ data }) => data) ?? [];
    expect(visits).toHaveLength(2);
    expect(visits).toContainEqual({ what: "came", id: "ann", name: "ANN", node: "north" });
    expect(visits).toContainEqual({ what: "went", id: "ann", name: "ANN", node: "north" });
  });
});

describe("errorMonitor", () => {
  test("counts faults though nobody watches, lists them, and groups those that are the same", async () => {
    await using app = await startHealth();
    await app.realtime.open();
    await app.when((now) => latest(now, "faults", "error") === 0, "it listens");
    for (let time = 0; time < 3; time += 1) await expect(app.as("ann").mischief.fail()).rejects.toThrow();
    const state = await app.when((now) => latest(now, "faults", "error") === 3, "they are counted");
    const { lists } = await app.when(({ lists: now }) => (now.recentFaults?.length ?? 0) >= 3, "they are listed");
    expect(lists.recentFaults?.[0]?.data).toMatchObject({ level: "error", node: "north" });
    expect(JSON.stringify(lists)).not.toContain("hunter2");
    const grouped = ({ tables }: typeof state) =>
      tables.faultGroups?.some((row) => (row as { count: number }).count === 3);
    const { tables } = await app.when((now) => grouped(now) === true, "they are grouped");
    const group = tables.faultGroups?.find((row) => (row as { count: number }).count === 3);
    expect(group).toMatchObject({ level: "error", message: "a procedure failed", node: "north" });
    const { first, last } = group as unknown as { first: number; last: number };
    expect(last).toBeGreaterThanOrEqual(first);
  });
});

describe("What is built in", () => {
  test("observes while it is read, and nothing any more when nobody has read it for a while", async () => {
    const happened: string[] = [];
    const read = collected("20ms", ({ node }) => {
      happened.push(`begin ${node}`);
      return { read: () => happened.length, stop: () => happened.push("stop") };
    });
    const call = { node: "a", tenant: null } as CollectCall;
    expect(read(call)).toBe(1);
    expect(read(call)).toBe(1);
    expect(read({ ...call, node: "b", tenant: "acme" })).toBe(2);
    await eventually(() => happened.length === 4, "both have stopped");
    expect(read(call)).toBe(5);
    expect(happened).toEqual(["begin a", "begin b", "stop", "stop", "begin a"]);
  });

  test("gives back what it took: no collection is observed any more", async () => {
    const [source] = systemHealth({ every: "20ms" });
    const observed = countObservers();
    const { signal } = new AbortController();
    await source?.collect({ node: "a", tenant: null, signal } as CollectCall);
    expect(observed.count).toBe(1);
    await eventually(() => observed.count === 0, "it has stopped");
    observed.restore();
  });
});

/** How many observers of the garbage collector there are, of those made from now on. */
function countObservers() {
  const { observe, disconnect } = PerformanceObserver.prototype;
  const observing = new Set<PerformanceObserver>();
  const counted = {
    get count() {
      return observing.size;
    },
    restore: () => Object.assign(PerformanceObserver.prototype, { observe, disconnect }),
  };
  Object.assign(PerformanceObserver.prototype, {
    observe(this: PerformanceObserver, ...args: Parameters<typeof observe>) {
      observing.add(this);
      observe.apply(this, args);
    },
    disconnect(this: PerformanceObserver) {
      observing.delete(this);
      disconnect.apply(this);
    },
  });
  return counted;
}
