import type { AnyChannel, AnyFrame } from "@shoal/contract";
import type { LooseChannel } from "../../src/loose.ts";
import { counter } from "./counter.ts";

/** The counter as the insides of the client see it. */
export const looseCounter: LooseChannel = counter as AnyChannel;

export interface Added {
  readonly by: number;
  readonly commandId?: string | undefined;
}

/** The state after these events, applied one by one. */
export function stateAfter(log: readonly Added[]): { value: number; history: number[] } {
  const history = log.map(({ by }) => by);
  return { value: history.reduce((sum, by) => sum + by, 0), history };
}

/** The frame of the events after offset `after` up to offset `to`. */
export function eventsFrame(log: readonly Added[], after: number, to: number): AnyFrame {
  const events = log.slice(after, to).map(({ by, commandId }, index) => ({
    offset: after + index + 1,
    at: after + index + 1,
    type: "added",
    data: { by },
    ...(commandId !== undefined && { commandId }),
  }));
  return { kind: "events", from: after + 1, to, events };
}

export function snapshotFrame(log: readonly Added[], offset: number): AnyFrame {
  return { kind: "snapshot", reason: "initial", state: stateAfter(log.slice(0, offset)), offset, at: offset };
}
