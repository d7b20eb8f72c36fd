import { type Effect, effect, type Realtime } from "@shoal/server";
import { type AlertNews, serveDashboard, source } from "@shoal/server/dashboards";
import { operations } from "../contract/operations.ts";
import { people } from "../contract/people.ts";
import { busiestOf, commandsOf, countedChannels, latencyOf } from "./channel-counts.ts";
import { ProcessGauges } from "./process-gauges.ts";

/** Always, so that whoever comes sees what was before. */
const each = { every: "1s", when: "always" } as const;

/** Over how many readings the busiest channels are taken. */
const busiestReadings = 10;

/** What this process does, for everybody who is signed in. It outlives a restart, which is a gap in its lines. */
export function serveOperations({ alarms }: { readonly alarms: boolean }) {
  return serveDashboard(operations, {
    sources: [ofTheProcess(), ofChannels(), ofPeople()],
    durable: true,
    authorize: ({ user }) => user !== null,
    alerts: { authorize: ({ user }) => user !== null, ...(alarms && { effects: whatAlertsMean }) },
  });
}

function ofTheProcess() {
  const gauges = new ProcessGauges();
  return source(operations, {
    name: "process",
    metrics: ["cpu", "memory", "loopDelay"],
    ...each,
    collect: () => gauges.read(),
  });
}

function ofChannels() {
  let latency = { counts: [] as readonly number[], sum: 0 };
  const readings: { readonly at: number; readonly channels: ReturnType<typeof countedChannels> }[] = [];
  return source(operations, {
    name: "channels",
    metrics: ["connections", "commands", "sent", "latency", "busiest"],
    ...each,
    collect({ realtime }) {
      const stats = realtime.stats();
      const channels = countedChannels(stats);
      const before = latency;
      latency = latencyOf(channels);
      readings.push({ at: stats.at, channels });
      const [oldest] = readings.slice(-busiestReadings);
      readings.splice(0, readings.length - busiestReadings);
      const seconds = Math.max(1, (stats.at - (oldest?.at ?? stats.since)) / 1_000);
      return {
        connections: stats.connections.now + stats.streams.now,
        commands: commandsOf(channels),
        sent: stats.sent.bytes,
        latency: {
          counts: latency.counts.map((count, place) => count - (before.counts[place] ?? 0)),
          sum: latency.sum - before.sum,
        },
        busiest: busiestOf(channels, oldest?.channels ?? {}, seconds),
      };
    },
  });
}

/** What happened since it was read last. */
function ofPeople() {
  const most = operations.metrics.visits.keep;
  const visits: { name: string; what: "came" | "left" }[] = [];
  const errors: { message: string; level: "error" | "warning" }[] = [];
  const keep = <T>(list: T[], one: T) => {
    list.push(one);
    list.splice(0, list.length - most);
  };
  let observed: Pick<Realtime<unknown>, "observe"> | undefined;
  return source(operations, {
    name: "people",
    metrics: ["online", "visits", "errors"],
    ...each,
    collect({ realtime }) {
      if (!observed) {
        observed = realtime;
        realtime.observe({
          came: ({ id, name = id }) => keep(visits, { name, what: "came" }),
          went: ({ id, name = id }) => keep(visits, { name, what: "left" }),
          fault: ({ message, level }) => keep(errors, { message, level: level === "warn" ? "warning" : "error" }),
        });
      }
      const { users } = realtime.online({ limit: operations.metrics.online.rows });
      return {
        online: users.map(({ id, name = id, since }) => ({ id, name, since })),
        visits: visits.splice(0),
        errors: errors.splice(0),
      };
    },
  });
}

/** Who is known is told of an alert that fires. */
function whatAlertsMean({ what, alert, rule }: AlertNews): readonly Effect[] {
  if (what !== "fired" || !rule) return [];
  const { id: alertId, title, value } = alert;
  const unit = operations.metrics[rule.metric as "cpu"].unit as string;
  const text = `${Math.round(value)}${unit === "percent" ? "%" : ` ${unit}`}`;
  return [effect(people, {}, "tellOfAlert", { alertId, rule: rule.name, title, value: text })];
}
