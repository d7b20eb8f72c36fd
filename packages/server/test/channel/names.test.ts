import { defineChannel } from "@shoal/contract";
import { createMemoryStore, initRealtime } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import { expect, test } from "vitest";
import * as z from "zod";
import { quiet } from "../support/quiet.ts";
import { readAll } from "../support/reader.ts";

const odd = defineChannel(
  "valueOf",
  {
    params: z.object({ constructor: z.string() }),
    state: z.object({ toString: z.array(z.string()) }),
    events: { hasOwnProperty: z.object({ valueOf: z.string() }) },
    commands: {
      constructor: {
        input: z.object({ toString: z.string() }),
        rejections: { toString: z.object({ valueOf: z.int() }) },
      },
    },
    queries: { toLocaleString: { output: z.string() } },
    broadcasts: { isPrototypeOf: z.object({ constructor: z.int() }) },
  },
  {
    initial: () => ({ toString: [] }),
    apply: { hasOwnProperty: (state, data) => ({ toString: [...state.toString, data.valueOf] }) },
  },
);

test("A word that every object knows is a name as good as any, for all that has a name", async () => {
  const t = initTRPC.create();
  const { serveChannel, createRealtime } = initRealtime({ t, user: () => ({ id: "constructor" }) });
  const served = serveChannel(odd, {
    commands: {
      constructor({ input, emit, reject }) {
        if (input.toString === "no") reject("toString", { valueOf: 5 });
        emit("hasOwnProperty", { valueOf: input.toString });
      },
    },
    queries: { toLocaleString: () => "answered" },
  });
  const realtime = createRealtime({ channels: [served], store: createMemoryStore(), logger: quiet });
  const caller = realtime.router.createCaller({}).valueOf;
  const params = { constructor: "__proto__" };
  const { frames } = readAll(await caller.watch(params));
  await frames.count(1);
  const send = { ...params, toString: "yes", commandId: "toString" };
  expect(await caller.constructor(send)).toEqual({ ok: true, offset: 1 });
  expect(await caller.constructor(send)).toEqual({ ok: true, offset: 1 });
  expect(await caller.constructor({ ...params, toString: "no" })).toEqual({
    ok: false,
    reason: "toString",
    valueOf: 5,
  });
  expect(await caller.toLocaleString()).toBe("answered");
  await caller.broadcast({ ...params, name: "isPrototypeOf", data: { constructor: 7 } });
  await frames.count(3);
  expect(frames.items.map(({ frame }) => frame)).toMatchObject([
    { kind: "snapshot", state: { toString: [] } },
    { kind: "events", events: [{ type: "hasOwnProperty", data: { valueOf: "yes" } }] },
    { kind: "broadcast", name: "isPrototypeOf", data: { constructor: 7 } },
  ]);
  await realtime.close();
});
