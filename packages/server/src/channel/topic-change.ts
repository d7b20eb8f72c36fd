import type { ChannelTypes } from "@shoal/contract";
import type { NoPrivate, PrivateTypes } from "./define-private.ts";
import type { ProjectedEvent } from "./event-of.ts";

/** What a group of commands did to one topic. */
export interface TopicChange<T extends ChannelTypes, X extends PrivateTypes = NoPrivate> {
  readonly params: T["params"];
  readonly tenant: string | null;
  /** The new events, without those that are redacted at once. */
  readonly events: readonly ProjectedEvent<T, X>[];
  /** The offsets of the events that are redacted: what the tables hold of them is to be deleted. */
  readonly redacts: readonly number[];
  /** The state after the events. */
  readonly state: T["state"];
  /** What only the server knows after the events; undefined where the channel has no private part. */
  readonly private: X["state"];
  /** The users who are erased from the topic by these events: what the tables hold of them is to be deleted. */
  readonly erasedUsers: readonly string[];
}

/** A topic that is erased. */
export interface ErasedTopic<T extends ChannelTypes> {
  readonly params: T["params"];
  readonly tenant: string | null;
}
