import type { Duration } from "@shoal/contract";

export { errorMonitor } from "./error-monitor.ts";
export { realtimeHealth } from "./realtime-health.ts";
export { systemHealth } from "./system-health.ts";
export { userActivity } from "./user-activity.ts";

/** How a built-in source is read. What makes it is for one dashboard. */
export interface BuiltInOptions {
  /**
   * How often.
   * @default "5s"
   */
  readonly every?: Duration;
  /**
   * Whether it is read only while somebody watches.
   * @default "watched"; of `errorMonitor`, "always"
   */
  readonly when?: "watched" | "always";
}
