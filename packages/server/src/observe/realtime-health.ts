import type { realtimeHealthMetrics } from "@shoal/contract/dashboard-metrics";
import type { CollectCall, Readings, Source } from "../channels/dashboard-sources.ts";
import { collected, type Observing } from "./collected.ts";
import type { BuiltInOptions } from "./dashboard-sources.ts";
import { latencyBounds } from "./latency-meter.ts";
import type { ChannelStats, RealtimeStats } from "./stats.ts";

type Name = keyof typeof realtimeHealthMetrics;
type Read = Readings<typeof realtimeHealthMetrics>;

const metrics: readonly Name[] = [
  "connections",
  "streams",
  "topics",
  "subscribers",
  "framesSent",
  "bytesSent",
  "commands",
  "commandLatency",
  "resyncs",
  "slowReaders",
  "rateLimited",
];

/** What the realtime does on each node, by `realtime.stats()`. The dashboard's own traffic is in it, too. */
export function realtimeHealth({ every = "5s", when = "watched" }: BuiltInOptions = {}): readonly Source<Name>[] {
  return [{ name: "realtimeHealth", metrics, per: "node", every, when, collect: collected(every, observeRealtime) }];
}

/** Of a histogram it is told what came since it was last read. */
function observeRealtime({ node, realtime }: CollectCall): Observing<Read> {
  let before = latencyOf(realtime.stats());
  return {
    read() {
      const stats = realtime.stats();
      const latency = latencyOf(stats);
      const counts = latency.counts.map((count, index) => count - (before.counts[index] ?? 0));
      const since = { counts, sum: Math.max(0, latency.sum - before.sum) };
      before = latency;
      return { ...toReadings(stats, node), commandLatency: since };
    },
    stop() {},
  };
}

function toReadings(stats: RealtimeStats, node: string): Read {
  const channels = Object.values(stats.channels);
  const sum = (of: (channel: ChannelStats) => number): number => channels.reduce((all, one) => all + of(one), 0);
  const here = (value: number) => [{ labels: { node }, value }];
  const outcomes = ["accepted", "rejected", "refused", "failed"] as const;
  const reasons = ["expired", "epoch", "ahead", "audience", "overflow"] as const;
  return {
    connections: here(stats.connections.now),
    streams: here(stats.streams.now),
    topics: here(sum(({ topics }) => topics)),
    subscribers: here(sum(({ subscribers }) => subscribers)),
    framesSent: stats.sent.frames,
    bytesSent: stats.sent.bytes,
    commands: outcomes.map((outcome) => ({ labels: { outcome }, value: sum(({ commands }) => commands[outcome]) })),
    resyncs: reasons.map((reason) => ({ labels: { reason }, value: sum(({ snapshots }) => snapshots[reason]) })),
    slowReaders: stats.sentAway.slow,
    rateLimited: sum(({ rateLimited }) => rateLimited),
  };
}

/** Of all channels together. */
function latencyOf({ channels }: RealtimeStats): { readonly counts: readonly number[]; readonly sum: number } {
  const counts: number[] = [...latencyBounds, 0].fill(0);
  let sum = 0;
  for (const { commands } of Object.values(channels)) {
    sum += commands.latency.sum;
    for (const [index, count] of commands.latency.counts.entries()) counts[index] = (counts[index] ?? 0) + count;
  }
  return { counts, sum };
}
