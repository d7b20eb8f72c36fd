import { createMemoryStore, initRealtime, type Store, type User } from "@shoal/server";
import { initTRPC, TRPCError } from "@trpc/server";
import { describe, expect, test } from "vitest";
import { createClockedStore } from "../durability/clocked-store.ts";
import { wrapStore } from "../durability/wrap-store.ts";

const silent = { info: () => {}, warn: () => {}, error: () => {} };

/** A realtime without channels, in an application that lets nobody in who is not signed in. */
function realtimeOn(store: Store) {
  const t = initTRPC.context<{ user: User | null }>().create();
  const procedure = t.procedure.use(({ ctx, next }) => {
    if (!ctx.user) throw new TRPCError({ code: "UNAUTHORIZED" });
    return next();
  });
  const { createRealtime } = initRealtime({ t, procedure, user: (ctx) => ctx.user });
  const realtime = createRealtime({ channels: [], store, logger: silent, lookMs: 5 });
  const caller = t.router({ realtime: realtime.router }).createCaller({ user: null });
  return { time: () => caller.realtime.connection.time(), [Symbol.asyncDispose]: () => realtime.close() };
}

describe("The time that a server tells", () => {
  test("is the store's, whatever the machine's is, and whoever asks", async () => {
    const clock = createClockedStore();
    await using server = realtimeOn(clock.store);
    const { now } = await server.time();
    expect(Math.abs(now - clock.now())).toBeLessThan(60_000);
    await clock.move(3_600_000);
    await expect.poll(async () => (await server.time()).now - now).toBeGreaterThan(3_500_000);
  });

  test("cannot be told while the store cannot be opened, which is worth another try", async () => {
    let isAway = true;
    const memory = createMemoryStore();
    const store = wrapStore(memory, {
      async open() {
        if (isAway) throw new Error("the disk is away");
        await memory.open();
      },
    });
    await using server = realtimeOn(store);
    await expect(server.time()).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    isAway = false;
    expect((await server.time()).now).toBeGreaterThan(0);
  });
});
