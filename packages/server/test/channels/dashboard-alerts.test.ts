import assert from "node:assert/strict";
import { maxOpenAlerts, maxWaitingAlerts } from "@shoal/contract/dashboards";
import { serveDashboard } from "@shoal/server/dashboards";
import { testRealtime } from "@shoal/server/testing";
import { expect, test } from "vitest";
import { alertsWorld, createAlerts, ops } from "./alerts-app.ts";
import { userNamed } from "./auctions-app.ts";

const onA = '["a"]';

test("An alert is pending for as long as its rule says, fires, and is resolved once it is well by the clearing value", async () => {
  await using world = alertsWorld();
  const { w, read, alerts } = world;
  const began = w.now;
  await read({ cpu: { a: 95 } });
  const [pending] = await alerts();
  expect(pending).toMatchObject({ rule: "hot", key: onA, phase: "pending", since: began, dueAt: began + 30_000 });
  expect(pending).toMatchObject({ title: "The processor is busy", severity: "warning", firedAt: null, value: 95 });
  await w.advance("29s");
  await read({ cpu: { a: 85 } });
  expect(await alerts()).toMatchObject([{ phase: "pending" }]);
  await w.advance("1s");
  expect(await alerts()).toMatchObject([{ id: pending?.id, phase: "firing", firedAt: began + 30_000 }]);
  await read({ cpu: { a: 81 } });
  expect(await alerts()).toMatchObject([{ phase: "firing" }]);
  await w.advance("1m");
  await read({ cpu: { a: 80 } });
  const over = { id: pending?.id, phase: "resolved", since: began, resolvedAt: began + 90_000, value: 80 };
  expect(await alerts()).toMatchObject([over]);
});

test("What is well again in time is dismissed, and its time begins anew when it is crossed again", async () => {
  await using world = alertsWorld();
  const { w, read, alerts, told } = world;
  for (let round = 0; round < 5; round += 1) {
    await read({ cpu: { a: 95 } });
    await w.advance("29999ms");
    await read({ cpu: { a: 80 } });
    expect(await alerts()).toEqual([]);
  }
  await read({ cpu: { a: 95 } });
  await w.advance("30s");
  expect(await alerts()).toMatchObject([{ phase: "firing" }]);
  expect(await told("ann")).toHaveLength(1);
});

test("Nothing fires before its time, whoever asks for it", async () => {
  await using world = alertsWorld();
  const { w, read, alerts } = world;
  await read({ cpu: { a: 95 } });
  const id = (await alerts())[0]?.id ?? "";
  await w.advance("29999ms");
  await w.system(ops.alerts, {}).send.fire({ id });
  await w.system(ops.alerts, {}).send.fire({ id: "x" });
  expect(await alerts()).toMatchObject([{ id, phase: "pending" }]);
});

test("A series of which nothing came for the whole window is over, since nobody knows of it any more", async () => {
  await using world = alertsWorld();
  const { w, read, alerts } = world;
  await read({ cpu: { a: 95, b: 95 } });
  await w.advance("59m");
  await read({ cpu: { b: 96 } });
  expect((await alerts()).map(({ phase }) => phase)).toEqual(["firing", "firing"]);
  await w.advance("2m");
  await read({ cpu: { b: 97 } });
  expect((await alerts()).map(({ key, phase }) => `${key} ${phase}`).toSorted()).toEqual([
    `${onA} resolved`,
    '["b"] firing',
  ]);
});

test("A rule without a time fires at once, and each series by itself", async () => {
  await using world = alertsWorld();
  const { w, read, alerts } = world;
  await read({ load: 11, cpu: { a: 99, b: 10, c: 99 }, depth: 3 });
  expect((await alerts()).map(({ rule, key, phase }) => `${rule} ${key} ${phase}`).toSorted()).toEqual(
    ["loaded  firing", `hot ${onA} pending`, 'hot ["c"] pending', "shallow  pending"].toSorted(),
  );
  await read({ cpu: { a: 10 }, depth: 6.9 });
  await w.advance("30s");
  expect((await alerts()).map(({ rule, key, phase }) => `${rule} ${key} ${phase}`).toSorted()).toEqual(
    ["loaded  firing", 'hot ["c"] firing', "shallow  firing"].toSorted(),
  );
});

