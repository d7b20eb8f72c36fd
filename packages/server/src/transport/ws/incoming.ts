import type { AnyTRPCRouter } from "@trpc/server";
import { parseTRPCMessage, type TRPCClientOutgoingMessage } from "@trpc/server/rpc";

/** A request of a client. */
export interface Incoming {
  readonly message: TRPCClientOutgoingMessage;
  /** About how many characters it had on the wire. It is told of subscriptions alone, whose requests are kept. */
  readonly size: number;
}

/**
 * What a client sent in one message: one request or a list of them.
 *
 * @param size - how many characters it had on the wire
 * @throws when it, or one of them, is malformed
 */
export function readIncoming(decoded: unknown, router: AnyTRPCRouter, size: number): readonly Incoming[] {
  const { transformer } = router._def._config;
  if (!Array.isArray(decoded)) return [{ message: parseTRPCMessage(decoded, transformer), size }];
  return decoded.map((one) => {
    const message = parseTRPCMessage(one, transformer);
    return { message, size: message.method === "subscription" ? sizeOf(one) : 0 };
  });
}

/** Of one among several in a message. What an encoder of the application made, and has no JSON, counts for nothing. */
function sizeOf(decoded: unknown): number {
  try {
    return JSON.stringify(decoded).length;
  } catch {
    return 0;
  }
}
