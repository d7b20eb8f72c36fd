import { ShoalError } from "@shoal/contract";
import { isA } from "./is-a.ts";

/** Whether something failed since the store, or what else was needed, is away: that passes, and is not the fault of what was tried. */
export function isUnavailable(error: unknown): boolean {
  return isA(error, ShoalError) && error.code === "SERVICE_UNAVAILABLE";
}
