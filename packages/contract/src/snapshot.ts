import type { ChannelTypes } from "./channel.ts";

/**
 * A state in its place: what a page is rendered from on a server, and from where its client goes on live. Plain JSON, to be sent
 * along with the page.
 */
export interface TopicSnapshot<T extends ChannelTypes> {
  readonly channel: T["name"];
  /** The version of the contract that `state` is of. */
  readonly version: T["version"];
  readonly params: T["params"];
  readonly state: T["state"];
  /** The last event in `state`, 0 before the first. */
  readonly offset: number;
  /** The time of that event, in milliseconds since the epoch by the store's clock. */
  readonly at: number;
  /** Names the place in the log; opaque. A subscription that gives it as `lastEventId` goes on after `state`. */
  readonly position: string;
}

/** A snapshot of any channel, told apart by `channel`. */
// biome-ignore lint/suspicious/noExplicitAny: it is both made and read by code that does not know the channel
export type AnyTopicSnapshot = TopicSnapshot<any>;
