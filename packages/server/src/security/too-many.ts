import { TRPCError } from "@trpc/server";
import { setErrorDetails } from "../error-details.ts";

/** How long who finds no room is asked to wait before they try again, in milliseconds. */
const noRoomMs = 5_000;

/** Why there is no room for somebody. */
export function noRoom(message: string): TRPCError {
  const error = new TRPCError({ code: "TOO_MANY_REQUESTS", message });
  setErrorDetails(error, { retryAfterMs: noRoomMs });
  return error;
}
