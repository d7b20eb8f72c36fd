import type { RealtimeStats } from "@shoal/server";
import { source } from "@shoal/server/dashboards";
import { operations } from "../contract/operations.ts";

/** What measures is not measured. */
const own: readonly string[] = [operations.name, operations.alerts.name];

/** Over how many readings the busiest channels are taken. */
const readingsTaken = 10;

/** The channels with most commands, and of those without any with most who watch. */
export function busiestChannels() {
  const readings: RealtimeStats[] = [];
  return source(operations, {
    name: "busiestChannels",
    metrics: ["busiest"],
    every: "1s",
    when: "always",
    collect({ realtime }) {
      readings.push(realtime.stats());
      readings.splice(0, readings.length - readingsTaken);
      return { busiest: busiestOf(readings) };
    },
  });
}

function busiestOf(readings: readonly RealtimeStats[]) {
  const [first, last] = [readings[0] as RealtimeStats, readings.at(-1) as RealtimeStats];
  const seconds = Math.max(1, (last.at - first.at) / 1_000);
  const rows = Object.entries(last.channels).map(([channel, stats]) => {
    const done = outcomesOf(stats) - outcomesOf(first.channels[channel]);
    return { channel, perSecond: done / seconds, subscribers: stats.subscribers, topics: stats.topics };
  });
  return rows
    .filter(({ channel, perSecond, subscribers }) => !own.includes(channel) && (perSecond > 0 || subscribers > 0))
    .sort((one, other) => other.perSecond - one.perSecond || other.subscribers - one.subscribers)
    .slice(0, operations.metrics.busiest.rows);
}

/** How many commands had an outcome since the process began. */
function outcomesOf(channel: RealtimeStats["channels"][string] | undefined): number {
  return channel ? channel.commands.accepted + channel.commands.rejected : 0;
}
