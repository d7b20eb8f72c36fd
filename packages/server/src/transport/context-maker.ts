import { TRPCError } from "@trpc/server";
import { type Asking, contextMakerOf, type Making } from "../security/address.ts";
import { connectionsOf } from "../security/connections.ts";

/**
 * Makes an application's contexts for a transport. Where there are channels, their log tells of one that could not be made, since the
 * client is told no more than tRPC tells it, and nobody else anything. A `TRPCError` of another code than `INTERNAL_SERVER_ERROR` is
 * the application's decision, and no fault.
 */
export function loggedContextMaker<Request extends { readonly req: Asking }>(
  making: Making<Request>,
): ((request: Request) => unknown) | undefined {
  const make = contextMakerOf(making);
  const logger = connectionsOf(making.router)[0]?.options.logger;
  if (!make || !logger) return make;
  return async (request) => {
    try {
      return await make(request);
    } catch (error) {
      if (!isDecision(error)) logger.error({ error }, "`createContext` threw");
      throw error;
    }
  };
}

function isDecision(error: unknown): boolean {
  return error instanceof TRPCError && error.code !== "INTERNAL_SERVER_ERROR";
}
