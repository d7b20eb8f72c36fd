import type { ChannelTypes } from "@shoal/contract";
import type { HistoryEvent } from "./serve-options.ts";

/** What a group of commands did to one topic. */
export interface TopicChange<T extends ChannelTypes> {
  readonly params: T["params"];
  readonly tenant: string | null;
  /** The new events, without those that are redacted at once. */
  readonly events: readonly HistoryEvent<T>[];
  /** The offsets of the events that are redacted: what the tables hold of them is to be deleted. */
  readonly redacts: readonly number[];
  /** The state after the events. */
  readonly state: T["state"];
  /** The user who is erased from the topic by these events, if one is: what the tables hold of them is to be deleted. */
  readonly erasedUser: string | null;
}

/** A topic that is erased. */
export interface ErasedTopic<T extends ChannelTypes> {
  readonly params: T["params"];
  readonly tenant: string | null;
}
