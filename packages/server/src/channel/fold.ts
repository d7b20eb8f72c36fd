import type { StoredSnapshot, StoredTopic } from "../store.ts";
import type { TopicRef } from "../topic-ref.ts";
import type { Definition } from "./definition.ts";
import { frozen } from "./frozen.ts";
import type { LiftedEvent } from "./lift.ts";
import { misuse } from "./misuse.ts";

/** What follows from a topic's events: what subscribers see, and what only the server knows. */
export interface TopicState {
  readonly state: unknown;
  /** Undefined where the channel has no private part. */
  readonly private: unknown;
}

/** A topic's state in its place: after the event `offset` of the generation `epoch`, whose time is `at`. */
export interface Folded extends TopicState {
  readonly epoch: string;
  readonly offset: number;
  readonly at: number;
}

/** What an event changes a state by. */
export interface Change {
  readonly type: string;
  readonly data: unknown;
  readonly secret: unknown;
  /** It was of an event that is declared no more, and changes nothing. */
  readonly dropped?: true;
}

/** The state of a topic as the store gives it, lifted: its snapshot, or the beginning, and every event after it. */
export function foldStored(definition: Definition, ref: TopicRef, { epoch, snapshot, events }: StoredTopic): Folded {
  const { offset, at } = snapshot ?? { offset: 0, at: 0 };
  const state = snapshot ? snapshotState(definition, ref, snapshot) : initialState(definition, ref.params);
  return foldEvents(definition, { epoch, offset, at, ...freeze(state) }, events);
}

/** The state after more events. They follow it without a hole. */
export function foldEvents(definition: Definition, base: Folded, events: readonly LiftedEvent[]): Folded {
  const last = events.at(-1);
  if (!last) return base;
  return { epoch: base.epoch, offset: last.offset, at: last.at, ...applyAll(definition, base, events) };
}

/** What is stored of a state; {@link foldStored} reads it. */
export function toSnapshot({ offset, at, state, private: hidden }: Folded, version: number): StoredSnapshot {
  return { offset, at, state: hidden === undefined ? { state } : { state, private: hidden }, version };
}

/** The state after the changes, by the contract's `apply` and that of the private part. */
export function applyAll(definition: Definition, base: TopicState, changes: readonly Change[]): TopicState {
  let { state, private: hidden } = base;
  for (const { type, data, secret, dropped } of changes) {
    if (dropped) continue;
    const apply = Object.hasOwn(definition.apply, type) ? definition.apply[type] : undefined;
    if (!apply) throw misuse(`Channel "${definition.name}" has no apply for its event "${type}".`);
    const applyPrivate = definition.private?.apply[type];
    if (applyPrivate) hidden = applyPrivate(hidden, data, secret ?? undefined);
    state = apply(state, data);
  }
  return freeze({ state, private: hidden });
}

/** A private part that the channel did not have when the snapshot was stored begins there. */
function snapshotState(definition: Definition, { params }: TopicRef, { state: stored }: StoredSnapshot): TopicState {
  const { state, private: hidden = definition.private?.initial(params) } = stored as TopicState;
  return { state, private: hidden };
}

function initialState(definition: Definition, params: object): TopicState {
  return { state: definition.initial(params), private: definition.private?.initial(params) };
}

function freeze({ state, private: hidden }: TopicState): TopicState {
  return { state: frozen(state), private: frozen(hidden) };
}
