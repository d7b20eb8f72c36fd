import type { Broker, Store } from "@shoal/server";
import { type Source, source } from "@shoal/server/dashboards";
import { Recorder } from "../support/recorder.ts";
import { createDashboards, ops } from "./dashboard-app.ts";

export interface DashboardNodeOptions {
  readonly store: Store;
  readonly node: string;
  readonly per?: Source["per"];
  readonly broker?: Broker;
}

/** How long another node waits for one that gives no sign of life, in milliseconds. */
const leaseMs = 1_200;

/** A node with somebody who watches, whose source tells who reads it: that node's number of readings is a counter of its own. */
export function startDashboardNode({ store, node, per = "cluster", broker }: DashboardNodeOptions) {
  const readings = new Recorder<number>();
  const fault: { error: Error | undefined } = { error: undefined };
  const read = source(ops, {
    name: "read",
    metrics: ["memory"],
    every: "100ms",
    per,
    collect: (call) => {
      readings.push(1);
      if (fault.error) throw fault.error;
      return { memory: [{ labels: { node: call.node }, value: readings.items.length }] };
    },
  });
  const app = createDashboards({ store, sources: [read], node, lease: leaseMs, ...(broker && { broker }) });
  const watch = app.watch();
  return {
    ...app,
    readings,
    fault,
    [Symbol.asyncDispose]: async () => {
      await watch[Symbol.asyncDispose]();
      await app.close();
    },
  };
}
