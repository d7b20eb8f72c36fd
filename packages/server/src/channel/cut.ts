import type { FrameEvent } from "@shoal/contract";
import type { Definition } from "./definition.ts";
import type { LiftedEvent } from "./lift.ts";
import { misuse } from "./misuse.ts";

/** An audience by its name, or `null` for the server itself, which sees everything. */
export type AudienceName = string | null;

/** How a position names the audience; no channel may declare one of the server's name. */
export function positionName(audience: AudienceName): string {
  return audience ?? "system";
}

/** What an audience may see of a state. */
export function cutState({ view }: Definition, state: unknown, audience: AudienceName): unknown {
  return view && audience !== null ? view.state(state, audience) : state;
}

/**
 * What an audience may see of an event, without who sent it and without its secret; nothing when it is hidden or dropped.
 *
 * @throws {ShoalError} `INTERNAL_SERVER_ERROR` when the view makes of it what is no event of the channel
 */
export function cutEvent(
  { view, events, name }: Definition,
  event: LiftedEvent,
  audience: AudienceName,
): FrameEvent<Record<string, unknown>> | undefined {
  const { offset, at, commandId } = event;
  if (event.dropped) return undefined;
  const seen = view && audience !== null ? view.event({ type: event.type, data: event.data }, audience) : event;
  if (!seen) return undefined;
  if (seen !== event && !Object.hasOwn(events, seen.type)) {
    throw misuse(
      `The view of "${name}" made a "${seen.type}" of the event "${event.type}", which is none of its events.`,
    );
  }
  const entry = { offset, at, type: seen.type, data: seen.data as object };
  return commandId === null ? entry : { ...entry, commandId };
}
