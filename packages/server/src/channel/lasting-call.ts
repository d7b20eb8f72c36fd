import type { ChannelTypes } from "@shoal/contract";
import type { TopicHandle } from "./topic-handle.ts";

/** What `whileWatched` gets. */
export interface WatchedCall<T extends ChannelTypes> {
  readonly params: T["params"];
  /** Whose topic it is, where it is a tenant's. */
  readonly tenant: string | null;
  /** The topic in the server's own hand, as the system. That it is subscribed to by this hand does not count as being watched. */
  readonly topic: TopicHandle<T>;
  /** Aborts when nobody has watched the topic for a while, or the node closes. */
  readonly signal: AbortSignal;
}

/** What `whileOpen` gets. */
export interface OpenCall<T extends ChannelTypes> {
  /** A topic of the channel in the server's own hand, as the system. */
  topic(params: T["params"], options?: { readonly tenant?: string | undefined }): TopicHandle<T>;
  /** Aborts when the realtime closes. */
  readonly signal: AbortSignal;
}
