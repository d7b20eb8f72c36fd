import { createMemoryStore } from "@shoal/server";
import { describe, expect, test } from "vitest";
import { topicRef } from "../../src/topic-ref.ts";
import { effectsRun } from "../erasure/search.ts";
import { shared, varied } from "../support/nodes.ts";
import { eventually } from "../support/recorder.ts";
import { type AlertsAppOptions, createAlerts, ops, rules, withRules } from "./alerts-app.ts";

const onA = '["a"]';

/** A store whose servers come and go, each with a dashboard that begins anew, and whose clock is moved by hand. */
function createPlace() {
  let now = 1_700_000_000_000;
  const clock = { now: () => now };
  const store = createMemoryStore(clock);
  return {
    store,
    now: () => now,
    advance: (ms: number) => {
      now += ms;
    },
    serve: (options: AlertsAppOptions = {}) =>
      createAlerts({ store: varied(shared(store), { volatile: () => createMemoryStore(clock) }), ...options }),
    typesOf: async () => {
      const log = await store.read(topicRef(ops.alerts.name, null, {}), 1, Number.MAX_SAFE_INTEGER);
      return log.map(({ type }) => type).filter((type) => type !== "told");
    },
  };
}

describe("An alert whose time is over while no server runs", () => {
  test("is counted anew, since nobody measured meanwhile, and fires if it is not told that it is well", async () => {
    const place = createPlace();
    {
      await using app = place.serve();
      await app.cross("hot", true, { key: onA, at: place.now() });
    }
    place.advance(60_000);
    await using app = place.serve();
    await app.realtime.open();
    await eventually(async () => (await place.typesOf()).includes("recounted"), "it is counted anew");
    const [alert] = (await app.hand.state()).alerts;
    expect(alert).toMatchObject({ phase: "pending", since: place.now() - 60_000, dueAt: place.now() + 30_000 });
    place.advance(30_000);
    await eventually(async () => (await place.typesOf()).includes("fired"), "it fires");
    expect(await place.typesOf()).toEqual(["pended", "recounted", "fired"]);
  });

  test("fires though the server is late again", async () => {
    const place = createPlace();
    {
      await using app = place.serve();
      await app.cross("hot", true, { key: onA, at: place.now() });
    }
    for (let life = 0; life < 2; life += 1) {
      place.advance(60_000);
      await using app = place.serve();
      await app.realtime.open();
      await eventually(async () => (await place.typesOf()).length > life + 1, "something becomes of it");
    }
    expect(await place.typesOf()).toEqual(["pended", "recounted", "fired"]);
  });

  test("is dismissed when what it is told next is that it is well", async () => {
    const place = createPlace();
    {
      await using app = place.serve();
      await app.cross("hot", true, { key: onA, at: place.now() });
    }
    place.advance(60_000);
    await using app = place.serve();
    await app.cross("hot", false, { key: onA });
    expect((await app.hand.state()).alerts).toEqual([]);
    expect(await place.typesOf()).not.toContain("fired");
  });
});

describe("A rule that the contract has no more", () => {
  const without = withRules({ hot: rules.hot });

  test("has its alerts ended at the first event of the dashboard, and its people told", async () => {
    const place = createPlace();
    {
      await using app = place.serve();
      await app.cross("loaded", true, { at: place.now() });
      await effectsRun(place.store);
    }
    place.advance(600_000);
    const told: unknown[] = [];
    await using app = place.serve({
      dashboard: without,
      effects: ({ what, alert, rule }) => {
        told.push([what, alert.rule, alert.notify, rule]);
        return [];
      },
    });
    // A metric that no rule is about.
    app.realtime.ops.push("notes", "deployed");
    await app.realtime.ops.flush();
    await eventually(async () => (await place.typesOf()).includes("resolved"), "it is over");
    await effectsRun(place.store);
    expect(told).toEqual([["resolved", "loaded", ["ann"], null]]);
  });

  test("has them ended when they are ten minutes old, and not by servers that are to be replaced", async () => {
    const place = createPlace();
    await using old = place.serve({ dashboard: without });
    await using app = place.serve();
    await app.cross("loaded", true, { at: place.now() });
    await app.cross("shallow", true, { at: place.now() });
    await old.cross("hot", true, { key: onA, at: place.now() });
    await old.hand.send.tidy();
    place.advance(12_000);
    await old.hand.send.tidy();
    expect(await place.typesOf()).toEqual(["fired", "pended", "pended", "fired"]);
    await effectsRun(place.store);
    expect((await old.inboxOf("ann")).items).toMatchObject([{ data: { what: "fired", title: "Too much to do" } }]);
    place.advance(587_999);
    await old.hand.send.tidy();
    expect(await place.typesOf()).not.toContain("resolved");
    place.advance(1);
    await old.as("ann").opsAlerts.acknowledge({ id: "x" });
    const { alerts } = await old.hand.state();
    expect(alerts.filter(({ phase }) => phase === "resolved")).toMatchObject([{ rule: "shallow" }, { rule: "loaded" }]);
  });

  test("or is about a metric with other labels now, ends them as well", async () => {
    const place = createPlace();
    {
      await using app = place.serve();
      await app.cross("loaded", true, { at: place.now() });
    }
    place.advance(600_000);
    await using app = place.serve({ dashboard: withRules({ loaded: { ...rules.loaded, metric: "cpu" } }) });
    await app.cross("loaded", true, { key: onA, at: place.now() });
    expect((await app.hand.state()).alerts).toMatchObject([
      { key: onA, phase: "firing", labels: { node: "a" } },
      { key: "", phase: "resolved", labels: {} },
    ]);
  });
});
