import { attach, system } from "@shoal/server";
import { testRealtime } from "@shoal/server/testing";
import { describe, expect, test } from "vitest";
import { gauges, pacedGauges, viewedGauges } from "../support/gauges.ts";
import { PacedWorld } from "../support/paced-world.ts";
import { turn } from "../support/recorder.ts";

const minute = 60_000;

describe("An audience with a pace", () => {
  test("is told at once after a quiet time, and then what happened in each interval as one", async () => {
    await using w = new PacedWorld(pacedGauges);
    const topic = await w.topic("calm");
    await w.add(1);
    expect(topic.frames.slice(2)).toMatchObject([{ kind: "events", from: 1, to: 1 }]);
    for (const by of [2, 3, 4]) await w.add(by);
    await w.add(5, "b");
    w.advance(999);
    expect(topic.offset).toBe(1);
    w.advance(1);
    expect(topic.frames.slice(3)).toMatchObject([
      {
        kind: "events",
        from: 2,
        to: 5,
        events: [
          { offset: 4, data: { name: "a", by: 9 } },
          { offset: 5, data: { name: "b", by: 5 } },
        ],
      },
    ]);
    await w.add(6);
    w.advance(999);
    expect(topic.offset).toBe(5);
    w.advance(10_000);
    await w.add(7);
    expect(topic.frames.slice(4)).toMatchObject([
      { from: 6, to: 6 },
      { from: 7, to: 7 },
    ]);
    expect(topic.state).toEqual({ sums: { a: 23, b: 5 }, notes: {} });
  });

  test("sends each the rest from its own offset, whenever it came", async () => {
    await using w = new PacedWorld(pacedGauges);
    const first = await w.topic("calm");
    await w.add(1);
    await w.add(2);
    const second = await w.topic("calm", { id: "ben" });
    expect(second.offset).toBe(2);
    await w.add(3);
    const third = await w.topic("calm", { id: "cid" });
    w.advance(1_000);
    expect(first.frames.at(-1)).toMatchObject({ kind: "events", from: 2, to: 3 });
    expect(second.frames.at(-1)).toMatchObject({ kind: "events", from: 3, to: 3 });
    expect(third.frames.at(-1)).toMatchObject({ kind: "presence" });
    for (const { state } of [first, second, third]) expect(state?.sums).toEqual({ a: 6 });
  });

  test("holds up neither those of another pace nor those who have none", async () => {
    await using w = new PacedWorld(pacedGauges);
    const [live, background, prompt] = [await w.topic("live"), await w.topic("background"), await w.topic("prompt")];
    for (let by = 1; by <= 5; by += 1) await w.add(by);
    expect([live.offset, background.offset, prompt.offset]).toEqual([1, 1, 5]);
    w.advance(100);
    expect([live.offset, background.offset]).toEqual([5, 1]);
    w.advance(minute);
    expect(background.offset).toBe(5);
  });

  test("is sent what is held before a broadcast, and before who is here changes", async () => {
    await using w = new PacedWorld(pacedGauges);
    const topic = await w.topic("background");
    for (const by of [1, 2, 3]) await w.add(by);
    await w.cheer();
    expect(topic.frames.slice(2)).toMatchObject([
      { kind: "events", from: 1, to: 1 },
      { kind: "events", from: 2, to: 3 },
      { kind: "broadcast", name: "cheer" },
    ]);
    await w.add(4);
    const member = await w.service.watch(
      w.definition,
      { user: { id: "ben" }, ctx: undefined },
      {},
      {
        presence: { mood: "good" },
        clientId: "tab",
      },
    );
    await member[attach]({ push: () => {}, fail: () => {} });
    await turn();
    expect(topic.frames.slice(5)).toMatchObject([
      { kind: "events", from: 4, to: 4 },
      { kind: "presence", joined: [{ id: "ben" }] },
    ]);
  });

  test("starts anew where what was held is redacted by now, which it is never sent", async () => {
    await using w = new PacedWorld(pacedGauges);
    const topic = await w.topic("calm");
    await w.add(1);
    await w.send.note({ text: "secret" });
    await w.send.forget({ id: "2" });
    w.advance(1_000);
    expect(topic.frames.slice(3)).toMatchObject([
      { kind: "snapshot", reason: "expired", offset: 3, state: { notes: {} } },
      { kind: "presence" },
    ]);
    await w.add(2);
    w.advance(1_000);
    expect(topic.frames.at(-1)).toMatchObject({ kind: "events", from: 4, to: 4 });
    expect(JSON.stringify(topic.frames)).not.toContain("secret");
  });

  test("starts anew where more happened in an interval than is held", async () => {
    await using w = new PacedWorld(pacedGauges, { ring: 10 });
    const topic = await w.topic("background");
    for (let count = 0; count < 30; count += 1) await w.add(1);
    w.advance(minute);
    expect(topic.frames.slice(3)).toMatchObject([
      { kind: "snapshot", reason: "overflow", offset: 30, state: { sums: { a: 30 } } },
      { kind: "presence" },
    ]);
    await w.add(1);
    w.advance(minute);
    expect(topic.frames.at(-1)).toMatchObject({ kind: "events", from: 31, to: 31 });
  });

  test("starts anew at once where the topic is erased", async () => {
    await using w = new PacedWorld(pacedGauges);
    const topic = await w.topic("background");
    await w.add(1);
    await w.add(2);
    await w.erase();
    expect(topic.frames.slice(3)).toMatchObject([
      { kind: "snapshot", reason: "epoch", offset: 0 },
      { kind: "presence" },
    ]);
    await w.add(7);
    w.advance(minute);
    expect(topic.state?.sums).toEqual({ a: 7 });
  });

  test("leaves no timer behind when its last subscriber leaves, or the topic closes", async () => {
    const w = new PacedWorld(pacedGauges);
    const topics = [await w.topic("live"), await w.topic("live"), await w.topic("calm")] as const;
    await w.add(1);
    expect(w.delays.size).toBe(2);
    topics[0].cut();
    topics[2].cut();
    expect(w.delays.size).toBe(1);
    topics[1].cut();
    expect(w.delays.size).toBe(0);
    await topics[0].watch();
    await w.add(2);
    expect(w.delays.size).toBe(1);
    await w[Symbol.asyncDispose]();
    expect(w.delays.size).toBe(0);
  });

  test("has no timer while nothing happens", async () => {
    await using w = new PacedWorld(pacedGauges);
    await w.topic("live");
    await w.add(1);
    w.advance(100);
    expect(w.delays.size).toBe(0);
  });

  test("does not hold up the server's own subscription, whomever it is for", async () => {
    await using w = new PacedWorld(pacedGauges);
    for (const who of [{ id: "ann" }, system] as const) {
      const frames = w.as(who).subscribe()[Symbol.asyncIterator]();
      expect((await frames.next()).value).toMatchObject({ frame: { kind: "snapshot" } });
      expect((await frames.next()).value).toMatchObject({ frame: { kind: "presence" } });
      for (let by = 1; by <= 3; by += 1) {
        await w.add(by);
        expect((await frames.next()).value).toMatchObject({ frame: { kind: "events", events: [{ data: { by } }] } });
      }
      await frames.return?.(undefined);
    }
  });

  test("is cut by its view, and moved to another audience from a snapshot", async () => {
    await using w = new PacedWorld(viewedGauges);
    const [staff, guest] = [await w.topic(undefined, { id: "staff-1" }), await w.topic()];
    await w.add(1);
    await w.send.note({ text: "secret" });
    await w.add(2);
    expect([staff.offset, guest.offset]).toEqual([3, 1]);
    w.advance(100);
    expect(guest.frames.at(-1)).toMatchObject({ kind: "events", from: 2, to: 3, events: [{ offset: 3 }] });
    expect(JSON.stringify(guest.frames)).not.toContain("secret");
    const watch = await w.watch();
    const frames: unknown[] = [];
    const attachment = await watch[attach]({ push: ({ frame }) => frames.push(frame), fail: () => {} });
    await w.add(3);
    attachment.renew({ user: { id: "staff-2" }, ctx: undefined, expiresAt: undefined });
    await w.add(4);
    // What was held for the audience before is in the snapshot.
    expect(frames.slice(2)).toMatchObject([
      { kind: "snapshot", reason: "audience", offset: 4 },
      { kind: "presence" },
      { kind: "events", from: 5, to: 5 },
    ]);
  });
});

