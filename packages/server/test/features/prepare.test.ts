import { setTimeout as wait } from "node:timers/promises";
import { defineChannel, ShoalError } from "@shoal/contract";
import { createMemoryStore, initRealtime, type RealtimeOptions, serveChannel, type User } from "@shoal/server";
import { testRealtime } from "@shoal/server/testing";
import { initTRPC } from "@trpc/server";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { topicRef } from "../../src/topic-ref.ts";
import { wrapStore } from "../durability/wrap-store.ts";
import { request, show } from "../suites/store/write.ts";
import { shared } from "../support/nodes.ts";
import { quiet } from "../support/quiet.ts";

const order = defineChannel(
  "order",
  {
    params: z.object({ orderId: z.string() }),
    state: z.object({ lines: z.array(z.string()), due: z.nullable(z.number()) }),
    events: { added: z.object({ line: z.string() }), planned: z.object({ at: z.number() }) },
    commands: {
      add: { input: z.object({ sku: z.string() }) },
      plan: { input: z.object({ at: z.number() }) },
      remind: { internal: true },
    },
  },
  {
    initial: () => ({ lines: [], due: null }),
    apply: {
      added: ({ lines, due }, { line }) => ({ lines: [...lines, line], due }),
      planned: ({ lines }, { at }) => ({ lines, due: at }),
    },
  },
);

interface Options extends Omit<RealtimeOptions<never>, "channels" | "logger"> {
  readonly prepareAgain?: readonly "add"[];
  readonly fetchLine?: (sku: string) => Promise<string>;
}

/** A realtime that serves orders, and what was fetched for them. */
function createOrders({ fetchLine = async (sku) => sku, prepareAgain = [], ...options }: Options) {
  const t = initTRPC.context<{ user: User | null }>().create({ isDev: false });
  const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const fetched: string[] = [];
  const orders = serveChannel(order, {
    prepare: {
      async add({ input: { sku } }) {
        fetched.push(sku);
        return await fetchLine(sku);
      },
    },
    prepareAgain,
    commands: {
      add: ({ prepared, emit }) => emit("added", { line: prepared }),
      plan: ({ input, emit }) => emit("planned", input),
      remind: () => {},
    },
  });
  const realtime = createRealtime({ lookMs: 3_600_000, ...options, channels: [orders], logger: quiet });
  const handle = realtime.topic(order, { orderId: "1" }).as({ id: "ann" });
  return { ...handle, fetched, [Symbol.asyncDispose]: () => realtime.close() };
}

describe("A command with a prepare that is sent again", () => {
  test("is answered as before without being prepared again", async () => {
    await using orders = createOrders({ store: createMemoryStore() });
    const first = await orders.send.add({ sku: "tea" }, { commandId: "c1" });
    expect(await orders.send.add({ sku: "tea" }, { commandId: "c1" })).toEqual(first);
    expect(orders.fetched).toEqual(["tea"]);
    const other = orders.send.add({ sku: "milk" }, { commandId: "c1" });
    await expect(other).rejects.toMatchObject({ code: "CONFLICT" });
    expect(orders.fetched).toEqual(["tea"]);
    expect(await orders.send.add({ sku: "tea" }, { commandId: "c2" })).toMatchObject({ ok: true, offset: 2 });
  });

  test("is prepared again where that is to spare a look at the store, and answered as before", async () => {
    const memory = createMemoryStore();
    let looks = 0;
    const store = wrapStore(memory, {
      record(topic, command) {
        looks += 1;
        return memory.record(topic, command);
      },
    });
    await using orders = createOrders({ store, prepareAgain: ["add"] });
    const first = await orders.send.add({ sku: "tea" }, { commandId: "c1" });
    expect(await orders.send.add({ sku: "tea" }, { commandId: "c1" })).toEqual(first);
    expect(orders.fetched).toEqual(["tea", "tea"]);
    expect(await orders.state()).toMatchObject({ lines: ["tea"] });
    await expect(orders.send.add({ sku: "milk" }, { commandId: "c1" })).rejects.toMatchObject({ code: "CONFLICT" });
    expect(looks).toBe(0);
  });

  test("to another node finds the topic there as new as its answer", async () => {
    const store = createMemoryStore();
    await store.open();
    await using here = createOrders({ store: shared(store) });
    await using there = createOrders({ store: shared(store) });
    expect(await there.state()).toMatchObject({ lines: [] });
    const first = await here.send.add({ sku: "tea" }, { commandId: "c1" });
    expect(await there.send.add({ sku: "tea" }, { commandId: "c1" })).toEqual(first);
    expect(await there.state()).toMatchObject({ lines: ["tea"] });
    expect(there.fetched).toEqual([]);
  });

  test("at once may be prepared twice, and has one effect", async () => {
    await using orders = createOrders({ store: createMemoryStore() });
    const send = () => orders.send.add({ sku: "tea" }, { commandId: "c1" });
    const [first, second] = await Promise.all([send(), send()]);
    expect(second).toEqual(first);
    expect(await orders.state()).toMatchObject({ lines: ["tea"] });
  });
});