test("Whom the rule names is told once that it fires and once that it is over, with the labels of the series", async () => {
  await using world = alertsWorld();
  const { w, read, told } = world;
  await read({ cpu: { a: 95 } });
  await w.advance("10m");
  await read({ cpu: { a: 10 } });
  const title = "The processor is busy";
  const both = [
    { what: "resolved", title, on: "a" },
    { what: "fired", title, on: "a" },
  ];
  expect(await told("ann")).toEqual(both);
  expect(await told("ben")).toEqual(both);
  await read({ load: 20 });
  expect(await told("ann")).toMatchObject([{ what: "fired", title: "Too much to do" }, ...both]);
  expect(await told("ben")).toEqual(both);
});

test("What is told again changes nothing: over what is open, well what is well", async () => {
  await using world = alertsWorld();
  const { w } = world;
  const cross = (over: boolean, rule = "loaded") =>
    w.system(ops.alerts, {}).send.cross({ crossings: [{ rule, key: "", over, value: 1, at: w.now }] });
  await cross(false);
  await cross(true);
  await cross(true);
  await w.advance("1s");
  await cross(true);
  await cross(false);
  await cross(false);
  await cross(true, "shallow");
  await w.advance("5s");
  await cross(true, "shallow");
  await w.advance("5s");
  await cross(true, "shallow");
  await cross(true, "nothing");
  const log = await w.log(ops.alerts, {});
  expect(log.map(({ type }) => type).filter((type) => type !== "told")).toEqual([
    "fired",
    "resolved",
    "pended",
    "fired",
  ]);
});

test("One command may tell the same series several times, and each is decided on what the one before it left", async () => {
  await using world = alertsWorld();
  const { w, alerts, told } = world;
  const one = { rule: "loaded", key: "", value: 1, at: w.now };
  const crossings = [true, true, false, true, false, true].map((over) => ({ ...one, over }));
  await w.system(ops.alerts, {}).send.cross({ crossings });
  await w.settle();
  const all = await alerts();
  expect(all.map(({ phase }) => phase)).toEqual(["firing", "resolved", "resolved"]);
  expect(new Set(all.map(({ id }) => id)).size).toBe(3);
  expect((await told("ann")).map(({ what }) => what)).toEqual(["fired", "resolved", "fired", "resolved", "fired"]);
});

test("Who acknowledges a firing alert is named, with their note; whatever is not firing is not acknowledged, and nothing twice", async () => {
  await using world = alertsWorld();
  const { w, read } = world;
  const ann = await w.as(userNamed("ann")).topic(ops.alerts, {});
  const ben = await w.as(userNamed("ben")).topic(ops.alerts, {});
  await read({ cpu: { a: 95 } });
  const id = ann.state?.alerts[0]?.id ?? "";
  expect(await ann.send.acknowledge({ id: "x" })).toEqual({ ok: false, reason: "NOT_FOUND" });
  expect(await ann.send.acknowledge({ id })).toEqual({ ok: false, reason: "NOT_FIRING" });
  await w.advance("30s");
  expect(await ann.send.acknowledge({ id, note: "  I look at it " })).toMatchObject({ ok: true });
  const by = { id: "ann", name: "Ann" };
  const acknowledged = { by, at: w.now, note: "I look at it" };
  expect(ben.state?.alerts).toMatchObject([{ id, phase: "firing", acknowledged }]);
  expect(await ben.send.acknowledge({ id })).toEqual({ ok: false, reason: "ALREADY", by });
  await expect(ben.send.acknowledge({ id, note: "x".repeat(501) })).rejects.toMatchObject({ code: "BAD_REQUEST" });
  await read({ cpu: { a: 10 } });
  expect(ben.state?.alerts).toMatchObject([{ id, phase: "resolved", acknowledged }]);
  expect(await ben.send.acknowledge({ id })).toEqual({ ok: false, reason: "NOT_FIRING" });
  await expect(w.system(ops.alerts, {}).send.acknowledge({ id })).rejects.toMatchObject({ code: "UNAUTHORIZED" });
});