describe("The audience that a client asks for", () => {
  test("is the first one where it asks for none", async () => {
    await using w = new PacedWorld(pacedGauges);
    const topic = await w.topic();
    await w.add(1);
    await w.add(2);
    w.advance(100);
    expect(topic.offset).toBe(2);
  });

  test.each(["", "all", "system", "constructor", 7, {}])(
    "is refused where it is not declared: %j",
    async (audience) => {
      await using w = new PacedWorld(pacedGauges);
      await expect(w.watch({ audience: audience as string })).rejects.toMatchObject({
        code: "BAD_REQUEST",
        message: '"gauges" has no such audience. It has: live, calm, background, prompt.',
      });
    },
  );

  test("goes on from a position of another one, since all see the same", async () => {
    await using w = new PacedWorld(pacedGauges);
    await w.add(1);
    const { position } = await w.as({ id: "ann" }).snapshot();
    expect(position).toMatch(/:1:live$/);
    await w.add(2);
    const frames: unknown[] = [];
    const watch = await w.watch({ audience: "background", lastEventId: position });
    await watch[attach]({ push: ({ id, frame }) => frames.push([id.split(":")[2], frame]), fail: () => {} });
    expect(frames).toMatchObject([
      ["background", { kind: "resumed", replayed: 1 }],
      ["background", { kind: "events", from: 2, to: 2 }],
      ["background", { kind: "presence" }],
    ]);
  });

  test("starts anew from a position that was cut for somebody, where there is a view", async () => {
    await using w = new PacedWorld(viewedGauges);
    const { position } = await w.as({ id: "staff-1" }).snapshot();
    const frames: unknown[] = [];
    await (await w.watch({ lastEventId: position }))[attach]({
      push: ({ frame }) => frames.push(frame),
      fail: () => {},
    });
    expect(frames).toMatchObject([{ kind: "snapshot", reason: "audience" }, { kind: "presence" }]);
  });

  test("is what the server makes of it, and is kept when credentials are renewed", async () => {
    const asked: unknown[] = [];
    const served = {
      ...pacedGauges,
      options: {
        ...pacedGauges.options,
        audience: (user: { id: string }, _params: object, wanted: string | undefined) => {
          asked.push(wanted);
          return user.id === "guest" ? "background" : wanted;
        },
      },
    };
    await using w = new PacedWorld(served);
    const frames: unknown[] = [];
    const watch = await w.watch({ user: { id: "guest" }, audience: "live" });
    const sink = {
      push: ({ id, frame }: { id: string; frame: object }) => frames.push([id.split(":")[2], frame]),
      fail: () => {},
    };
    const attachment = await watch[attach](sink);
    await w.add(1);
    await w.add(2);
    attachment.renew({ user: { id: "member" }, ctx: undefined, expiresAt: undefined });
    await w.add(3);
    await w.add(4);
    w.advance(100);
    expect(asked).toEqual(["live", "live"]);
    expect(frames.slice(2)).toMatchObject([
      ["background", { kind: "events", from: 1, to: 1 }],
      ["live", { kind: "events", from: 2, to: 2 }],
      ["live", { kind: "events", from: 3, to: 3 }],
      ["live", { kind: "events", from: 4, to: 4 }],
    ]);
  });
});

test("In a test of an application the time that it moves is that of the paces", async () => {
  await using w = testRealtime({ channels: [pacedGauges] });
  const { send } = w.system(gauges, {});
  const [live, calm] = [
    await w.as({ id: "ann" }).topic(gauges, {}, { audience: "live" }),
    await w.as({ id: "ben" }).topic(gauges, {}, { audience: "calm" }),
  ];
  for (const by of [1, 2, 3]) await send.add({ name: "a", by });
  expect([live.offset, calm.offset]).toEqual([1, 1]);
  await w.advance("100ms");
  expect([live.offset, calm.offset]).toEqual([3, 1]);
  await w.advance("1s");
  expect(calm.state?.sums).toEqual({ a: 6 });
});
