import { TRPCError } from "@trpc/server";

/** How long who finds no room is asked to wait before they try again, in milliseconds. */
const noRoomMs = 5_000;

/** The property of an error that tells after how long it makes sense to try again. */
const details: unique symbol = Symbol.for("shoal.error-details");

/** Why there is no room for somebody. */
export function noRoom(message: string): TRPCError {
  const error = new TRPCError({ code: "TOO_MANY_REQUESTS", message });
  Object.defineProperty(error, details, { value: { retryAfterMs: noRoomMs } });
  return error;
}

/** What an error tells programs beside its code: `retryAfterMs`, where it does. */
export function detailsOf(error: TRPCError): object | undefined {
  return Reflect.get(error, details) as object | undefined;
}
