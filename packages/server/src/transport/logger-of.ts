import type { AnyTRPCRouter } from "@trpc/server";
import { consoleLogger, type Logger, safeLogger } from "../logger.ts";
import { connectionsOf } from "../security/connections.ts";

/** Where a handler tells of what the application's own hooks throw: to the first realtime in its router, or else on standard error. */
export function loggerOf(router: AnyTRPCRouter): Logger {
  return connectionsOf(router)[0]?.options.logger ?? safeLogger(consoleLogger);
}
