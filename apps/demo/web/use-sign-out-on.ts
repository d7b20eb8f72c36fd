import type { ShoalError } from "@shoal/contract";
import { useEffect } from "react";
import { signOut, visit } from "./visit.ts";

/** Leads back to the sign-in when the server says that the session is not good any more. */
export function useSignOutOn(error: ShoalError | undefined): void {
  useEffect(() => {
    if (error?.code === "UNAUTHORIZED" && visit.current.session) signOut(error.message);
  }, [error]);
}
