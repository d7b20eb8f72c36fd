import type { AnyTRPCRouter } from "@trpc/server";
import type { NodeHTTPHandlerOptions, NodeHTTPRequest, NodeHTTPResponse } from "@trpc/server/adapters/node-http";
import { drainingsOf } from "../../draining.ts";
import type { Logger } from "../../logger.ts";
import { type WireMeters, wireMetersOf } from "../../observe/wire-meters.ts";
import { loggerOf } from "../logger-of.ts";
import { Sweeper } from "../sweeper.ts";
import { Tick } from "../tick.ts";
import type { EventStream } from "./event-stream.ts";
import { type Limits, type StreamLimits, withDefaults } from "./limits.ts";
import { StreamCounts } from "./stream-counts.ts";
import { StreamDrain } from "./stream-drain.ts";
import { StreamEvents } from "./stream-events.ts";

/** The options of tRPC's handler for a server of `node:http`. */
export type HandlerOptions<
  Router extends AnyTRPCRouter,
  Req extends NodeHTTPRequest,
  Res extends NodeHTTPResponse,
> = NodeHTTPHandlerOptions<Router, Req, Res> & {
  /**
   * What each path begins with, up to the name of the procedure. It ends with a slash.
   * @default "/"
   */
  readonly basePath?: string;
};

/** What all streams of one handler have in common. The types of the router, and of what comes in and goes out, end here. */
export interface Handling {
  readonly options: HandlerOptions<AnyTRPCRouter, NodeHTTPRequest, NodeHTTPResponse>;
  readonly logger: Logger;
  readonly wire: WireMeters;
  readonly limits: Limits;
  readonly events: StreamEvents;
  readonly tick: Tick;
  readonly sweeper: Sweeper<EventStream>;
  readonly counts: StreamCounts;
  /** In how many steps of the sweeper so much time has passed; `Infinity` where it does not matter. */
  readonly steps: {
    readonly slow: number;
    readonly ping: number;
    readonly maxDuration: number;
  };
}

export function toHandling<Router extends AnyTRPCRouter, Req extends NodeHTTPRequest, Res extends NodeHTTPResponse>(
  options: HandlerOptions<Router, Req, Res> & StreamLimits,
): Handling {
  const config: AnyTRPCRouter["_def"]["_config"] = options.router._def._config;
  const limits = withDefaults(options);
  const { slowMs } = limits;
  const pingMs = pingMsOf(config.sse?.ping, limits);
  const maxDurationMs = config.sse?.maxDurationMs ?? Number.POSITIVE_INFINITY;
  const sweeper = new Sweeper<EventStream>(slowMs, pingMs, maxDurationMs);
  const events = new StreamEvents(config);
  for (const one of drainingsOf(options.router)) one.register(new StreamDrain(sweeper.swept));
  return {
    options: options as unknown as Handling["options"],
    logger: loggerOf(options.router),
    wire: wireMetersOf(options.router),
    limits,
    events,
    tick: new Tick(() => events.endTick()),
    sweeper,
    counts: new StreamCounts(limits),
    steps: {
      slow: sweeper.steps(slowMs),
      ping: sweeper.steps(pingMs),
      maxDuration: sweeper.steps(maxDurationMs),
    },
  };
}

type PingOptions = NonNullable<AnyTRPCRouter["_def"]["_config"]["sse"]>["ping"];

function pingMsOf(ping: PingOptions, limits: Limits): number {
  if (!ping) return limits.pingMs || Number.POSITIVE_INFINITY;
  // What tRPC takes for an interval that it is not told.
  return (ping.enabled && (ping.intervalMs ?? 1_000)) || Number.POSITIVE_INFINITY;
}
