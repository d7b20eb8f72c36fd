import type { Bare } from "./outcome.ts";

/** Why a subscription starts from a snapshot instead of going on where it was. */
export const snapshotReasons = ["initial", "expired", "epoch", "ahead", "audience", "overflow"] as const;
/**
 * - `initial` no position was given
 * - `expired` the events after the position are kept no more, are too many to replay, or one was redacted
 * - `epoch` the position is of another generation of the topic, or of another topic
 * - `ahead` the position is beyond the log's end
 * - `audience` the position was cut for another audience
 * - `overflow` the subscriber read too slowly and its queue was dropped, or more happened in an interval of its paced audience than the
 *   server holds
 */
export type SnapshotReason = (typeof snapshotReasons)[number];

/** One event as a union over the declared ones, told apart by `type`. */
export type TaggedEvent<Events> = {
  [K in keyof Events]: { readonly type: K; readonly data: Bare<Events[K]> };
}[keyof Events];

/** An event in its place: `offset` is its number in the topic, `at` the store's time in milliseconds. */
export type FrameEvent<Events> = {
  [K in keyof Events]: {
    readonly offset: number;
    readonly at: number;
    readonly type: K;
    readonly data: Bare<Events[K]>;
    /** The command it came from: as its sender named it, or as the server did (`timer:…` for a timer). */
    readonly commandId?: string;
  };
}[keyof Events];

/** The whole state at `offset`. `at` is the time of the last event in it, or of the topic's making. */
export interface SnapshotFrame<State> {
  readonly kind: "snapshot";
  readonly reason: SnapshotReason;
  readonly state: State;
  readonly offset: number;
  readonly at: number;
}

/** The subscription goes on at its position; `replayed` events follow, and they are all that was missed. */
export interface ResumedFrame {
  readonly kind: "resumed";
  readonly replayed: number;
}

/**
 * The events from offset `from` to offset `to`, both included. What an audience may not see, or what was conflated, has no entry.
 * A subscriber checks that `from` is its offset plus one, applies the entries in their order and moves to `to`.
 */
export interface EventsFrame<Events> {
  readonly kind: "events";
  readonly from: number;
  readonly to: number;
  readonly events: readonly FrameEvent<Events>[];
}

/** One who is here: a user once, with the state of each of its clients (tabs, devices). */
export interface Member<State> {
  readonly id: string;
  readonly name?: string;
  readonly clients: readonly { readonly id: string; readonly state: State }[];
}

/** Who is here: `full` replaces all that was known, the others change it. `left` holds ids of members. */
export interface PresenceFrame<State> {
  readonly kind: "presence";
  readonly full?: readonly Member<State>[];
  readonly joined?: readonly Member<State>[];
  readonly updated?: readonly Member<State>[];
  readonly left?: readonly string[];
}

/** A message to whoever is here now, carried and not kept. */
export type BroadcastFrame<Broadcasts> = {
  [K in keyof Broadcasts]: {
    readonly kind: "broadcast";
    readonly name: K;
    readonly data: Bare<Broadcasts[K]>;
    readonly from: Sender | null;
  };
}[keyof Broadcasts];

/** What others may know of a user: nothing but the id and the display name. */
export interface Sender {
  readonly id: string;
  readonly name?: string;
}

/** What travels to a subscriber, in this order: `(snapshot | resumed) presence? (events | presence | broadcast | snapshot presence?)*`. */
export type Frame<T extends { state: unknown; events: object; presence: unknown; broadcasts: object }> =
  | SnapshotFrame<T["state"]>
  | ResumedFrame
  | EventsFrame<T["events"]>
  | PresenceFrame<T["presence"]>
  | BroadcastFrame<T["broadcasts"]>;

/** A frame before the contract gives it its types: how transports and stores carry it. */
export type AnyFrame = Frame<{
  state: unknown;
  events: Record<string, unknown>;
  presence: unknown;
  broadcasts: Record<string, unknown>;
}>;
