import { defineChannel } from "@shoal/contract";
import { effect, initRealtime, type Store, serveChannel, system } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import * as z from "zod";
import { topicRef } from "../../src/topic-ref.ts";
import { quiet } from "../support/quiet.ts";

const order = defineChannel(
  "order",
  {
    params: z.object({ orderId: z.string() }),
    state: z.object({ status: z.enum(["none", "placed", "confirmed"]) }),
    events: { placed: z.object({}), confirmed: z.object({}) },
    commands: { place: {}, confirm: { internal: true } },
  },
  {
    initial: () => ({ status: "none" }),
    apply: { placed: () => ({ status: "placed" }), confirmed: () => ({ status: "confirmed" }) },
  },
);

const stock = defineChannel(
  "stock",
  {
    params: z.object({}),
    state: z.object({ left: z.int() }),
    events: { reserved: z.object({ orderId: z.string() }) },
    commands: { reserve: { input: z.object({ orderId: z.string() }), internal: true } },
  },
  { initial: () => ({ left: 10 }), apply: { reserved: ({ left }) => ({ left: left - 1 }) } },
);

const orders = serveChannel(order, {
  authorize: () => true,
  effects: ({ type }, { params }) => (type === "placed" ? [effect(stock, {}, "reserve", params)] : []),
  commands: { place: ({ emit }) => emit("placed"), confirm: ({ emit }) => emit("confirmed") },
});

const stocks = serveChannel(stock, {
  authorize: () => true,
  effects: ({ data }) => [effect(order, { orderId: data.orderId }, "confirm")],
  commands: { reserve: ({ input, emit }) => emit("reserved", input) },
});

/** Orders that reserve from the stock once they are placed, and are confirmed once that is done. */
export function createOrders(store: Store) {
  const t = initTRPC.context<{ user: null }>().create({ isDev: false });
  const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const realtime = createRealtime({ channels: [orders, stocks], store, logger: quiet });
  return {
    realtime,
    /** Places an order, under the same id however often it is called. */
    place: (orderId: string) =>
      realtime
        .topic(order, { orderId })
        .as(system)
        .send.place({}, { commandId: `place-${orderId}` }),
    [Symbol.asyncDispose]: () => realtime.close(),
  };
}

/** What happened to an order, and to the stock, as the store has it. */
export async function eventsOf(store: Store, orderId: string) {
  const topics = [topicRef("order", null, { orderId }), topicRef("stock", null, {})];
  const logs = await Promise.all(topics.map((topic) => store.read(topic, 1, Number.MAX_SAFE_INTEGER)));
  return logs.map((log) => log.map(({ type }) => type));
}
