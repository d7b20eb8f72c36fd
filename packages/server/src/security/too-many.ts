import { ShoalError } from "@shoal/contract";

/** How long who finds no room is asked to wait before they try again, in milliseconds. */
const noRoomMs = 5_000;

/** Why there is no room for somebody, on a socket or with a stream. */
export function noRoom(message: string): ShoalError {
  return new ShoalError("TOO_MANY_REQUESTS", message, { retryAfterMs: noRoomMs });
}
