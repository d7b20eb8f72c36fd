import type { StoredTimer } from "./store.ts";

/** When the first of a topic's armed timers is due, or `null` when none is armed. */
export function nextDue(timers: readonly StoredTimer[]): number | null {
  const armed = timers.filter(({ status }) => status === "armed").map(({ due }) => due);
  return armed.length > 0 ? Math.min(...armed) : null;
}

/** The timers of a topic from their text. Those that were written before there were versions are of version 1. */
export function parseTimers(text: string): readonly StoredTimer[] {
  const timers = JSON.parse(text) as readonly (Omit<StoredTimer, "version"> & { readonly version?: number })[];
  return timers.map((timer) => ({ ...timer, version: timer.version ?? 1 }));
}
