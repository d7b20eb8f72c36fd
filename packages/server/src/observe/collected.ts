import { type Duration, toMilliseconds } from "@shoal/contract";
import type { CollectCall } from "../channels/dashboard-sources.ts";

/** What is observed as long as a source is read. */
export interface Observing<R> {
  /** What there is since it was last read. */
  read(call: CollectCall): R;
  stop(): void;
}

interface Running<R> {
  readonly observing: Observing<R>;
  over: NodeJS.Timeout | undefined;
}

/**
 * Observes between the readings of a source: from the first on, for each tenant's dashboard by itself, until none has come for three
 * intervals. So nothing runs while nobody watches.
 */
export function collected<R>(every: Duration, begin: (call: CollectCall) => Observing<R>): (call: CollectCall) => R {
  const everyMs = toMilliseconds(every);
  const running = new Map<string | null, Running<R>>();
  const later = (ms: number, run: () => void) => setTimeout(run, ms).unref();
  return (call) => {
    const { tenant } = call;
    const known = running.get(tenant) ?? { observing: begin(call), over: undefined };
    running.set(tenant, known);
    const end = (): void => {
      known.observing.stop();
      running.delete(tenant);
    };
    clearTimeout(known.over);
    // In two steps, so that a loop that was blocked can read before it is taken for one that nobody reads.
    known.over = later(2 * everyMs, () => {
      known.over = later(everyMs, end);
    });
    return known.observing.read(call);
  };
}
