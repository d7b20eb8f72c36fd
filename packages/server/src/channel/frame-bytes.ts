import type { AnyFrame } from "@shoal/contract";
import type { AnyEvent } from "./definition.ts";

/** Looked at by every frame that an event is merged into. */
const known = new WeakMap<AnyEvent, number>();

/** About how many bytes a frame has as JSON. */
export function frameBytes(frame: AnyFrame): number {
  if (frame.kind !== "events") return JSON.stringify(frame).length;
  return frame.events.reduce((sum, event) => sum + eventBytes(event), 0);
}

function eventBytes(event: AnyEvent): number {
  const bytes = known.get(event) ?? JSON.stringify(event).length;
  known.set(event, bytes);
  return bytes;
}
