import type { ShoalError } from "@shoal/contract";
import { useEffect } from "react";
import { signOut, visit } from "./visit.ts";

interface MayFail {
  readonly status: string;
  readonly error: ShoalError | undefined;
}

/** What a topic or the connection has failed with for good. Before that, the client asks for another token, and may get one. */
export function failureOf({ status, error }: MayFail): ShoalError | undefined {
  return status === "failed" ? error : undefined;
}

/** Leads back to the sign-in when the server says that the session is not good any more. */
export function useSignOutOn(error: ShoalError | undefined): void {
  useEffect(() => {
    if (error?.code === "UNAUTHORIZED" && visit.current.session) signOut(error.message);
  }, [error]);
}
