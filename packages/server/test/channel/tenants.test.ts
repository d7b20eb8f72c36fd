import { system } from "@shoal/server";
import { describe, expect, test } from "vitest";
import { createApp } from "../support/app.ts";
import { counter } from "../support/counter.ts";
import { startNodes } from "../support/nodes.ts";
import { Reader, readAll } from "../support/reader.ts";
import { turn } from "../support/recorder.ts";

const home = { counterId: "home" };
const idle = { typing: false };

/** Users that differ by nothing but their tenant. */
const everybody = ["ann@acme", "ann@umbrella", "ann@", "ann@null", "ann"];

describe("Users of different tenants", () => {
  test("have states of their own under the same params", async () => {
    await using app = createApp();
    for (const [index, who] of everybody.entries()) {
      const outcome = await app.as(who).counter.add({ ...home, by: index + 1 });
      expect(outcome).toEqual({ ok: true, offset: 1, result: { sum: index + 1 } });
    }
    for (const [index, who] of everybody.entries()) {
      expect(await app.as(who).counter.sum(home)).toEqual({ sum: index + 1 });
      const [opening] = await new Reader(await app.as(who).counter.watch(home)).take(1);
      expect(opening).toMatchObject({ kind: "snapshot", state: { added: [index + 1] } });
    }
  });

  test("hear nothing of one another, on one node and on two", async () => {
    await using nodes = startNodes();
    const watch = async (node: typeof nodes.a, who: string) => {
      const all = readAll(await node.as(who).counter.watch(home));
      await all.frames.count(2);
      return all;
    };
    const others = [
      await watch(nodes.a, "ann@umbrella"),
      await watch(nodes.b, "ann@umbrella"),
      await watch(nodes.a, "ann"),
    ];
    const own = await watch(nodes.b, "ben@acme");
    const acme = nodes.a.as("ann@acme").counter;
    const member = new Reader(await acme.watch({ ...home, presence: idle, clientId: "tab" }));
    await member.take(2);
    await acme.add({ ...home, by: 1 });
    await acme.broadcast({ ...home, name: "cheer", data: { emoji: "🐟" } });
    await own.frames.first(({ frame }) => frame.kind === "broadcast");
    await turn();
    for (const { frames } of others) {
      expect(frames.items.map(({ frame }) => frame)).toEqual([
        expect.objectContaining({ kind: "snapshot", state: { added: [] } }),
        { kind: "presence", full: [] },
      ]);
    }
  });

  test("cannot go on from one another's positions", async () => {
    await using app = createApp();
    const epochs = new Set<string>();
    for (const who of everybody) {
      await app.as(who).counter.add({ ...home, by: 1 });
      const opening = await new Reader(await app.as(who).counter.watch(home)).next();
      epochs.add(opening?.position.epoch ?? "");
      for (const other of everybody.filter((one) => one !== who)) {
        const lastEventId = `${opening?.position.epoch}:0:all`;
        const [first] = await new Reader(await app.as(other).counter.watch({ ...home, lastEventId })).take(1);
        expect(first).toMatchObject({ kind: "snapshot", reason: "epoch" });
      }
    }
    expect(epochs.size).toBe(everybody.length);
  });

  test("may use the same commandId", async () => {
    await using app = createApp();
    for (const [index, who] of everybody.entries()) {
      const outcome = await app.as(who).counter.add({ ...home, by: index + 1, commandId: "c1" });
      expect(outcome).toMatchObject({ ok: true, result: { sum: index + 1 } });
    }
  });

  test("cannot speak for one another", async () => {
    await using app = createApp();
    const reader = new Reader(await app.as("ann@acme").counter.watch({ ...home, presence: idle, clientId: "tab" }));
    await reader.take(2);
    const call = app.as("ann@umbrella").counter.presence({ ...home, clientId: "tab", state: { typing: true } });
    await expect(call).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("read nothing of one another's history", async () => {
    await using app = createApp();
    const lobby = { roomId: "lobby" };
    for (const who of everybody) await app.as(who).rooms.post({ ...lobby, text: `from ${who}` });
    for (const who of everybody) {
      const { items } = await app.as(who).rooms.history(lobby);
      expect(items).toMatchObject([{ text: `from ${who}` }]);
    }
  });

  test("have no say in whose topic it is by what they send", async () => {
    await using app = createApp();
    await app.as("ann@acme").counter.add({ ...home, by: 1 });
    const input = { ...home, tenant: "acme", user: { id: "ann", tenant: "acme" } };
    expect(await app.as("ann@umbrella").counter.sum(input)).toEqual({ sum: 0 });
    await app.as("ann@umbrella").counter.add({ ...input, by: 5 });
    expect(await app.as("ann@acme").counter.sum(home)).toEqual({ sum: 1 });
  });

  test("are served by the server's own hand where it says whose topic it means", async () => {
    await using app = createApp();
    const topic = (tenant?: string) =>
      app.realtime.topic(counter, home, tenant === undefined ? {} : { tenant }).as(system);
    await topic("acme").send.add({ by: 3 });
    expect(await app.as("ann@acme").counter.sum(home)).toEqual({ sum: 3 });
    expect(await topic().state()).toEqual({ added: [] });
    expect(await topic("acme").state()).toEqual({ added: [3] });
    expect(await app.realtime.topic(counter, home).as({ id: "ben", tenant: "acme" }).state()).toEqual({ added: [3] });
  });
});
