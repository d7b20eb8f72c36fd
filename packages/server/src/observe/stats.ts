import type { SnapshotReason } from "@shoal/contract";
import type { ChannelMeters } from "./channel-meters.ts";
import { latencyBounds } from "./latency-meter.ts";
import type { Meters } from "./meters.ts";
import type { WireMeters } from "./wire-meters.ts";

/**
 * What one node has done and holds. A number that says how many there are `now` goes up and down; every other one only grows, until the
 * process ends: what happened in an interval is the difference of two.
 */
export interface RealtimeStats {
  /** When the counting began, and when this was read, in milliseconds since the epoch. */
  readonly since: number;
  readonly at: number;
  /** WebSockets. */
  readonly connections: Flow;
  /** Streams of server-sent events of Shoal's own handler. */
  readonly streams: Flow;
  /** How many users have a connection or a watch now. */
  readonly users: number;
  /** What went to clients over WebSockets and streams. */
  readonly sent: {
    /** Frames of watches. */
    readonly frames: number;
    /** Messages of WebSockets and events of streams: frames, answers and signs of life. */
    readonly messages: number;
    /** Of messages as they are written: with their framing, and before compression. */
    readonly bytes: number;
  };
  /** Clients that were sent away. */
  readonly sentAway: {
    /** They took too little of what waited for them: WebSockets closed with 4008, and streams. */
    readonly slow: number;
    /** They sent too much: WebSockets closed with 4008. */
    readonly floods: number;
  };
  /** What the logger was given. */
  readonly logged: { readonly errors: number; readonly warnings: number };
  /** By name, each channel that is served. */
  readonly channels: Readonly<Record<string, ChannelStats>>;
}

export interface Flow {
  readonly now: number;
  readonly total: number;
}

/** What one node has done and holds of one channel. */
export interface ChannelStats {
  /** How many topics are held in memory now. */
  readonly topics: number;
  /** How many watches run now, by any transport and by the server itself. */
  readonly subscribers: number;
  /** Watches that clients asked for. One that comes back after a lost connection is another one. */
  readonly watches: { readonly opened: number; readonly refused: number };
  /** Watches that went on where they had been, with all they had missed. */
  readonly resumed: number;
  /**
   * Snapshots that watches were sent, by the reason: all but `initial` are resynchronisations. `overflow` is of subscribers that read too
   * slowly, whose frames were dropped.
   */
  readonly snapshots: Readonly<Record<SnapshotReason, number>>;
  readonly commands: CommandStats;
  /** Calls that were refused since somebody asked too often. Commands among them are `refused`, too. */
  readonly rateLimited: number;
}

/** Commands of clients and of the server's own hand, without those of timers and effects. */
export interface CommandStats {
  /** They had an outcome. */
  readonly accepted: number;
  readonly rejected: number;
  /** They ended with an error: one that the caller could have known better of, such as `FORBIDDEN`, or the server's own. */
  readonly refused: number;
  readonly failed: number;
  /** How long those with an outcome took in the server, from when they were validated to the commit. */
  readonly latency: LatencyStats;
}

/** A histogram. See `quantileOf`. */
export interface LatencyStats {
  /** The upper bounds of the buckets, in milliseconds, ascending. */
  readonly bounds: readonly number[];
  /** How many are in each bucket alone, and, as the last, how many are above all bounds. */
  readonly counts: readonly number[];
  /** How long all took together, in milliseconds. */
  readonly sum: number;
}

/** What is counted elsewhere. */
export interface Counts {
  readonly connections: number;
  readonly users: number;
}

export function statsOf(meters: Meters, { connections, users }: Counts): RealtimeStats {
  const wires = [...meters.wires];
  const sum = (of: (wire: WireMeters) => number): number => wires.reduce((all, wire) => all + of(wire), 0);
  return {
    since: meters.since,
    at: Date.now(),
    connections: { now: connections, total: meters.connected },
    streams: { now: sum(({ streams }) => streams), total: sum(({ streamsOpened }) => streamsOpened) },
    users,
    sent: {
      frames: sum(({ frames }) => frames),
      messages: sum(({ messages }) => messages),
      bytes: sum(({ bytes }) => bytes),
    },
    sentAway: { slow: sum(({ slow }) => slow), floods: sum(({ floods }) => floods) },
    logged: { errors: meters.errors, warnings: meters.warnings },
    channels: Object.fromEntries([...meters.channels].map(([name, channel]) => [name, channelStats(channel)])),
  };
}

function channelStats(meters: ChannelMeters): ChannelStats {
  const { topics, subscribers, resumed, rateLimited, accepted, rejected, refused, failed, latency } = meters;
  return {
    topics,
    subscribers,
    watches: { opened: meters.watched, refused: meters.watchesRefused },
    resumed,
    snapshots: { ...meters.snapshots },
    commands: {
      accepted,
      rejected,
      refused,
      failed,
      latency: { bounds: latencyBounds, counts: [...latency.counts], sum: latency.sum },
    },
    rateLimited,
  };
}

/**
 * Which latency a share of all stayed under, in milliseconds, as exactly as the buckets tell: within one it is taken to be even. What is
 * above all bounds counts as the highest of them.
 *
 * @param q - the share, such as 0.99
 * @param before - an earlier reading, to see only what came since
 * @returns `null` where there is nothing
 */
export function quantileOf({ bounds, counts }: LatencyStats, q: number, before?: LatencyStats): number | null {
  const since = counts.map((count, index) => count - (before?.counts[index] ?? 0));
  const all = since.reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  let left = q * all;
  for (const [index, count] of since.entries()) {
    const upper = bounds[index];
    if (upper === undefined) break;
    const lower = bounds[index - 1] ?? 0;
    if (count > 0 && left <= count) return lower + ((upper - lower) * Math.max(0, left)) / count;
    left -= count;
  }
  return bounds.at(-1) ?? null;
}
