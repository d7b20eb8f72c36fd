import { describe, expect, test } from "vitest";
import { startApp } from "../support/app.ts";
import { connectByHttp, connectBySocket, follow, refusal } from "../support/connect.ts";

const home = { counterId: "home" };

describe.each([
  { wire: "a WebSocket", connect: connectBySocket },
  { wire: "SSE", connect: connectByHttp },
])("The stock client over $wire", ({ connect }) => {
  test("subscribes, sends, and sees what it sent", async () => {
    await using app = await startApp();
    await using ann = connect(app, "ann");
    const { frames, stop } = follow(ann.trpc.counter.watch, home);
    await frames.count(2);
    const outcome = await ann.trpc.counter.add.mutate({ ...home, by: 3, times: 2, commandId: "c1" });
    expect(outcome).toEqual({ ok: true, offset: 2, result: { sum: 6 } });
    await frames.count(3);
    stop();
    const [opening, presence, events] = frames.items.map(({ data }) => data);
    expect(opening).toEqual({ kind: "snapshot", reason: "initial", state: { added: [] }, offset: 0, at: 0 });
    expect(presence).toEqual({ kind: "presence", full: [] });
    const entry = { at: expect.any(Number), type: "added", data: { by: 3 }, commandId: "c1" };
    expect(events).toEqual({
      kind: "events",
      from: 1,
      to: 2,
      events: [
        { ...entry, offset: 1 },
        { ...entry, offset: 2 },
      ],
    });
  });

  test("gets a rejection as a result and an error as an error", async () => {
    await using app = await startApp();
    await using ann = connect(app, "ann");
    const outcome = await ann.trpc.counter.add.mutate({ ...home, by: 1_001 });
    expect(outcome).toEqual({ ok: false, reason: "TOO_LARGE", limit: 1_000 });
    expect(await refusal(ann.trpc.counter.add.mutate({ ...home, by: 1.5 }))).toEqual({
      code: "BAD_REQUEST",
      message: expect.stringMatching(/^Invalid input of "counter.add": by: /),
    });
  });

  test("asks a query", async () => {
    await using app = await startApp();
    await using ann = connect(app, "ann");
    await ann.trpc.counter.add.mutate({ ...home, by: 3 });
    expect(await ann.trpc.counter.sum.query(home)).toEqual({ sum: 3 });
    expect(await ann.trpc.counter.limit.query()).toBe(1_000);
  });

  test("goes on where it was when its connection is cut, and misses nothing", async () => {
    await using app = await startApp();
    await using ann = connect(app, "ann");
    const { frames } = follow(ann.trpc.counter.watch, home);
    await frames.count(2);
    await ann.trpc.counter.add.mutate({ ...home, by: 1 });
    await frames.count(3);
    const seen = frames.items.length;
    app.cut();
    for (const by of [2, 3, 4]) await app.as("ben").counter.add({ ...home, by });
    await frames.until((items) => items.slice(seen).some(({ data }) => data.kind === "events"));
    const after = frames.items.slice(seen).map(({ data }) => data);
    expect(after[0]).toMatchObject({ kind: "resumed" });
    const added = after.flatMap((data) => (data.kind === "events" ? data.events : []));
    expect(added.map(({ offset, data }) => [offset, data])).toEqual([
      [2, { by: 2 }],
      [3, { by: 3 }],
      [4, { by: 4 }],
    ]);
    expect(frames.items.filter(({ data }) => data.kind === "snapshot")).toHaveLength(1);
  });

  test("goes on where it was even when the last frame it saw was no event", async () => {
    await using app = await startApp();
    await using ann = connect(app, "ann");
    const { frames } = follow(ann.trpc.counter.watch, home);
    await frames.count(2);
    await ann.trpc.counter.add.mutate({ ...home, by: 1 });
    await ann.trpc.counter.broadcast.mutate({ ...home, name: "cheer", data: { emoji: "🐟" } });
    await frames.first(({ data }) => data.kind === "broadcast");
    const seen = frames.items.length;
    app.cut();
    await frames.until((items) => items.length > seen);
    expect(frames.items[seen]?.data).toEqual({ kind: "resumed", replayed: 0 });
  });

  test("starts anew, and is told so, when it missed more than is replayed", async () => {
    await using app = await startApp({ maxReplay: 2 });
    await using ann = connect(app, "ann");
    const { frames } = follow(ann.trpc.counter.watch, home);
    await frames.count(2);
    app.cut();
    await app.as("ben").counter.add({ ...home, by: 1, times: 3 });
    const again = await frames.first(({ data }) => data.kind === "snapshot" && data.offset === 3);
    expect(again.data).toMatchObject({ reason: "expired", state: { added: [1, 1, 1] } });
  });

  test("sees who is here, and what they do and call out", async () => {
    await using app = await startApp();
    await using ann = connect(app, "ann");
    await using ben = connect(app, "ben");
    const seen = follow(ann.trpc.counter.watch, home);
    await seen.frames.count(2);
    const shown = follow(ben.trpc.counter.watch, { ...home, presence: { typing: false }, clientId: "tab-1" });
    const joined = await seen.frames.first(({ data }) => data.kind === "presence" && data.joined !== undefined);
    const member = { id: "ben", name: "BEN", clients: [{ id: expect.any(String), state: { typing: false } }] };
    expect(joined.data).toEqual({ kind: "presence", joined: [member] });
    await ben.trpc.counter.presence.mutate({ ...home, clientId: "tab-1", state: { typing: true } });
    const updated = await seen.frames.first(({ data }) => data.kind === "presence" && data.updated !== undefined);
    expect(updated.data).toMatchObject({ updated: [{ id: "ben", clients: [{ state: { typing: true } }] }] });
    await ben.trpc.counter.broadcast.mutate({ ...home, name: "cheer", data: { emoji: "🐟" } });
    const cheer = await seen.frames.first(({ data }) => data.kind === "broadcast");
    expect(cheer.data).toEqual({
      kind: "broadcast",
      name: "cheer",
      data: { emoji: "🐟" },
      from: { id: "ben", name: "BEN" },
    });
    shown.stop();
    const left = await seen.frames.first(({ data }) => data.kind === "presence" && data.left !== undefined);
    expect(left.data).toEqual({ kind: "presence", left: ["ben"] });
    for (const { data } of seen.frames.items) expect(JSON.stringify(data)).not.toContain("tab-1");
  });

  test("goes on with the next server when the one it has closes", async () => {
    await using first = await startApp();
    const { port } = first.handle;
    await using ann = connect(first, "ann");
    const { frames } = follow(ann.trpc.counter.watch, home);
    await frames.count(2);
    const seen = frames.items.length;
    await first.close();
    await using second = await startApp({ port });
    await frames.until((items) => items.length > seen);
    expect(frames.items[seen]?.data).toMatchObject({ kind: "snapshot", reason: "epoch" });
    await second.as("ben").counter.add({ ...home, by: 1 });
    await frames.first(({ data }) => data.kind === "events");
  });
});
