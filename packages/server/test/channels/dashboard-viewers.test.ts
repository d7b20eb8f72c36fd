import { createMemoryStore, system } from "@shoal/server";
import { TRPCClientError } from "@trpc/client";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { eventually } from "../support/recorder.ts";
import { tries } from "../support/seed.ts";
import { ops, startDashboards } from "./dashboard-app.ts";
import { DashboardViewer } from "./dashboard-viewer.ts";

const numbers = fc.array(fc.record({ wait: fc.nat(300), cpu: fc.integer(), by: fc.nat(9), ms: fc.nat(500) }), {
  minLength: 1,
  maxLength: 12,
});

async function startWorld() {
  const clock = { now: 1_000_000 };
  const app = await startDashboards({ store: createMemoryStore({ now: () => clock.now }) });
  const measure = async (all: readonly { wait: number; cpu: number; by: number; ms: number }[]) => {
    for (const { wait, cpu, by, ms } of all) {
      clock.now += wait;
      const { ops: hand } = app.realtime;
      hand.set("cpu", cpu);
      hand.set("memory", ms, { node: `n${by}` });
      hand.increment("total", by);
      hand.observe("latency", ms);
      if (by > 6) hand.push("errors", { message: `${by}` });
      await hand.flush();
    }
  };
  const head = async () => (await app.realtime.topic(ops, {}).as(system).snapshot()).offset;
  return {
    app,
    clock,
    measure,
    async agree(...viewers: readonly DashboardViewer[]) {
      const offset = await head();
      await eventually(() => viewers.every((viewer) => viewer.offset === offset), "all have heard all");
      for (const viewer of viewers) {
        expect(viewer.faults).toEqual([]);
        expect(viewer.state).toEqual(await app.state());
      }
    },
    [Symbol.asyncDispose]: () => app.close(),
  };
}

describe("Who watches a dashboard", () => {
  test("late has the same window as who was there, at whatever tier, also after a reconnect and after a long gap", async () => {
    await fc.assert(
      fc.asyncProperty(numbers, numbers, numbers, numbers, async (first, second, third, last) => {
        await using world = await startWorld();
        const { app, clock, measure, agree } = world;
        await using early = new DashboardViewer(app.webSocketUrl);
        await using calm = new DashboardViewer(app.webSocketUrl, "calm");
        await using wanderer = new DashboardViewer(app.webSocketUrl, "live");
        await measure(first);
        await using late = new DashboardViewer(app.webSocketUrl, "calm");
        await agree(early, calm, wanderer, late);

        wanderer.goOffline();
        app.cut();
        await measure(second);
        wanderer.comeBack();
        await agree(early, calm, wanderer, late);

        wanderer.goOffline();
        app.cut();
        await measure(third);
        clock.now += 2 * ops.windowMs;
        await measure(last);
        wanderer.comeBack();
        await using latest = new DashboardViewer(app.webSocketUrl, "live");
        await agree(early, calm, wanderer, late, latest);
        expect(wanderer.kinds.filter((kind) => kind === "snapshot")).toHaveLength(1);
      }),
      tries(5),
    );
  }, 60_000);

  test("calmly is sent fewer frames, and has the same at the end", async () => {
    await using world = await startWorld();
    await using live = new DashboardViewer(world.app.webSocketUrl, "live");
    await using calm = new DashboardViewer(world.app.webSocketUrl, "calm");
    await world.agree(live, calm);
    for (let count = 0; count < 40; count += 1) {
      const before = live.offset;
      await world.measure([{ wait: 10, cpu: count, by: 1, ms: count }]);
      await eventually(() => live.offset > before, "it is heard of");
    }
    await world.agree(live, calm);
    const frames = ({ kinds }: DashboardViewer) => kinds.filter((kind) => kind === "events").length;
    expect(frames(live)).toBe(40);
    expect(frames(calm)).toBeLessThan(20);
  });

  test("at a tier that is not declared is refused", async () => {
    await using world = await startWorld();
    await using viewer = new DashboardViewer(world.app.webSocketUrl, "frantic" as never);
    await eventually(() => viewer.faults.length > 0, "it is refused");
    expect(viewer.faults[0]).toBeInstanceOf(TRPCClientError);
    expect(viewer.faults[0]).toMatchObject({
      data: { code: "BAD_REQUEST" },
      message: '"ops" has no such audience. It has: live, calm.',
    });
  });
});
