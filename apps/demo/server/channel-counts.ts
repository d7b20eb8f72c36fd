import type { RealtimeStats } from "@shoal/server";
import { operations } from "../contract/operations.ts";

/** What measures is not measured. */
const own: readonly string[] = [operations.name, operations.alerts.name];

type Channels = RealtimeStats["channels"];

/** The channels of people. */
export function countedChannels({ channels }: RealtimeStats): Channels {
  return Object.fromEntries(Object.entries(channels).filter(([name]) => !own.includes(name)));
}

/** How many commands had an outcome since the process began. */
export function commandsOf(channels: Channels): number {
  return Object.values(channels).reduce((sum, { commands }) => sum + commands.accepted + commands.rejected, 0);
}

/** How long commands took since the process began, by bucket. */
export function latencyOf(channels: Channels): { readonly counts: readonly number[]; readonly sum: number } {
  const all = Object.values(channels).map(({ commands }) => commands.latency);
  const counts = operations.metrics.latency.bounds.map(() => 0);
  return {
    counts: [...counts, 0].map((_, place) => all.reduce((sum, latency) => sum + (latency.counts[place] ?? 0), 0)),
    sum: all.reduce((sum, latency) => sum + latency.sum, 0),
  };
}

/** The channels with most commands, and of those without any with most who watch. */
export function busiestOf(now: Channels, before: Channels, seconds: number) {
  const rows = Object.entries(now).map(([channel, stats]) => {
    const { commands } = before[channel] ?? { commands: { accepted: 0, rejected: 0 } };
    const done = stats.commands.accepted + stats.commands.rejected - commands.accepted - commands.rejected;
    return { channel, perSecond: done / seconds, subscribers: stats.subscribers, topics: stats.topics };
  });
  return rows
    .filter(({ perSecond, subscribers }) => perSecond > 0 || subscribers > 0)
    .sort((one, other) => other.perSecond - one.perSecond || other.subscribers - one.subscribers)
    .slice(0, operations.metrics.busiest.rows);
}
