import { createMemoryStore, initRealtime, type Realtime, system, type User, withHand } from "@shoal/server";
import { serveRooms } from "@shoal/server/rooms";
import { initTRPC } from "@trpc/server";
import { expectTypeOf } from "vitest";
import { counter } from "../support/counter.ts";

const t = initTRPC.context<{ user: User | null }>().create();
const { serveChannel, createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
const served = serveChannel(counter, {
  commands: { add: () => ({ sum: 0 }), touch: () => {}, clear: () => {} },
  queries: { sum: () => ({ sum: 0 }), limit: () => 0 },
});
const counters = withHand(served, (realtime) => ({
  clear: (counterId: string) => realtime.topic(counter, { counterId }).as(system).send.clear(),
}));
const options = { store: createMemoryStore() };
const realtime = createRealtime({ ...options, channels: [counters, serveRooms()] });

// What a channel brings is under its name, as it was made; what brings nothing has none.
expectTypeOf(realtime.counter.clear).parameters.toEqualTypeOf<[counterId: string]>();
expectTypeOf(realtime).toExtend<Realtime<unknown>>();
// @ts-expect-error: rooms bring nothing
realtime.rooms;

// It is no part of the router, which is what it is without.
const plain = createRealtime({ ...options, channels: [served, serveRooms()] });
expectTypeOf(realtime.router).toEqualTypeOf(plain.router);
// @ts-expect-error: this counter brings nothing
plain.counter;
