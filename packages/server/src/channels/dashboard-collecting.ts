import type { AnyDashboard, DashboardSamples, DashboardState, KnownRule } from "@shoal/contract/dashboards";
import type { TopicHandle } from "../channel/topic-handle.ts";
import type { Realtime } from "../realtime.ts";
import { type DashboardTopicTypes, Lease } from "./dashboard-lease.ts";
import { Measures } from "./dashboard-measures.ts";
import { Pause } from "./dashboard-pause.ts";
import { type LastMeasured, SourceRun } from "./dashboard-source-run.ts";
import type { KnownSource } from "./dashboard-sources.ts";

export interface CollectingOptions {
  readonly dashboard: AnyDashboard;
  readonly sources: readonly KnownSource[];
  /** The name of this node. */
  readonly node: string;
  readonly leaseMs: number;
  readonly realtime: Realtime<unknown>;
}

/** The topic of a dashboard that is collected for. */
interface Target {
  readonly topic: TopicHandle<DashboardTopicTypes>;
  readonly tenant: string | null;
  /** Aborts when nobody needs it any more. */
  readonly signal: AbortSignal;
}

/** How often the rules that look at a time are asked, where nothing else comes: what is quiet is to get well again. */
const mindMs = 5_000;

const nothing: DashboardSamples = { series: {}, lists: {}, tables: {}, stale: {} };

/** Sends an update. It is never sent again, so its answer need not be kept. */
export function sendUpdate({ send }: Pick<TopicHandle<DashboardTopicTypes>, "send">, samples: DashboardSamples) {
  return send.update(samples, { commandId: null });
}

/** Whether there is anything to be done for a dashboard while nobody watches. */
export function isAlwaysNeeded(dashboard: AnyDashboard, sources: readonly KnownSource[]): boolean {
  return hasTimedRules(dashboard) || sources.some(({ always }) => always);
}

/** Whether a rule may change its mind by time alone. */
function hasTimedRules({ rules }: AnyDashboard): boolean {
  return (Object.values(rules) as readonly KnownRule[]).some(({ kind }) => kind !== "gauge");
}

/** What a node does for a dashboard on its own: it reads the sources, once for all nodes or for itself, and has rules asked that time decides. */
export class Collecting {
  readonly #options: CollectingOptions;
  readonly #leaseNode: string;
  readonly #hasTimedRules: boolean;
  /** By tenant. */
  readonly #leases = new Map<string | null, Lease>();
  /** The calls of sources that have not answered: nobody who comes anew has one asked a second time meanwhile. */
  readonly #underWay = new Set<string>();

  constructor(options: CollectingOptions) {
    this.#options = options;
    // Two of one name are still two.
    this.#leaseNode = `${options.node} ${crypto.randomUUID()}`;
    this.#hasTimedRules = hasTimedRules(options.dashboard);
  }

  /** What is done for as long as the realtime is open. */
  always(target: Target): Promise<void> {
    const sources = this.#options.sources.filter(({ always }) => always);
    return this.#collect(target, sources, this.#hasTimedRules);
  }

  /** What is done while somebody watches. A tenant's dashboard is kept up to date only then. */
  watched(target: Target): Promise<void> {
    if (target.tenant !== null) return this.#collect(target, this.#options.sources, this.#hasTimedRules);
    const sources = this.#options.sources.filter(({ always }) => !always);
    return this.#collect(target, sources, false);
  }

  async #collect(target: Target, sources: readonly KnownSource[], minds: boolean): Promise<void> {
    if (sources.length === 0 && !minds) return;
    const { dashboard } = this.#options;
    const measures = new Measures(dashboard, (samples) => sendUpdate(target.topic, samples));
    const needsLease = minds || sources.some(({ perNode }) => !perNode);
    const lease = this.#leaseOf(target);
    const leave = needsLease ? lease.join() : async () => {};
    const runs = sources.map((source) => this.#runOf(source, target, measures, lease));
    const forget = lease.onGained(() => {
      for (const [index, run] of runs.entries()) if (!sources[index]?.perNode) run.wake();
    });
    await Promise.all([...runs.map((run) => run.run()), minds && this.#mind(target, lease)]);
    forget();
    await measures.gathering.end();
    await leave();
  }

  #leaseOf({ topic, tenant }: Target): Lease {
    const claim = async (leaseMs: number) => {
      const outcome = await topic.send.claim({ node: this.#leaseNode, leaseMs }, { commandId: null });
      return outcome.result.held;
    };
    const lease = this.#leases.get(tenant) ?? new Lease({ claim, leaseMs: this.#options.leaseMs });
    this.#leases.set(tenant, lease);
    return lease;
  }

  #runOf(source: KnownSource, { topic, tenant, signal }: Target, measures: Measures, lease: Lease): SourceRun {
    const { dashboard, node, realtime } = this.#options;
    return new SourceRun({
      dashboard,
      source,
      measures,
      signal,
      call: { node, tenant, realtime },
      underWay: this.#underWay,
      isOurs: () => source.perNode || lease.isHeld,
      lastMeasured: async (metric) => lastMeasuredIn(dashboard, await topic.state(), metric),
    });
  }

  async #mind({ topic, signal }: Target, lease: Lease): Promise<void> {
    const pause = new Pause(signal);
    for (await pause.wait(mindMs); !signal.aborted; await pause.wait(mindMs)) {
      // What cannot be asked now is asked again soon.
      if (lease.isHeld) await sendUpdate(topic, nothing).catch(() => {});
    }
  }
}

function lastMeasuredIn({ stepMs }: AnyDashboard, { series, at }: DashboardState, metric: string): LastMeasured {
  const slots = Object.values(series[metric] ?? {}).map(({ buckets }) => buckets.at(-1)?.[0] ?? 0);
  return { stepAt: Math.max(0, ...slots) * stepMs, updatedAt: at };
}
