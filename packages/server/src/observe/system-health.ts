import { loadavg } from "node:os";
import { PerformanceObserver, performance } from "node:perf_hooks";
import type { systemHealthMetrics } from "@shoal/contract/dashboard-metrics";
import type { CollectCall, Readings, Source } from "../channels/dashboard-sources.ts";
import { collected, type Observing } from "./collected.ts";
import type { BuiltInOptions } from "./dashboard-sources.ts";
import { LoopDelay } from "./loop-delay.ts";

type Name = keyof typeof systemHealthMetrics;
type Read = Readings<typeof systemHealthMetrics>;

const metrics: readonly Name[] = [
  "cpu",
  "load",
  "memory",
  "heap",
  "loopDelayP50",
  "loopDelayP99",
  "loopDelayMax",
  "loopUtilization",
  "gcTime",
  "uptime",
];

/** How the process of each node is: processor, memory, event loop and garbage collection. Its observers run only while it is read. */
export function systemHealth({ every = "5s", when = "watched" }: BuiltInOptions = {}): readonly Source<Name>[] {
  return [{ name: "systemHealth", metrics, per: "node", every, when, collect: collected(every, observeSystem) }];
}

function observeSystem({ node }: CollectCall): Observing<Promise<Read>> {
  const loopDelay = new LoopDelay();
  const work = new Work();
  let gcMs = 0;
  const gc = new PerformanceObserver((entries) => {
    for (const { duration } of entries.getEntries()) gcMs += duration;
  });
  gc.observe({ entryTypes: ["gc"] });
  const of = (value: number) => [{ labels: { node }, value }];
  return {
    async read({ signal }) {
      const lateness = await loopDelay.take(signal);
      // It is not taken: the next reading tells of this time, too.
      if (signal.aborted) return {};
      const { rss, heapUsed } = process.memoryUsage();
      const { cpu, loop } = work.take();
      return {
        ...(lateness && {
          loopDelayP50: of(lateness.p50),
          loopDelayP99: of(lateness.p99),
          loopDelayMax: of(lateness.max),
        }),
        cpu: of(cpu),
        loopUtilization: of(loop),
        load: of(loadavg()[0] ?? 0),
        memory: of(rss),
        heap: of(heapUsed),
        gcTime: of(gcMs),
        uptime: of(process.uptime()),
      };
    },
    stop() {
      loopDelay.stop();
      gc.disconnect();
    },
  };
}

/** How much the process and its event loop worked. */
class Work {
  #at = performance.now();
  #cpu = process.cpuUsage();
  #loop = performance.eventLoopUtilization();

  /** Since it was last asked, in percent of that time. */
  take(): { readonly cpu: number; readonly loop: number } {
    const now = performance.now();
    const used = process.cpuUsage(this.#cpu);
    const { utilization } = performance.eventLoopUtilization(this.#loop);
    const ms = now - this.#at;
    this.#at = now;
    this.#cpu = process.cpuUsage();
    this.#loop = performance.eventLoopUtilization();
    return { cpu: (used.user + used.system) / 10 / ms, loop: utilization * 100 };
  }
}
