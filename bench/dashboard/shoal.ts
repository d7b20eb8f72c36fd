import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { defineDashboard, gauge } from "@shoal/contract/dashboards";
import { consoleLogger, createMemoryStore, initRealtime, type User } from "@shoal/server";
import { serveDashboard, source } from "@shoal/server/dashboards";
import { applyWSSHandler } from "@shoal/server/ws";
import { initTRPC } from "@trpc/server";
import { WebSocketServer } from "ws";
import { listen } from "../wire/hosts/host.ts";
import type { Host } from "./hosts.ts";
import { measure, metricNames, stepMs, steps, updateMs } from "./measured.ts";

const board = defineDashboard(
  "board",
  Object.fromEntries(metricNames.map((name) => [name, gauge({ unit: "percent" })])),
  {
    window: steps * stepMs,
    resolution: stepMs,
  },
);

/** A dashboard whose window is full, and whose source measures when it is to. */
export async function shoalHost(): Promise<Host> {
  let behindMs = steps * stepMs;
  let update = 0;
  let toMeasure = 0;
  let measured = 0;
  let done = () => {};
  const read = source(board, {
    name: "read",
    metrics: [...metricNames],
    every: updateMs,
    collect() {
      if (toMeasure === 0) return {};
      toMeasure -= 1;
      measured += 1;
      update += 1;
      if (toMeasure === 0) done();
      return measure(update);
    },
  });
  const t = initTRPC.context<{ user: User }>().create();
  const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const quiet = () => {};
  const realtime = createRealtime({
    channels: [...serveDashboard(board, { sources: [read] })],
    store: createMemoryStore({ now: () => Date.now() - behindMs }),
    logger: { ...consoleLogger, info: quiet, warn: quiet },
  });
  for (; behindMs > 0; behindMs -= stepMs) {
    realtime.board.update(measure(0));
    await realtime.board.flush();
  }
  behindMs = 0;
  const server = createServer();
  applyWSSHandler({
    wss: new WebSocketServer({ server }),
    router: t.router({ realtime: realtime.router }),
    createContext: () => ({ user: { id: "viewer" } }),
    maxConnectionsPerUser: 10_000,
  });
  const measureTimes = (updates: number): Promise<void> =>
    new Promise((resolve) => {
      done = resolve;
      toMeasure = updates;
    });
  return {
    server: await listen(server),
    /** What was not measured for a while is stale, and is told not to be. */
    async begin() {
      await measureTimes(1);
      await delay(updateMs);
    },
    async publish(updates) {
      const before = measured;
      await measureTimes(updates);
      return { update, measured: measured - before };
    },
  };
}
