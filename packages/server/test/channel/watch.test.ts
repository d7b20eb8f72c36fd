import { ShoalError } from "@shoal/contract";
import { attach, type FrameSink, type SharedFrame } from "@shoal/server";
import { describe, expect, test } from "vitest";
import { Watch } from "../../src/channel/watch.ts";
import { createApp } from "../support/app.ts";
import { Reader } from "../support/reader.ts";
import { Recorder, turn } from "../support/recorder.ts";

const home = { counterId: "home" };
const shown = { ...home, presence: { typing: false }, clientId: "tab" };

/** Where a transport of Shoal's own takes frames. */
class Sink extends Recorder<SharedFrame> implements FrameSink {
  readonly failures = new Recorder<ShoalError>();

  fail(error: ShoalError): void {
    this.failures.push(error);
  }

  get kinds(): string[] {
    return this.items.map(({ frame }) => frame.kind);
  }
}

/** What `watch` returns to a transport, which tRPC's types do not tell. */
async function watched(watching: Promise<unknown>): Promise<Watch> {
  return (await watching) as Watch;
}

describe("What watch returns", () => {
  test("does nothing until it is used, and then each use is a subscription of its own", async () => {
    await using app = createApp();
    const watch = await watched(app.as("ann").counter.watch(shown));
    const onlooker = new Reader(await app.as("ben").counter.watch(home));
    expect((await onlooker.take(2))[1]).toEqual({ kind: "presence", full: [] });
    const uses = [new Reader(watch), new Reader(watch)];
    for (const use of uses) expect(await use.take(1)).toMatchObject([{ kind: "snapshot" }]);
    await onlooker.take(1);
    await uses[0]?.end();
    await turn();
    await app.as("ann").counter.add({ ...home, by: 1 });
    const frames = await uses[1]?.take(2);
    expect(frames?.at(-1)?.kind).toMatch(/presence|events/);
    await uses[1]?.end();
    await turn();
    const left = await onlooker.take(2);
    expect(left).toContainEqual(expect.objectContaining({ kind: "events" }));
  });

  test("pushes the same frames to all that are attached, each made once", async () => {
    await using app = createApp();
    const watch = await watched(app.as("ann").counter.watch(home));
    const sinks = [new Sink(), new Sink()] as const;
    for (const sink of sinks) await watch[attach](sink);
    await app.as("ann").counter.add({ ...home, by: 1 });
    for (const sink of sinks) expect(sink.kinds).toEqual(["snapshot", "presence", "events"]);
    expect(sinks[0].items[0]).toBe(sinks[1].items[0]);
    expect(sinks[0].items[2]).toBe(sinks[1].items[2]);
  });

  test("pushes the same replay to all who come back from the same place, and what happened since to who comes later", async () => {
    await using app = createApp();
    const onlooker = new Sink();
    await (await watched(app.as("ann").counter.watch(home)))[attach](onlooker);
    for (const by of [1, 2, 3]) await app.as("ann").counter.add({ ...home, by });
    const [, , first, second] = onlooker.items;
    const comeBack = async (lastEventId: string | undefined) => {
      const sink = new Sink();
      await (await watched(app.as("ann").counter.watch({ ...home, lastEventId })))[attach](sink);
      return sink;
    };
    const [one, other, further] = [
      await comeBack(first?.id),
      await comeBack(first?.id),
      await comeBack(second?.id),
    ] as const;
    expect(one.items.map(({ frame }) => frame)).toMatchObject([
      { kind: "resumed", replayed: 2 },
      { kind: "events", from: 2, to: 3 },
      { kind: "presence" },
    ]);
    expect(other.items[0]).toBe(one.items[0]);
    expect(other.items[1]).toBe(one.items[1]);
    expect(further.items[1]?.frame).toMatchObject({ kind: "events", from: 3, to: 3 });
    await app.as("ann").counter.add({ ...home, by: 4 });
    const later = await comeBack(first?.id);
    expect(later.items.map(({ frame }) => frame)).toMatchObject([
      { kind: "resumed", replayed: 3 },
      { kind: "events", from: 2, to: 4 },
      { kind: "presence" },
    ]);
  });

  test("lets go of the topic when it fails, for who iterates and returns nothing", async () => {
    const failure = new ShoalError("SERVICE_UNAVAILABLE", "The topic cannot be followed.");
    const detached = new Recorder<true>();
    const sinks = new Recorder<FrameSink>();
    const open = async (sink: FrameSink) => {
      sinks.push(sink);
      return { realtime: {}, detach: () => detached.push(true), resync: () => {}, renew: () => {} };
    };
    const caller = { user: null, ctx: undefined };
    const toError = (error: unknown) => error as Error;
    const watch = new Watch({ realtime: {}, caller, open, queue: 1, signal: undefined, toError });
    const pulled = watch[Symbol.asyncIterator]().next();
    const [sink] = await sinks.count(1);
    await turn();
    sink?.fail(failure);
    await expect(pulled).rejects.toBe(failure);
    expect(detached.items).toEqual([true]);
  });

  test("starts anew for who asks, and pushes nothing more to who detached", async () => {
    await using app = createApp();
    const watch = await watched(app.as("ann").counter.watch(shown));
    const sink = new Sink();
    const attachment = await watch[attach](sink);
    await turn();
    sink.items.length = 0;
    await app.as("ann").counter.add({ ...home, by: 1 });
    attachment.resync();
    expect(sink.items.map(({ frame }) => frame)).toMatchObject([
      { kind: "events" },
      { kind: "snapshot", reason: "overflow", offset: 1 },
      { kind: "presence", full: [{ id: "ann" }] },
    ]);
    attachment.detach();
    attachment.detach();
    await turn();
    await app.as("ann").counter.add({ ...home, by: 2 });
    expect(sink.kinds).toEqual(["events", "snapshot", "presence"]);
    const reader = new Reader(await app.as("ben").counter.watch(home));
    expect((await reader.take(2))[1]).toEqual({ kind: "presence", full: [] });
  });

  test("fails all that are attached when the realtime closes", async () => {
    const app = createApp();
    const watch = await watched(app.as("ann").counter.watch(home));
    const sink = new Sink();
    await watch[attach](sink);
    await app.realtime.close();
    const [error] = await sink.failures.count(1);
    expect(error).toBeInstanceOf(ShoalError);
    expect(error).toMatchObject({ code: "SERVICE_UNAVAILABLE" });
  });
});
