import type { ChannelStats, LatencyStats, RealtimeStats } from "./stats.ts";

interface Value {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  /** Where it is another than that of the family. */
  readonly metricName?: string;
}

/** All values of one name. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly values: readonly Value[];
}

type Labels = Readonly<Record<string, string>>;
type Numbers = readonly (readonly [labels: Labels, value: number])[];

/** What is told of a node, in the words and units of Prometheus: seconds, bytes, and totals. */
export function familiesOf(stats: RealtimeStats, ready: boolean): readonly Family[] {
  const { connections, streams, sent, sentAway, logged } = stats;
  const channels = Object.entries(stats.channels);
  const each = (of: (channel: ChannelStats) => Numbers): Numbers =>
    channels.flatMap(([channel, one]) => of(one).map(([labels, value]) => [{ channel, ...labels }, value] as const));
  return [
    gauge("shoal_ready", "Whether clients may come to this node.", [[{}, ready ? 1 : 0]]),
    gauge("shoal_connections", "WebSockets that are open.", [[{}, connections.now]]),
    counter("shoal_connections_opened_total", "WebSockets there have been.", [[{}, connections.total]]),
    gauge("shoal_streams", "Streams of server-sent events that are open.", [[{}, streams.now]]),
    counter("shoal_streams_opened_total", "Streams of server-sent events there have been.", [[{}, streams.total]]),
    gauge("shoal_users", "Users with a connection or a watch.", [[{}, stats.users]]),
    counter("shoal_sent_frames_total", "Frames of watches that went to clients.", [[{}, sent.frames]]),
    counter("shoal_sent_messages_total", "Messages and events that went to clients.", [[{}, sent.messages]]),
    counter("shoal_sent_bytes_total", "Bytes of them, before compression.", [[{}, sent.bytes]]),
    counter("shoal_sent_away_total", "Clients that were sent away since they took too little or sent too much.", [
      [{ reason: "slow" }, sentAway.slow],
      [{ reason: "flood" }, sentAway.floods],
    ]),
    counter("shoal_logged_total", "Lines that the logger was given.", [
      [{ level: "error" }, logged.errors],
      [{ level: "warning" }, logged.warnings],
    ]),
    gauge(
      "shoal_topics",
      "Topics in memory.",
      each(({ topics }) => [[{}, topics]]),
    ),
    gauge(
      "shoal_subscribers",
      "Watches that run.",
      each(({ subscribers }) => [[{}, subscribers]]),
    ),
    counter(
      "shoal_watches_total",
      "Watches that were opened, and those that were refused.",
      each(({ watches }) => [
        [{ outcome: "opened" }, watches.opened],
        [{ outcome: "refused" }, watches.refused],
      ]),
    ),
    counter(
      "shoal_resumed_total",
      "Watches that went on with all they had missed.",
      each(({ resumed }) => [[{}, resumed]]),
    ),
    counter(
      "shoal_snapshots_total",
      "Snapshots that watches were sent.",
      each(({ snapshots }) => Object.entries(snapshots).map(([reason, count]) => [{ reason }, count] as const)),
    ),
    counter(
      "shoal_commands_total",
      "Commands, by what became of them.",
      each(({ commands: { accepted, rejected, refused, failed } }) =>
        Object.entries({ accepted, rejected, refused, failed }).map(
          ([outcome, count]) => [{ outcome }, count] as const,
        ),
      ),
    ),
    {
      name: "shoal_command_duration_seconds",
      help: "How long commands took that had an outcome, from the validated input to the commit.",
      type: "histogram",
      values: channels.flatMap(([channel, { commands }]) => bucketsOf(channel, commands.latency)),
    },
    counter(
      "shoal_rate_limited_total",
      "Calls that were refused since somebody asked too often.",
      each(({ rateLimited }) => [[{}, rateLimited]]),
    ),
  ];
}

function gauge(name: string, help: string, numbers: Numbers): Family {
  return { name, help, type: "gauge", values: toValues(numbers) };
}

function counter(name: string, help: string, numbers: Numbers): Family {
  return { name, help, type: "counter", values: toValues(numbers) };
}

function toValues(numbers: Numbers): readonly Value[] {
  return numbers.map(([labels, value]) => ({ labels, value }));
}

/** In Prometheus a bucket holds all up to its bound. */
function bucketsOf(channel: string, { bounds, counts, sum }: LatencyStats): readonly Value[] {
  const metricName = "shoal_command_duration_seconds";
  let all = 0;
  const buckets = counts.map((count, index) => {
    all += count;
    const bound = bounds[index];
    const le = bound === undefined ? "+Inf" : bound / 1_000;
    return { metricName: `${metricName}_bucket`, labels: { le, channel }, value: all };
  });
  return [
    ...buckets,
    { metricName: `${metricName}_sum`, labels: { channel }, value: sum / 1_000 },
    { metricName: `${metricName}_count`, labels: { channel }, value: all },
  ];
}
