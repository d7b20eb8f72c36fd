import { type AnyFrame, defineChannel, type TypesOf } from "@shoal/contract";
import { createMemoryStore, initRealtime, type ServeOptions, serveChannel, system, type User } from "@shoal/server";
import { initTRPC, isTrackedEnvelope } from "@trpc/server";
import { expect, test, vi } from "vitest";
import * as z from "zod";
import { quiet } from "../support/quiet.ts";

const definition = defineChannel(
  "meter",
  {
    params: z.object({}),
    state: z.object({ sum: z.int(), log: z.string() }),
    events: { counted: z.object({ key: z.string(), by: z.int(), text: z.string() }), closed: z.object({}) },
    commands: {
      count: { input: z.object({ key: z.string(), by: z.int(), text: z.string() }) },
      close: {},
    },
  },
  {
    initial: () => ({ sum: 0, log: "" }),
    apply: {
      counted: (state, { by, text }) => ({ sum: state.sum + by, log: (state.log + text).slice(-10) }),
      closed: (state) => state,
    },
  },
);

type Merge = NonNullable<ServeOptions<TypesOf<typeof definition>, User | null, object>["merge"]>;

const adding: Merge = (earlier, later) =>
  earlier.type === "counted" && later.type === "counted"
    ? {
        type: "counted",
        data: { ...later.data, by: earlier.data.by + later.data.by, text: earlier.data.text + later.data.text },
      }
    : later;

/** A meter with subscribers that have read their snapshots and nothing since. */
async function openMeter(merge: Merge, readers = 1) {
  const meters = serveChannel(definition, {
    conflate: (event) => (event.type === "counted" ? event.data.key : null),
    merge,
    commands: { count: ({ input, emit }) => emit("counted", input), close: ({ emit }) => emit("closed") },
  });
  const t = initTRPC.context<{ user: User | null }>().create({ isDev: false });
  const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const realtime = createRealtime({ channels: [meters], store: createMemoryStore(), queue: 10, logger: quiet });
  const router = t.router({ realtime: realtime.router });
  const open = async () => {
    const watch = await router.createCaller({ user: { id: "ann" } }).realtime.meter.watch({});
    const frames = watch[Symbol.asyncIterator]();
    const next = async (): Promise<AnyFrame> => {
      const { value } = await frames.next();
      if (!isTrackedEnvelope(value)) throw new Error("there is no frame");
      return value[1] as AnyFrame;
    };
    expect(await next()).toMatchObject({ kind: "snapshot", reason: "initial" });
    return { next };
  };
  const opened: Awaited<ReturnType<typeof open>>[] = [];
  for (let reader = 0; reader < readers; reader += 1) opened.push(await open());
  const { send } = realtime.topic(definition, {}).as(system);
  return { send, readers: opened, next: () => opened[0]?.next(), [Symbol.asyncDispose]: () => realtime.close() };
}

test("What waits for a slow subscriber is merged, at the offset, the time and the command of the last", async () => {
  await using meter = await openMeter(adding);
  for (let by = 1; by <= 100; by += 1) await meter.send.count({ key: "a", by, text: "" }, { commandId: `c${by}` });
  expect(await meter.next()).toMatchObject({
    kind: "events",
    from: 1,
    to: 100,
    events: [{ offset: 100, type: "counted", data: { by: 5050 }, commandId: "c100" }],
  });
});

test("It is merged once for all that fell behind together", async () => {
  const merge = vi.fn(adding);
  await using meter = await openMeter(merge, 20);
  for (let by = 1; by <= 5; by += 1) await meter.send.count({ key: "a", by, text: "" });
  expect(merge).toHaveBeenCalledTimes(4);
  const frames = await Promise.all(meter.readers.map(({ next }) => next()));
  expect(new Set(frames).size).toBe(1);
  expect(frames[0]).toMatchObject({ from: 1, to: 5, events: [{ data: { by: 15 } }] });
});

test("Nothing is merged across an event without a key", async () => {
  await using meter = await openMeter(adding);
  await meter.send.count({ key: "a", by: 1, text: "" });
  await meter.send.close();
  await meter.send.count({ key: "a", by: 2, text: "" });
  await meter.send.count({ key: "a", by: 4, text: "" });
  expect(await meter.next()).toMatchObject({ events: [{ data: { by: 1 } }, { type: "closed" }, { data: { by: 6 } }] });
});

test("A merged event that grows without end gives way to a snapshot", async () => {
  await using meter = await openMeter(adding);
  const text = "x".repeat(100_000);
  for (let by = 1; by <= 10; by += 1) await meter.send.count({ key: "a", by, text });
  expect(await meter.next()).toMatchObject({ kind: "events", from: 1, to: 10, events: [{ data: { by: 55 } }] });
  for (let by = 1; by <= 11; by += 1) await meter.send.count({ key: "a", by, text });
  expect(await meter.next()).toMatchObject({ kind: "snapshot", reason: "overflow", state: { sum: 121 } });
});

test("A merge that throws ends the watches for which something waited, and no others", async () => {
  await using meter = await openMeter(() => {
    throw new Error("no glue");
  }, 2);
  const [slow, quick] = meter.readers;
  await meter.send.count({ key: "a", by: 1, text: "" });
  expect(await quick?.next()).toMatchObject({ from: 1 });
  expect(await meter.send.count({ key: "a", by: 2, text: "" })).toMatchObject({ ok: true, offset: 2 });
  expect(await quick?.next()).toMatchObject({ from: 2 });
  await expect(slow?.next()).rejects.toMatchObject({ code: "INTERNAL_SERVER_ERROR" });
});
