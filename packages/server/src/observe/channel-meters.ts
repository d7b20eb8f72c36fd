import type { ErrorCode, SnapshotReason } from "@shoal/contract";
import { LatencyMeter } from "./latency-meter.ts";

/** What is counted of one channel on one node. */
export class ChannelMeters {
  /** Topics held, and watches that run, now. */
  topics = 0;
  subscribers = 0;
  /** Watches that began, and those that were refused. */
  watched = 0;
  watchesRefused = 0;
  /** How watches began and went on. */
  resumed = 0;
  readonly snapshots: Record<SnapshotReason, number> = {
    initial: 0,
    expired: 0,
    epoch: 0,
    ahead: 0,
    audience: 0,
    overflow: 0,
  };
  /** Commands, by what became of them. */
  accepted = 0;
  rejected = 0;
  refused = 0;
  failed = 0;
  readonly latency = new LatencyMeter();
  rateLimited = 0;

  /** A command had its outcome. @param ms - after how long, in milliseconds */
  decided(ok: boolean, ms: number): void {
    if (ok) this.accepted += 1;
    else this.rejected += 1;
    this.latency.observe(ms);
  }

  /** A command ended without an outcome. @param code - of the error, if it has one */
  threw(code: string | undefined): void {
    if (faults.has(code)) this.failed += 1;
    else this.refused += 1;
  }
}

/** The errors that are the server's: no caller could have known better. */
const faults: ReadonlySet<string | undefined> = new Set<ErrorCode | undefined>([
  undefined,
  "INTERNAL_SERVER_ERROR",
  "SERVICE_UNAVAILABLE",
  "TIMEOUT",
  "CLOSED",
]);
