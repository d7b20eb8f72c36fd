import { type Broker, createMemoryHub, initRealtime, type Store, system } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import { topicRef } from "../../src/topic-ref.ts";
import { Logged } from "../support/logged.ts";
import { shared } from "../support/nodes.ts";
import { servedTally1, tally1 } from "./tally-1.ts";
import { type LiftAdded, serveTally2, tally2 } from "./tally-2.ts";

export interface NodeOptions {
  readonly store: Store;
  readonly broker?: Broker;
  /** @default 5 */
  readonly lookMs?: number;
  readonly maxReplay?: number;
}

function optionsOf({ store, broker = createMemoryHub()(), lookMs = 5, maxReplay = 1_000 }: NodeOptions) {
  const logged = new Logged();
  return { logged, options: { store: shared(store), broker, lookMs, maxReplay, logger: logged.logger } };
}

const { createRealtime } = initRealtime({ t: initTRPC.create(), user: () => ({ id: "ann" }) });

/** A node whose code is of the first version, on a store that outlives it. */
export function startNode1(given: NodeOptions) {
  const { logged, options } = optionsOf(given);
  const realtime = createRealtime({ ...options, channels: [servedTally1] });
  return {
    logged,
    realtime,
    caller: realtime.router.createCaller({}).tally,
    tally: (tallyId: string) => realtime.topic(tally1, { tallyId }).as(system),
    [Symbol.asyncDispose]: () => realtime.close(),
  };
}

/** A node whose code is of the second version. */
export function startNode2({ liftAdded, ...given }: NodeOptions & { readonly liftAdded?: LiftAdded }) {
  const { logged, options } = optionsOf(given);
  const realtime = createRealtime({ ...options, channels: [serveTally2(liftAdded)] });
  return {
    logged,
    realtime,
    caller: realtime.router.createCaller({}).tally,
    tally: (tallyId: string) => realtime.topic(tally2, { tallyId }).as(system),
    [Symbol.asyncDispose]: () => realtime.close(),
  };
}

/** How the store knows a tally. */
export function tallyRef(tallyId: string) {
  return topicRef("tally", null, { tallyId });
}
