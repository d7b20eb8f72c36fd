import type { Position, SnapshotReason } from "@shoal/contract";
import type { TopicHead } from "../store.ts";
import { type AudienceName, positionName } from "./cut.ts";
import type { Definition } from "./definition.ts";
import type { LiftedEvent } from "./lift.ts";
import type { Ring } from "./ring.ts";

/** How a subscription begins: with every event it missed, or with a snapshot and the reason for it. */
export type Opening =
  | { readonly kind: "replay"; readonly events: readonly LiftedEvent[] }
  | { readonly kind: "snapshot"; readonly reason: SnapshotReason };

export interface OpeningOptions {
  readonly definition: Definition;
  readonly head: TopicHead;
  readonly ring: Ring;
  readonly audience: AudienceName;
  readonly position: Position | null;
  /** The events after the position that the ring holds no more, as far as they were read from the log. */
  readonly older: readonly LiftedEvent[];
  readonly maxReplay: number;
}

/** Decides how a subscription begins. A replay is whole, with nothing in it that is redacted, or there is none. */
export function openingOf({ definition, head, ring, audience, position, older, maxReplay }: OpeningOptions): Opening {
  if (!position) return { kind: "snapshot", reason: "initial" };
  if (position.epoch !== head.epoch) return { kind: "snapshot", reason: "epoch" };
  if (!seesAlike(definition, position.audience, audience)) return { kind: "snapshot", reason: "audience" };
  if (position.offset > head.offset) return { kind: "snapshot", reason: "ahead" };
  const missed = head.offset - position.offset;
  if (missed === 0) return { kind: "replay", events: [] };
  const recent = ring.after(older.at(-1)?.offset ?? position.offset);
  const events = [...older, ...(recent ?? [])];
  const whole =
    events[0]?.offset === position.offset + 1 && events.length === missed && !events.some(({ redacted }) => redacted);
  return whole && missed <= maxReplay ? { kind: "replay", events } : { kind: "snapshot", reason: "expired" };
}

/** Whether who had one audience's cut goes on with that of another one. Where a channel has no view all of its audiences see the same. */
function seesAlike({ view, audiences }: Definition, before: string, now: AudienceName): boolean {
  if (before === positionName(now)) return true;
  return !view && now !== null && audiences.includes(before);
}
