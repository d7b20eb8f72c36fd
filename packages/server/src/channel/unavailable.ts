import { ShoalError } from "@shoal/contract";

/** Whether something failed since the store, or what else was needed, is away: that passes, and is not the fault of what was tried. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof ShoalError && error.code === "SERVICE_UNAVAILABLE";
}
