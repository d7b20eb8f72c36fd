import type { StoredEvent, StoredTopic } from "../store.ts";
import type { TopicRef } from "../topic-ref.ts";
import { applyAll } from "./decide.ts";
import type { Definition } from "./definition.ts";

/** A topic's state in its place: after the event `offset` of the generation `epoch`, whose time is `at`. */
export interface Folded {
  readonly epoch: string;
  readonly offset: number;
  readonly at: number;
  readonly state: unknown;
}

/** The state of a topic as the store gives it: its snapshot, or the beginning, and every event after it. */
export function foldStored(definition: Definition, ref: TopicRef, { epoch, snapshot, events }: StoredTopic): Folded {
  const base = snapshot ?? { offset: 0, at: 0, state: definition.initial(ref.params) };
  return foldEvents(definition, { epoch, ...base }, events);
}

/** The state after more events. They follow it without a hole. */
export function foldEvents(definition: Definition, base: Folded, events: readonly StoredEvent[]): Folded {
  const last = events.at(-1);
  if (!last) return base;
  return { epoch: base.epoch, offset: last.offset, at: last.at, state: applyAll(definition, base.state, events) };
}
