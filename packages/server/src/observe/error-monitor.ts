import type { errorMonitorMetrics } from "@shoal/contract/dashboard-metrics";
import type { CollectCall, Readings, Source } from "../channels/dashboard-sources.ts";
import { collected, type Observing } from "./collected.ts";
import type { BuiltInOptions } from "./dashboard-sources.ts";
import type { Fault } from "./observers.ts";

type Name = keyof typeof errorMonitorMetrics;
type Read = Readings<typeof errorMonitorMetrics>;
type Group = NonNullable<Read["faultGroups"]>[number];
type Recent = NonNullable<Read["recentFaults"]>[number];

const mostGroups = 50;
const mostRecent = 100;
/** Longer texts are cut: what fills a line of the log would fill the window. */
const mostChars = 500;

/**
 * What the logger is given as errors and warnings: how many, each of them, and grouped by their messages as a table of the node that reads
 * for all. It listens whether anybody watches or not, since an error does not wait for that; `when` says otherwise. What errors say is for
 * those who run the server: say in `authorize` who may see it.
 */
export function errorMonitor({ every = "5s", when = "always" }: BuiltInOptions = {}): readonly Source<Name>[] {
  const groups = new Map<string | null, FaultGroups>();
  const common = { every, when } as const;
  return [
    {
      ...common,
      name: "errorMonitor",
      metrics: ["faults", "recentFaults"],
      per: "node",
      collect: collected(every, (call) => observeFaults(call, groups)),
    },
    {
      ...common,
      name: "errorGroups",
      metrics: ["faultGroups"],
      collect: ({ tenant }) => ({ faultGroups: groups.get(tenant)?.rows ?? [] }),
    },
  ];
}

/** Faults that are the same but for the instant, the newest last. Of too many the one that was quiet for longest is forgotten. */
class FaultGroups {
  readonly #groups = new Map<string, Group>();

  add({ level, at, message }: Fault, error: string | undefined, node: string): void {
    const key = JSON.stringify([level, message]);
    const { count = 0, first = at } = this.#groups.get(key) ?? {};
    this.#groups.delete(key);
    const group = { level, message: cut(message), ...(error !== undefined && { error }), node };
    this.#groups.set(key, { ...group, count: count + 1, first, last: at });
    const [oldest] = this.#groups.keys();
    if (oldest !== undefined && this.#groups.size > mostGroups) this.#groups.delete(oldest);
  }

  get rows(): readonly Group[] {
    return [...this.#groups.values()].reverse();
  }
}

function observeFaults(
  { node, realtime, tenant }: CollectCall,
  groupsOf: Map<string | null, FaultGroups>,
): Observing<Read> {
  let recent: Recent[] = [];
  const groups = new FaultGroups();
  groupsOf.set(tenant, groups);
  const unobserve = realtime.observe({
    fault(fault) {
      const { level, message } = fault;
      const error = errorOf(fault);
      groups.add(fault, error, node);
      recent.push({ level, message: cut(message), ...(error !== undefined && { error }), node });
      if (recent.length > mostRecent) recent.shift();
    },
  });
  return {
    read() {
      const told = recent;
      recent = [];
      const { errors, warnings } = realtime.stats().logged;
      return {
        faults: [
          { labels: { level: "error" }, value: errors },
          { labels: { level: "warn" }, value: warnings },
        ],
        recentFaults: told,
      };
    },
    stop() {
      unobserve();
      groupsOf.delete(tenant);
    },
  };
}

function errorOf({ fields }: Fault): string | undefined {
  const error: unknown = fields.error;
  const message = typeof error === "object" && error !== null && "message" in error ? error.message : error;
  return typeof message === "string" ? cut(message) : undefined;
}

function cut(text: string): string {
  return text.length > mostChars ? `${text.slice(0, mostChars)}…` : text;
}
