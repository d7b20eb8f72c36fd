import { defineChannel } from "@shoal/contract";
import { createMemoryStore, initRealtime, serve, type User } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { createClient } from "../src/client.ts";
import { onOwnNetwork } from "./support/on-own-network.ts";
import { until } from "./support/until.ts";

const meter = defineChannel(
  "meter",
  {
    params: z.object({}),
    state: z.object({ sum: z.int() }),
    events: { added: z.object({ by: z.int() }) },
    commands: { add: { input: z.object({ by: z.int() }) } },
  },
  { initial: () => ({ sum: 0 }), apply: { added: ({ sum }, { by }) => ({ sum: sum + by }) } },
);

/** A day: nobody waits for it. */
const never = 86_400_000;

async function startMeters() {
  const t = initTRPC.context<{ user: User | null }>().create();
  const { serveChannel, createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const meters = serveChannel(meter, {
    audiences: ["live", "hidden"],
    pace: { live: 1, hidden: never },
    conflate: () => "sum",
    merge: (earlier, { type, data }) => ({ type, data: { by: earlier.data.by + data.by } }),
    commands: { add: ({ input, emit }) => emit("added", input) },
  });
  const realtime = createRealtime({
    channels: [meters],
    store: createMemoryStore(),
    drainSpreadMs: 0,
    logger: { info() {}, warn() {}, error() {} },
  });
  const handle = await serve({
    router: t.router({ realtime: realtime.router }),
    port: 0,
    createContext: ({ info }) => ({ user: { id: info.connectionParams?.token ?? "" } }),
  });
  return {
    url: `${handle.url}/trpc`,
    async [Symbol.asyncDispose]() {
      await realtime.close();
      await handle.close();
    },
  };
}

function connect({ url }: { readonly url: string }) {
  return onOwnNetwork((WebSocket) => createClient({ url, channels: [meter], token: () => "ann", WebSocket }));
}

describe("a topic that asks for another audience", () => {
  test("goes on from where it was, live all the time, at the other pace", async () => {
    await using server = await startMeters();
    await using viewer = connect(server);
    await using other = connect(server);
    const topic = viewer.meter({});
    const statuses = new Set<string>();
    topic.subscribe(() => statuses.add(topic.current.status));
    await until(topic, ({ status }) => status === "live");
    statuses.clear();
    const { send } = other.meter({});
    await send.add({ by: 1 });
    await until(topic, ({ offset }) => offset === 1);

    topic.setAudience("hidden");
    await expect.poll(() => viewer.network.frames.current.filter((kind) => kind === "resumed")).toHaveLength(1);
    // The first event after a quiet time is sent at once, and the rest of them held.
    await send.add({ by: 2 });
    await until(topic, ({ offset }) => offset === 2);
    for (const by of [4, 8, 16]) await send.add({ by });
    expect(topic.current.state).toEqual({ sum: 3 });

    topic.setAudience(undefined);
    const shown = await until(topic, ({ offset }) => offset === 5);
    expect(shown).toMatchObject({ status: "live", stale: false, state: { sum: 31 } });
    await send.add({ by: 32 });
    await until(topic, ({ offset }) => offset === 6);
    expect([...statuses]).toEqual(["live"]);
    expect(viewer.network.frames.current.filter((kind) => kind === "snapshot")).toHaveLength(1);
  });

  test("asks for it when it is first watched, and makes one subscription of what is done and undone in one go", async () => {
    await using server = await startMeters();
    await using viewer = connect(server);
    const topic = viewer.meter({});
    topic.setAudience("hidden");
    topic.subscribe(() => {});
    await until(topic, ({ status }) => status === "live");
    expect(topic.snapshot()?.position).toMatch(/:hidden$/);
    topic.setAudience("live");
    topic.setAudience("hidden");
    await topic.send.add({ by: 1 });
    await until(topic, ({ offset }) => offset === 1);
    expect(viewer.network.frames.current).toEqual(["snapshot", "events"]);
  });

  test("fails where the channel does not declare it, and recovers when it asks for one that it does", async () => {
    await using server = await startMeters();
    await using viewer = connect(server);
    const topic = viewer.meter({});
    topic.subscribe(() => {});
    await until(topic, ({ status }) => status === "live");
    topic.setAudience("nightly");
    const failed = await until(topic, ({ status }) => status === "failed");
    expect(failed.error).toMatchObject({
      code: "BAD_REQUEST",
      message: expect.stringContaining("It has: live, hidden."),
    });
    expect(failed.state).toEqual({ sum: 0 });
    topic.setAudience("hidden");
    await until(topic, ({ status }) => status === "live");
  });
});
