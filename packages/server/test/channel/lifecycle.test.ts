import { createMemoryStore, initRealtime, type Store } from "@shoal/server";
import { serveRooms } from "@shoal/server/rooms";
import { initTRPC } from "@trpc/server";
import { describe, expect, test } from "vitest";
import { createApp } from "../support/app.ts";
import { counter } from "../support/counter.ts";
import { varied } from "../support/nodes.ts";
import { quiet } from "../support/quiet.ts";
import { Reader, readAll } from "../support/reader.ts";
import { eventually, inTime } from "../support/recorder.ts";

const home = { counterId: "home" };

/** A store that counts how often it is opened, closed and loaded from. */
function counted() {
  const memory = createMemoryStore();
  const calls = { opened: 0, closed: 0, loaded: 0, failures: 0 };
  const store: Store = varied(memory, {
    async open() {
      calls.opened += 1;
      if (calls.failures > 0) {
        calls.failures -= 1;
        throw new Error("no such file: /var/lib/shoal.db");
      }
      await memory.open();
    },
    async close() {
      calls.closed += 1;
      await memory.close();
    },
    async load(topic) {
      calls.loaded += 1;
      return await memory.load(topic);
    },
  });
  return { store, calls };
}

describe("A realtime", () => {
  test("opens nothing before it is used, and then has nothing to close", async () => {
    const { store, calls } = counted();
    const app = createApp({ store });
    await app.realtime.close();
    expect(calls).toMatchObject({ opened: 0, closed: 0 });
  });

  test("opens once, however many use it at first", async () => {
    const { store, calls } = counted();
    await using app = createApp({ store });
    await Promise.all(["a", "b", "c"].map((counterId) => app.as("ann").counter.touch({ counterId })));
    expect(calls).toMatchObject({ opened: 1, loaded: 3 });
  });

  test("loads a topic once for all who want it at once, and again when it was idle", async () => {
    const { store, calls } = counted();
    await using app = createApp({ store, idleMs: 0 });
    await Promise.all([1, 2, 3].map((by) => app.as("ann").counter.add({ ...home, by })));
    expect(calls.loaded).toBe(1);
    await eventually(async () => {
      await app.as("ann").counter.touch(home);
      return calls.loaded > 1;
    }, "it was loaded again");
    expect(await app.as("ann").counter.sum(home)).toEqual({ sum: 6 });
  });

  test("tries to open again after it could not, and tells callers no more than that", async () => {
    const { store, calls } = counted();
    calls.failures = 1;
    await using app = createApp({ store });
    await expect(app.as("ann").counter.touch(home)).rejects.toMatchObject({
      code: "SERVICE_UNAVAILABLE",
      message: expect.not.stringContaining("shoal.db"),
    });
    expect(await app.as("ann").counter.touch(home)).toEqual({ ok: true, offset: 0 });
  });

  test("ends every subscription as what may be tried again when it closes, and closes once", async () => {
    const { store, calls } = counted();
    const app = createApp({ store });
    const watches = [
      readAll(await app.as("ann").counter.watch(home)),
      readAll(await app.as("ben").rooms.watch({ roomId: "lobby" })),
    ];
    for (const { frames } of watches) await frames.count(1);
    await Promise.all([app.realtime.close(), app.realtime.close()]);
    for (const { ended } of watches) {
      await expect(inTime(ended, "the end")).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    }
    expect(calls).toMatchObject({ opened: 1, closed: 1 });
  });

  test("answers what is under way before it closes", async () => {
    const app = createApp();
    const answers = Promise.all([1, 2, 3].map((by) => app.as("ann").counter.add({ ...home, by })));
    await app.as("ann").counter.touch(home);
    await app.realtime.close();
    expect(await answers).toMatchObject([{ ok: true }, { ok: true }, { ok: true }]);
  });

  test("takes nothing more after it closed", async () => {
    const app = createApp();
    const watch = await app.as("ann").counter.watch(home);
    await app.realtime.close();
    const gone = { code: "SERVICE_UNAVAILABLE" };
    await expect(app.as("ann").counter.touch(home)).rejects.toMatchObject(gone);
    await expect(app.as("ann").counter.watch(home)).rejects.toMatchObject(gone);
    await expect(new Reader(watch).next()).rejects.toMatchObject(gone);
  });

  test("refuses two channels of one name, and a command without a handler", () => {
    const t = initTRPC.create();
    const { createRealtime, serveChannel } = initRealtime({ t, user: () => null });
    expect(() => createRealtime({ channels: [serveRooms(), serveRooms()] })).toThrow(
      expect.objectContaining({ code: "BAD_REQUEST", message: expect.stringContaining('"rooms"') }),
    );
    const commands = { add: () => ({ sum: 0 }), touch: () => {} };
    expect(() =>
      serveChannel(counter, { commands, queries: { sum: () => ({ sum: 0 }), limit: () => 0 } } as never),
    ).toThrow(
      expect.objectContaining({ code: "BAD_REQUEST", message: expect.stringContaining('"clear" has no handler') }),
    );
  });

  test("mounts beside an application's own procedures, under any name", async () => {
    const t = initTRPC.create();
    const { createRealtime } = initRealtime({ t, user: () => ({ id: "ann" }) });
    const realtime = createRealtime({ channels: [serveRooms()], store: createMemoryStore(), logger: quiet });
    const router = t.router({ hello: t.procedure.query(() => "hello"), deep: t.router({ live: realtime.router }) });
    const caller = router.createCaller({});
    expect(await caller.hello()).toBe("hello");
    expect(await caller.deep.live.rooms.post({ roomId: "lobby", text: "hello" })).toMatchObject({ ok: true });
    await realtime.close();
  });

  test("sees the context as the base procedure's middlewares made it", async () => {
    const t = initTRPC.context<{ token: string }>().create();
    const procedure = t.procedure.use(({ ctx, next }) => next({ ctx: { user: { id: ctx.token, name: "Ann" } } }));
    const { createRealtime, serveChannel } = initRealtime({ t, procedure, user: async (ctx) => ctx.user });
    const seen: unknown[] = [];
    const served = serveChannel(counter, {
      authorize({ user, ctx, action, params, state }) {
        seen.push({ user, token: ctx?.token, action, params, state });
        return true;
      },
      commands: { add: ({ user }) => ({ sum: user.name.length }), touch: () => {}, clear: () => {} },
      queries: { sum: () => ({ sum: 0 }), limit: ({ ctx, user }) => ctx.token.length + user.id.length },
    });
    const realtime = createRealtime({ channels: [served], store: createMemoryStore(), logger: quiet });
    const caller = realtime.router.createCaller({ token: "ann" });
    expect(await caller.counter.add({ ...home, by: 1 })).toMatchObject({ result: { sum: 3 } });
    expect(await caller.counter.limit()).toBe(6);
    const user = { id: "ann", name: "Ann" };
    expect(seen).toEqual([{ user, token: "ann", action: "add", params: home, state: { added: [] } }]);
    await realtime.close();
  });
});
