import type { RoomMessage } from "@shoal/contract/rooms";

/** Consecutive messages of a room, oldest first, up to its newest. */
export type Timeline = readonly RoomMessage[];

/**
 * The timeline after the room's state has changed. The state holds a window of the newest messages; what has moved out
 * of it stays. When nothing of the window is known, so much was missed that there is a hole, and the timeline starts anew.
 */
export function follow(timeline: Timeline, window: Timeline): Timeline {
  const start = timeline.findIndex(({ id }) => id === window[0]?.id);
  if (start === -1) return window;
  return start === 0 ? window : [...timeline.slice(0, start), ...window];
}

/** The timeline with a page of history before it. The page is newest first, and was asked for when `first` was the oldest. */
export function prepend(timeline: Timeline, page: Timeline, first: string | undefined): Timeline {
  return timeline[0]?.id === first ? [...page.toReversed(), ...timeline] : timeline;
}

/**
 * The offset of the timeline's oldest message: every event of a room is a message, and offsets have no holes.
 *
 * @param offset - that of the newest confirmed message
 * @param pending - how many messages at the end are predictions
 */
export function firstOffset(timeline: Timeline, offset: number, pending: number): number {
  return offset - (timeline.length - pending) + 1;
}