test("What a prepare takes does not count for the deadline in which the store answers", async () => {
  const memory = createMemoryStore();
  // Longer than from one look at the deadlines to the next.
  const store = wrapStore(memory, {
    async transaction(requests, decide, options) {
      await wait(400);
      await memory.transaction(requests, decide, options);
    },
  });
  const fetchLine = async (sku: string) => await wait(2_000, sku);
  await using orders = createOrders({ store, fetchLine, commandDeadlineMs: 2_000 });
  expect(await orders.send.add({ sku: "tea" })).toMatchObject({ ok: true, offset: 1 });
});

describe("A timer", () => {
  test("whose command has a prepare, against its type, fails and says why", async () => {
    const orders = serveChannel(order, {
      prepare: { remind: async () => "prepared" },
      commands: { add: () => {}, plan: ({ input, emit }) => emit("planned", input), remind: () => {} },
      timers: ({ due }) => (due === null ? [] : [{ name: "remind", at: due, command: "remind" as never }]),
    });
    await using w = testRealtime({ channels: [orders] });
    await w.system(order, { orderId: "1" }).send.plan({ at: w.now + 1_000 });
    await w.advance("2s");
    expect(w.logged).toContainEqual({
      level: "error",
      message: "a timer failed",
      fields: expect.objectContaining({
        error: expect.objectContaining({
          message: 'A timer cannot run "order.remind", which has a `prepare`. Give the timer a command without one.',
        }),
      }),
    });
  });

  test("that cannot be run since something is away is tried again, and that is not counted", async () => {
    let now = 1_000;
    const store = createMemoryStore({ now: () => now });
    let away = true;
    const orders = serveChannel(order, {
      load: {
        async remind() {
          if (away) throw new ShoalError("SERVICE_UNAVAILABLE", "The tables cannot be read.");
        },
      },
      commands: {
        add: () => {},
        plan: ({ input, emit }) => emit("planned", input),
        remind: ({ emit }) => emit("added", { line: "reminded" }),
      },
      timers: ({ due, lines }) =>
        due === null || lines.length > 0 ? [] : [{ name: "remind", at: due, command: "remind" }],
    });
    const t = initTRPC.context<{ user: User | null }>().create({ isDev: false });
    const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
    const realtime = createRealtime({ store: shared(store), channels: [orders], lookMs: 3_600_000, logger: quiet });
    await using stack = new AsyncDisposableStack();
    stack.defer(() => realtime.close());
    const topic = realtime.topic(order, { orderId: "1" }).as({ id: "ann" });
    await topic.send.plan({ at: 2_000 });
    const ref = topicRef("order", null, { orderId: "1" });
    for (const time of [3_000, 60_000]) {
      now = time;
      await topic.send.add({ sku: "tea" });
      const { timers } = await show(store, request(ref, await store.head(ref)));
      expect(timers).toMatchObject([{ attempts: 0, status: "armed", due: time + 1_000 }]);
    }
    away = false;
    now = 120_000;
    await topic.send.add({ sku: "tea" });
    expect(await topic.state()).toMatchObject({ lines: ["reminded"] });
  });
});
