import type { AnyEvent } from "./definition.ts";
import { misuse } from "./misuse.ts";

/** How a channel's events are conflated. */
export interface Conflation {
  readonly keyOf: (event: AnyEvent) => string | null;
  /** What two events of one key become; absent where the later one stands for both. */
  readonly merge: ((earlier: AnyEvent, later: AnyEvent) => AnyEvent) | undefined;
  /** The channel's events, by name. */
  readonly events: object;
}

/**
 * Leaves of the events with one key only the last, or what they become where they are merged: in the place of the last one, with its
 * offset, time and command. An event without a key is kept, and nothing before it is left out for something after it.
 *
 * @throws {ShoalError} `INTERNAL_SERVER_ERROR` when `merge` makes what is no event of the channel, or one of another key
 */
export function conflateEvents<E extends AnyEvent>(events: readonly E[], conflation: Conflation): readonly E[] {
  const kept: (E | undefined)[] = [];
  const places = new Map<string, number>();
  for (const event of events) {
    const key = conflation.keyOf(event);
    if (key === null) {
      places.clear();
      kept.push(event);
      continue;
    }
    const place = places.get(key);
    const earlier = place === undefined ? undefined : kept[place];
    if (place !== undefined) kept[place] = undefined;
    places.set(key, kept.length);
    kept.push(earlier ? mergeTwo(earlier, event, key, conflation) : event);
  }
  return kept.filter((event) => event !== undefined);
}

function mergeTwo<E extends AnyEvent>(earlier: E, later: E, key: string, { keyOf, merge, events }: Conflation): E {
  if (!merge) return later;
  const merged = merge(earlier, later);
  if (merged === later) return later;
  if (!Object.hasOwn(events, merged.type)) {
    throw misuse(`\`merge\` made a "${merged.type}", which is none of the channel's events.`);
  }
  const event = { ...later, type: merged.type, data: merged.data };
  if (keyOf(event) === key) return event;
  throw misuse(`\`merge\` made of two events with the key "${key}" one of another key. It must keep the key.`);
}
