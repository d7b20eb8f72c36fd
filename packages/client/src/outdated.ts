import type { ShoalError } from "@shoal/contract";

/** Looks at errors, and tells once of one by which the server serves a newer version of a channel than this client has. */
export function outdatedTeller(tell: (error: ShoalError) => void): (error: ShoalError) => void {
  let told = false;
  return (error) => {
    if (told || error.code !== "OUTDATED") return;
    told = true;
    // Later, so that whoever asked has its answer first, and a listener that throws harms nobody.
    queueMicrotask(() => tell(error));
  };
}
