import type { AnyEvent } from "./definition.ts";

/**
 * Leaves of the events with one key only the last. An event without a key is kept, and nothing before it is left out for
 * something after it.
 */
export function conflateEvents<E extends AnyEvent>(
  events: readonly E[],
  keyOf: (event: AnyEvent) => string | null,
): readonly E[] {
  const kept: E[] = [];
  const later = new Set<string>();
  for (const event of events.toReversed()) {
    const key = keyOf(event);
    if (key === null) later.clear();
    else if (later.has(key)) continue;
    else later.add(key);
    kept.push(event);
  }
  return kept.reverse();
}
