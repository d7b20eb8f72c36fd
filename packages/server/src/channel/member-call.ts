import type { ChannelTypes } from "@shoal/contract";
import type { TopicHandle } from "./topic-handle.ts";

/** What `join` and `leave` get. Both calls for a member get the same. */
export interface MemberCall<T extends ChannelTypes, W, C> {
  /** Who became a member; of the first of their clients here. */
  readonly user: W;
  readonly params: T["params"];
  /** The context of the watch that made them a member. */
  readonly ctx: C;
  /** The topic in the server's own hand, as the system: to send a command, such as a line that says who came. */
  readonly topic: TopicHandle<T>;
}
