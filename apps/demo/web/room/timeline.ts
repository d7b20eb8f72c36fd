import type { RoomEntry, Rooms } from "@shoal/contract/rooms";

/** What of a room is shown: everything there is from the offset `from` on, oldest first. */
export interface Timeline {
  readonly entries: readonly RoomEntry[];
  readonly from: number;
  /** The offset of the room when it was looked at. */
  readonly seen: number;
}

type Window = Pick<Rooms["state"], "entries" | "older">;

export function startAt({ entries, older }: Window, offset: number): Timeline {
  return { entries, from: older + 1, seen: offset };
}

/**
 * The timeline after the room's state has changed. What has moved out of the state stays. When so much was missed that there would be
 * a hole, the timeline starts anew.
 */
export function follow(timeline: Timeline, window: Window, offset: number): Timeline {
  const { older } = window;
  if (timeline.from > older || timeline.seen < older) return startAt(window, offset);
  return { ...timeline, entries: [...before(timeline, older), ...window.entries], seen: offset };
}

/** The timeline with a page of history before it. The page is newest first, and was asked for from the cursor `asked`. */
export function prepend(
  timeline: Timeline,
  { items, nextCursor }: { readonly items: readonly RoomEntry[]; readonly nextCursor: number | null },
  asked: number,
): Timeline {
  if (timeline.from !== asked) return timeline;
  return { ...timeline, entries: [...items.toReversed(), ...timeline.entries], from: nextCursor ?? 1 };
}

/** The timeline with what history tells now of everything up to `older`, oldest first, in place of what is shown of it. */
export function revise(timeline: Timeline, past: readonly RoomEntry[], older: number): Timeline {
  const rest = timeline.entries.filter(({ offset }) => offset > older || offset === 0);
  return { ...timeline, entries: [...past.filter(({ offset }) => offset >= timeline.from), ...rest] };
}

/** What is confirmed and not after that offset; predictions have none yet. */
function before({ entries }: Timeline, older: number): readonly RoomEntry[] {
  return entries.filter(({ offset }) => offset > 0 && offset <= older);
}