test("Who may watch and who may acknowledge is for the application to say", async () => {
  await using world = alertsWorld({
    authorize: ({ user, action }) => user?.id === "ann" || (user?.id === "ben" && action === "watch"),
  });
  const { w, read } = world;
  await read({ load: 20 });
  const ben = await w.as(userNamed("ben")).topic(ops.alerts, {});
  const id = ben.state?.alerts[0]?.id ?? "";
  await expect(ben.send.acknowledge({ id })).rejects.toMatchObject({ code: "FORBIDDEN" });
  await expect(w.as(userNamed("eve")).topic(ops.alerts, {})).rejects.toMatchObject({ code: "FORBIDDEN" });
  const ann = await w.as(userNamed("ann")).topic(ops.alerts, {});
  assert((await ann.send.acknowledge({ id })).ok);
});

test("Who may watch and acknowledge, where nobody says, is who is signed in and may watch the dashboard as it is", async () => {
  await using app = createAlerts({
    mayWatch: ({ user, action, state }) => user?.id !== "eve" && action === "watch" && "load" in state.series,
  });
  const { topic } = app.realtime;
  const ann = topic(ops.alerts, {}).as(userNamed("ann"));
  await expect(ann.state()).rejects.toMatchObject({ code: "FORBIDDEN" });
  await app.readLoad(20);
  const id = (await ann.state()).alerts[0]?.id ?? "";
  await expect(topic(ops.alerts, {}).as(userNamed("eve")).state()).rejects.toMatchObject({ code: "FORBIDDEN" });
  await topic(ops, {}).as(null).state();
  await expect(topic(ops.alerts, {}).as(null).state()).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  assert((await ann.send.acknowledge({ id })).ok);
});

test("Who may watch the dashboard may watch its alerts in a world of tests, too", async () => {
  const served = serveDashboard(ops, { authorize: ({ user }) => user?.id === "ann" });
  await using w = testRealtime({ channels: [...served] });
  await w.as(userNamed("ann")).topic(ops.alerts, {});
  await expect(w.as(userNamed("ben")).topic(ops.alerts, {})).rejects.toMatchObject({ code: "FORBIDDEN" });
});

test("What the application makes of news and throws holds up no alert", async () => {
  await using world = alertsWorld({
    effects: () => {
      throw new Error("no");
    },
  });
  const { w, read, alerts } = world;
  await read({ load: 20 });
  expect(await alerts()).toMatchObject([{ phase: "firing" }]);
  await read({ load: 1 });
  expect(await alerts()).toMatchObject([{ phase: "resolved" }]);
  await w.advance("10m");
  const parked = w.logged.filter(({ message }) => message === "an effect failed too often and is parked");
  expect(parked).toHaveLength(2);
});

test("More alerts than may be open wait for room in their order, and what gets well meanwhile is never told of", async () => {
  await using world = alertsWorld();
  const { w } = world;
  const numbered = Array.from({ length: maxOpenAlerts + maxWaitingAlerts + 1 }, (_, index) => `["${index}"]`);
  const tell = async (keys: readonly string[], over: boolean) => {
    const crossings = keys.map((key) => ({ rule: "hot", key, over, value: 1, at: w.now }));
    assert((await w.system(ops.alerts, {}).send.cross({ crossings })).ok);
    return await w.system(ops.alerts, {}).state();
  };
  const full = await tell(numbered, true);
  expect([full.alerts.length, full.waiting.length]).toEqual([maxOpenAlerts, maxWaitingAlerts]);
  await w.advance("20s");
  const [first, second, third] = numbered.slice(maxOpenAlerts);
  await tell([first ?? ""], false);
  const next = await tell([numbered[0] ?? ""], false);
  expect(next.alerts[0]).toMatchObject({ key: second, phase: "pending", dueAt: w.now + 10_000 });
  expect([next.alerts.length, next.waiting.length]).toEqual([maxOpenAlerts, maxWaitingAlerts - 2]);
  await w.advance("10s");
  const fired = await tell([second ?? ""], false);
  expect(fired.alerts[0]).toMatchObject({ key: third, phase: "firing", firedAt: w.now });
  const rest = await tell(numbered, false);
  expect(rest.alerts.map(({ phase }) => phase)).toEqual(Array.from({ length: 50 }, () => "resolved"));
  expect(rest.waiting).toEqual([]);
});
